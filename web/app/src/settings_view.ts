// Choosing how to quantize, giving samples, and the button that starts it.
import type { Model } from 'quantab';
import { alertError } from './alerts';
import { el } from './dom';
import { focusFieldOf } from './fields';
import type { NamedFile } from './files';
import { canRun } from './limits';
import { mixedFields } from './mixed_fields';
import { optionFields, readOptions, type Method } from './option_fields';
import { sampleFields } from './sample_fields';
import type { Job } from './work';

export interface SettingsView {
  /** Adds files dropped or picked as samples. */
  addSamples(files: NamedFile[]): void;
  setBusy(busy: boolean): void;
  /** Quantizes again, by static or dynamic quantization, with these nodes excluded beside those that are excluded already. */
  keepInFloat(by: Exclude<Method, 'float16'>, nodes: readonly string[]): void;
  /** Differs when what Quantize would do differs. */
  key(): string;
}

const METHODS: [Method, string, string][] = [
  ['static', 'Static', 'Ranges are measured now, on your samples. Best for convolutional models.'],
  [
    'dynamic',
    'Dynamic',
    'Ranges are found as the model runs. Needs no samples; best for transformers.',
  ],
  [
    'float16',
    'Half precision',
    'Weights and activations in float16: half the size, hardly any loss. Needs no samples, but can be held to them.',
  ],
];

/** What more there is to say of static quantization where a part of the model does not run here. */
const PARTLY = ' Here: of what comes before the operators that this page cannot run.';

export function showSettings(
  form: HTMLFormElement,
  model: Model,
  start: (job: Job, key: string) => void,
  changed: () => void,
): SettingsView {
  const partly = model.info.unsupported.length > 0;
  const fields = {
    static: optionFields('static'),
    dynamic: optionFields('dynamic'),
    float16: optionFields('float16'),
  };
  const options = el('div', { id: 'options' });
  const mixed = mixedFields();
  const showMixed = () => mixed.show(method === 'float16' && runs && samples.any());
  const refresh = () => {
    showMixed();
    changed();
  };
  const samples = sampleFields(model, refresh);
  const go = el('button', { type: 'submit', class: 'primary', id: 'quantize' }, 'Quantize');
  const runs = canRun(model.info);
  let method: Method = runs ? 'static' : 'dynamic';
  const choose = (chosen: Method) => {
    method = chosen;
    options.replaceChildren(fields[method]);
    showMixed();
  };

  const radio = ([value, label, help]: (typeof METHODS)[number]) => {
    const id = `method-${value}`;
    return el(
      'div',
      { class: 'field check' },
      el('input', {
        type: 'radio',
        name: 'method',
        id,
        value,
        checked: method === value,
        'aria-describedby': `${id}-help`,
        onchange: () => choose(value),
      }),
      el('label', { for: id }, label),
      el('p', { class: 'help', id: `${id}-help` }, help, value === 'static' && partly && PARTLY),
    );
  };

  choose(method);
  form.replaceChildren(
    el('h2', { id: 'settings-title' }, 'Quantize'),
    el('fieldset', {}, el('legend', {}, 'Method'), ...METHODS.map(radio)),
    samples.element,
    el('fieldset', {}, el('legend', {}, 'Options'), mixed.element, options),
    el('div', { class: 'actions' }, go),
  );

  function key(): string {
    // How files become inputs is part of the samples' own version.
    const controls = form.querySelectorAll<HTMLInputElement>(
      ':is(input, select):not([data-preprocess])',
    );
    const values = Array.from(controls, ({ id, type, checked, value }) =>
      type === 'checkbox' || type === 'radio' ? [id, checked] : [id, type === 'file' ? '' : value],
    );
    return JSON.stringify([samples.version(), ...values]);
  }

  function jobFromFields(): Job {
    const { samples: source, random } = samples.source();
    if (method === 'static' && source === undefined) {
      throw new Error('Static quantization needs samples. Drop some, or choose another method.');
    }
    const search = mixed.options();
    return {
      method,
      options: { ...readOptions(options), ...search },
      mixed: search !== undefined,
      preProcess: options.querySelector<HTMLInputElement>('#pre-process')!.checked,
      externalData: options.querySelector<HTMLInputElement>('#external-data')!.checked,
      samples: source,
      random,
    };
  }

  form.oninput = refresh;
  form.onsubmit = async (event) => {
    event.preventDefault();
    await samples.settled();
    if (!go.isConnected) return;
    try {
      start(jobFromFields(), key());
    } catch (error) {
      alertError(error);
      focusFieldOf(error);
    }
  };

  return {
    addSamples: (files) => samples.add(files),
    keepInFloat(by, nodes) {
      form.querySelector<HTMLInputElement>(`#method-${by}`)!.checked = true;
      choose(by);
      const excluded = options.querySelector<HTMLInputElement>('#option-nodes_to_exclude')!;
      const names = excluded.value.split(',').map((name) => name.trim());
      excluded.value = [...new Set([...names.filter(Boolean), ...nodes])].join(', ');
      refresh();
      form.requestSubmit();
    },
    setBusy: (busy) => go.setAttribute('aria-disabled', String(busy)),
    key,
  };
}
