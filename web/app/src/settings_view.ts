// Choosing how to quantize, giving samples, and the button that starts it.
import type { Model } from 'quantab';
import { imageOptionsFor } from 'quantab/samples';
import { el } from './dom';
import { fromList, type NamedFile } from './files';
import { imageFields, readImageFields } from './image_fields';
import { optionFields, readOptions, type Method } from './option_fields';
import type { SampleSet } from './samples';
import type { Job } from './work';

export interface SettingsView {
  /** Adds files dropped or picked as samples. */
  addSamples(tensors: NamedFile[], images: NamedFile[]): void;
  setBusy(busy: boolean): void;
}

const MAX_RANDOM = 8;

export function showSettings(
  form: HTMLFormElement,
  model: Model,
  sortSamples: (files: NamedFile[]) => void,
  start: (job: Job) => void,
  fail: (error: unknown) => void,
): SettingsView {
  const { inputs, unsupported } = model.info;
  const runs = unsupported.length === 0;
  const imageDefaults = inputs.length === 1 ? imageOptionsFor(inputs[0]!) : undefined;
  const samples: SampleSet = { tensors: [], images: [] };
  let method: Method = runs ? 'static' : 'dynamic';

  const options = el('div', { id: 'options' });
  const sampleCount = el('p', { id: 'sample-count', role: 'status' });
  const imageArea = el('div');
  const random = el('input', { type: 'checkbox', id: 'random-data', onchange: () => refresh() });
  const picker = el('input', {
    id: 'pick-samples',
    class: 'visually-hidden',
    type: 'file',
    multiple: true,
    'aria-describedby': 'sample-help',
    onchange: () => {
      sortSamples(fromList(picker.files ?? []));
      picker.value = '';
    },
  });
  const clear = el(
    'button',
    {
      type: 'button',
      class: 'link',
      onclick: () => {
        samples.tensors = [];
        samples.images = [];
        refresh();
      },
    },
    'Remove all',
  );
  const sampleArea = el(
    'fieldset',
    { id: 'samples' },
    el('legend', {}, 'Samples'),
    el(
      'p',
      { class: 'help', id: 'sample-help' },
      'Some tens of typical inputs: .npy, .npz or .pb files, or pictures. Drop them anywhere. They set the ranges of a static model and judge the result of either method.',
    ),
    picker,
    el('label', { class: 'button', for: 'pick-samples' }, 'Choose samples…'),
    sampleCount,
    clear,
    imageArea,
    el(
      'div',
      { class: 'field' },
      el('label', { for: 'random-data' }, 'Use random data instead'),
      random,
      el(
        'p',
        { class: 'help' },
        'For a first look only: ranges measured on noise are wrong for real inputs and harm accuracy.',
      ),
    ),
  );
  const go = el('button', { type: 'submit', class: 'primary', id: 'quantize' }, 'Quantize');

  const radio = (value: Method, label: string, help: string) => {
    const id = `method-${value}`;
    return el(
      'div',
      {},
      el('input', {
        type: 'radio',
        name: 'method',
        id,
        value,
        checked: method === value,
        disabled: value === 'static' && !runs,
        'aria-describedby': `${id}-help`,
        onchange: () => {
          method = value;
          refresh(true);
        },
      }),
      ' ',
      el('label', { for: id }, label),
      el('p', { class: 'help', id: `${id}-help` }, help),
    );
  };

  function refresh(optionsToo = false): void {
    if (optionsToo) options.replaceChildren(...optionFields(method));
    const files = samples.tensors.length + samples.images.length;
    sampleCount.textContent =
      files === 0 ? 'No samples yet.' : `${files} sample file${files === 1 ? '' : 's'}.`;
    clear.hidden = files === 0;
    const wantsImages = samples.images.length > 0 && imageDefaults !== undefined;
    if (wantsImages && imageArea.childElementCount === 0)
      imageArea.append(imageFields(imageDefaults));
    if (!wantsImages) imageArea.replaceChildren();
  }

  form.replaceChildren(
    el('h2', { id: 'settings-title' }, 'Quantize'),
    el(
      'fieldset',
      {},
      el('legend', {}, 'Method'),
      radio(
        'static',
        'Static',
        'Ranges are measured now, on your samples. Best for convolutional models.',
      ),
      radio(
        'dynamic',
        'Dynamic',
        'Ranges are found as the model runs. Needs no samples; best for transformers.',
      ),
    ),
    sampleArea,
    el('fieldset', {}, el('legend', {}, 'Options'), options),
    el('div', { class: 'actions' }, go),
  );
  refresh(true);

  form.onsubmit = (event) => {
    event.preventDefault();
    try {
      const image =
        samples.images.length > 0 && imageDefaults !== undefined
          ? readImageFields(imageDefaults)
          : undefined;
      if (samples.images.length > 0 && imageDefaults === undefined) {
        throw new Error(
          'Pictures fit models with one input of rank 4 and 1 or 3 channels. Give .npz files for this model.',
        );
      }
      const files = samples.tensors.length + samples.images.length;
      if (method === 'static' && files === 0 && !random.checked) {
        throw new Error(
          'Static quantization needs samples. Drop some, or choose dynamic quantization.',
        );
      }
      start({
        method,
        options: readOptions(form),
        samples: { tensors: [...samples.tensors], images: [...samples.images] },
        image,
        random: random.checked ? MAX_RANDOM : 0,
      });
    } catch (error) {
      fail(error);
    }
  };

  return {
    addSamples(tensors, images) {
      samples.tensors.push(...tensors);
      samples.images.push(...images);
      refresh();
    },
    setBusy(busy) {
      for (const fieldset of form.querySelectorAll('fieldset')) fieldset.disabled = busy;
      go.disabled = busy;
    },
  };
}
