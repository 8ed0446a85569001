// Giving samples: pickers, what has arrived and how it is used, the preprocessing of pictures, made-up data.
import type { Model } from 'quantab';
import { alertText, messageOf } from './alerts';
import { el } from './dom';
import { field, filePicker } from './fields';
import { fromList, namesOf, sortFiles, type NamedFile } from './files';
import { counted } from './format';
import { imageFields, readImageFields } from './image_fields';
import { NO_PICTURES, pictureDefaults } from './pictures';
import {
  countSamples,
  randomSamples,
  samplesFrom,
  tensorGroups,
  type SampleSource,
  type TensorGroup,
} from './samples';

const RANDOM_SAMPLES = 8;

const HELP =
  'Some tens of typical inputs: .npy, .npz or .pb files, or pictures. Drop them anywhere. They set the ranges of a static model and judge the result of either method.';

export interface SampleFields {
  element: HTMLElement;
  /** Takes the files that are samples; the others are named in an alert. */
  add(files: NamedFile[]): void;
  /** When the files that have been added are known. */
  settled(): Promise<void>;
  /** The samples to use, and whether they are made up; none when there are none. Throws when a field is wrong. */
  source(): { samples: SampleSource | undefined; random: boolean };
  /** Whether there are any, or will be once they are read. */
  any(): boolean;
  /** Differs when the files do. */
  version(): number;
}

export function sampleFields(model: Model, changed: () => void): SampleFields {
  const { inputs } = model.info;
  const defaults = pictureDefaults(inputs);
  let groups: TensorGroup[] = [];
  let pictures: NamedFile[] = [];
  let version = 0;
  let removals = 0;
  let reading = 0;
  let pending: Promise<void> = Promise.resolve();

  const summary = el('p', { id: 'sample-count', role: 'status' });
  const imageArea = el('div');
  const random = el('input', { type: 'checkbox', id: 'random-data' });
  const split = el('input', { type: 'checkbox', id: 'split-rows', checked: true });
  split.addEventListener('change', () => refresh());
  const splitField = field(
    'Each row is a sample',
    split,
    'The model takes one row at a time. Without this, each file is one sample.',
  );
  const clear = el('button', { type: 'button', id: 'clear-samples', class: 'link' }, 'Remove all');
  clear.addEventListener('click', () => {
    groups = [];
    pictures = [];
    version++;
    removals++;
    refresh();
    element.querySelector<HTMLElement>('#pick-samples')?.focus();
    changed();
  });
  const take = (files: FileList) => add(fromList(files));
  const element = el(
    'fieldset',
    { id: 'samples' },
    el('legend', {}, 'Samples'),
    el('p', { class: 'help', id: 'sample-help' }, HELP),
    el(
      'div',
      { class: 'actions' },
      ...filePicker('pick-samples', 'Choose samples…', take, { 'aria-describedby': 'sample-help' }),
      ...filePicker('pick-folder', 'Choose a folder…', take, { webkitdirectory: true }),
    ),
    el('div', { class: 'actions' }, summary, clear),
    splitField,
    imageArea,
    field(
      'Use random data instead',
      random,
      'For a first look only: ranges measured on noise are wrong for real inputs and harm accuracy.',
    ),
  );

  const set = () => ({ groups, pictures, split: split.checked, image: undefined });

  function summaryText(): string {
    const files = groups.reduce((sum, group) => sum + group.files, 0) + pictures.length;
    if (files === 0) return reading > 0 ? 'Reading samples…' : 'No samples yet.';
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    const parts = [counted(files, 'sample file')];
    if (rows > groups.length) parts.push(counted(rows, 'row'));
    if (parts.length > 1 || countSamples(set()) !== files)
      parts.push(`used as ${counted(countSamples(set()), 'sample')}`);
    return `${parts.join(', ')}.${reading > 0 ? ' Reading more…' : ''}`;
  }

  function refresh(): void {
    const text = summaryText();
    if (summary.textContent !== text) summary.textContent = text;
    clear.hidden = groups.length + pictures.length === 0;
    splitField.hidden = !groups.some(({ rows }) => rows > 1);
    const wantsPictures = pictures.length > 0 && defaults !== undefined;
    if (wantsPictures && imageArea.childElementCount === 0) imageArea.append(imageFields(defaults));
    if (!wantsPictures) imageArea.replaceChildren();
  }

  async function readGroups(files: NamedFile[]): Promise<void> {
    const began = removals;
    const errors: unknown[] = [];
    const found: TensorGroup[] = [];
    try {
      for await (const group of tensorGroups(files, inputs, (error) => void errors.push(error))) {
        if (removals !== began) return;
        found.push(group);
      }
    } catch (error) {
      alertText(`${messageOf(error)} Nothing was added.`);
      return;
    }
    groups.push(...found);
    if (errors.length === 0) return;
    const others = errors.length > 1 ? ` with ${counted(errors.length - 1, 'other')}` : '';
    alertText(`${messageOf(errors[0])} It was left out${others}.`);
  }

  function add(files: NamedFile[]): void {
    const sorted = sortFiles(files);
    version++;
    pictures.push(...sorted.pictures);
    if (sorted.tensors.length > 0) {
      reading++;
      // One drop after another, so that samples keep the order in which they came.
      pending = pending
        .then(() => readGroups(sorted.tensors))
        .finally(() => {
          reading--;
          refresh();
          changed();
        });
    }
    if (sorted.others.length > 0) {
      alertText(
        `Left out ${namesOf(sorted.others)}: expected samples as .npy, .npz, .pb or pictures.`,
      );
    }
    refresh();
    changed();
  }

  refresh();
  return {
    element,
    add,
    settled: () => pending,
    any: () => random.checked || reading + groups.length + pictures.length > 0,
    version: () => version,
    source() {
      if (random.checked) return { samples: randomSamples(model, RANDOM_SAMPLES), random: true };
      if (groups.length + pictures.length === 0) return { samples: undefined, random: false };
      if (pictures.length > 0 && defaults === undefined) throw new Error(NO_PICTURES);
      const image = pictures.length > 0 ? readImageFields(defaults!) : undefined;
      const chosen = { groups: [...groups], pictures: [...pictures], split: split.checked, image };
      return { samples: samplesFrom(chosen, inputs), random: false };
    },
  };
}
