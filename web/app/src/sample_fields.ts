// Giving samples: pickers, what has arrived and how it is used, made-up data.
import type { Model } from 'quantab';
import {
  isLabelFile,
  type PartialPreprocess,
  type Preprocess,
  type SampleFile,
} from 'quantab/samples';
import { alertError, alertText, messageOf } from './alerts';
import { Collection, isPrepared, type Outcome } from './collection';
import { el } from './dom';
import { examine } from './examine';
import { field, filePicker } from './fields';
import { fromList, namesOf, sortFiles, type NamedFile } from './files';
import { findingsView } from './findings_view';
import { counted } from './format';
import { labellingView, labelSamples, UNLABELLED } from './labelling';
import { preprocessArea } from './preprocess/area';
import { KINDS } from './preprocess/kinds';
import { previewArea } from './preview/area';
import { countSamples, randomSamples, samplesFrom, type SampleSource } from './samples';

const RANDOM_SAMPLES = 8;

const HELP =
  'Some tens of typical inputs: pictures, sounds, texts, tables or arrays, with the model’s tokenizer.json and preprocessor_config.json; folders and zips of them too. Drop them anywhere. They set the ranges of a static model and judge the result of either method. With labels beside them (labels.csv, or folders named after the classes of a classes.txt), accuracy is measured too.';

const EXPECTED =
  'expected samples as .npy, .npz, .pb, pictures, sounds, texts, tables, JSON or zips of them';

/** A file of settings, as the page saves it. */
const isSettings = ({ path }: NamedFile): boolean => /(^|\/)preprocess\.json$/i.test(path);

export interface SampleFields {
  element: HTMLElement;
  /** Takes the files that are samples; the others are named in an alert. */
  add(files: NamedFile[]): void;
  /** When the files that have been added are known. */
  settled(): Promise<void>;
  /** The samples to use, and whether they are made up; none when there are none. Throws when a field is wrong. */
  source(): { samples: SampleSource | undefined; random: boolean };
  /** Whether the samples to use have classes, so that accuracy can be measured. */
  labelled(): boolean;
  /** Whether there are any, or will be once they are read. */
  any(): boolean;
  /** How files become inputs; undefined when no file is prepared and nothing was set by hand. */
  preprocess(): Preprocess | undefined;
  /** Differs when the files or their settings do. */
  version(): string;
  /** The files that were given as samples, in their order; those that say how they become inputs are not among them. */
  files(): readonly NamedFile[];
}

export function sampleFields(model: Model, changed: () => void): SampleFields {
  const { inputs, outputs } = model.info;
  const collection = new Collection(inputs);
  let given: NamedFile[] = [];
  let version = 0;
  let reading = 0;
  let pending: Promise<void> = Promise.resolve();
  let looking = new AbortController();
  let labelling = UNLABELLED;

  const summary = el('p', { id: 'sample-count', role: 'status' });
  const findings = el('div', { role: 'status' });
  const labels = el('div', { role: 'status' });
  const random = el('input', { type: 'checkbox', id: 'random-data' });
  const split = el('input', { type: 'checkbox', id: 'split-rows', checked: true });
  split.addEventListener('change', () => {
    refresh();
    void work(async () => {});
  });
  const splitField = field(
    'Each row is a sample',
    split,
    'The model takes one row at a time. Without this, each file is one sample.',
  );
  const clear = el('button', { type: 'button', id: 'clear-samples', class: 'link' }, 'Remove all');
  clear.addEventListener('click', () => {
    collection.clear();
    labelling = UNLABELLED;
    given = [];
    version++;
    refresh();
    look();
    element.querySelector<HTMLElement>('#pick-samples')?.focus();
    changed();
  });
  const settings = preprocessArea(
    () => collection.given,
    configure,
    () => void configure(collection.given).catch(alertError),
  );
  const preview = previewArea();
  const take = (files: Iterable<File>) => add(fromList(files));
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
    labels,
    findings,
    settings.element,
    preview.element,
    field(
      'Use random data instead',
      random,
      'For a first look only: ranges measured on noise are wrong for real inputs and harm accuracy.',
    ),
  );

  const isAnyPrepared = (): boolean => collection.groups.some(isPrepared);

  function summaryText(): string {
    const { groups } = collection;
    if (groups.length === 0) {
      if (reading > 0) return 'Reading samples…';
      const unused = collection.set?.unused.length ?? 0;
      return unused > 0
        ? `No samples yet: no input takes ${counted(unused, 'file')}.`
        : 'No samples yet.';
    }
    const files = new Set(groups.flatMap(({ sample }) => sample.files)).size;
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    const used = countSamples(groups, split.checked);
    const parts = [counted(files, 'sample file')];
    if (rows > groups.length) parts.push(counted(rows, 'row'));
    if (parts.length > 1 || used !== files) parts.push(`used as ${counted(used, 'sample')}`);
    return `${parts.join(', ')}.${reading > 0 ? ' Reading more…' : ''}`;
  }

  function refresh(): void {
    const { groups, set } = collection;
    const text = summaryText();
    if (summary.textContent !== text) summary.textContent = text;
    labels.replaceChildren(...labellingView(labelling, leaveOut));
    clear.hidden = collection.isEmpty;
    splitField.hidden = !groups.some(({ rows }) => rows > 1);
    settings.update(set?.preprocess, isAnyPrepared());
    preview.update(
      set && { groups, split: split.checked, preprocess: set.preprocess, files: collection.files },
    );
  }

  /** Looks at the samples that there are now; an earlier look ends. */
  function look(): void {
    looking.abort();
    const own = (looking = new AbortController());
    const { groups, set } = collection;
    if (groups.length === 0 || set === undefined) {
      findings.replaceChildren();
      return;
    }
    void examine(groups, split.checked, inputs, set.preprocess, own.signal).then((found) => {
      if (!own.signal.aborted) findings.replaceChildren(...findingsView(found, leaveOut));
    });
  }

  /** Finds out the classes of the samples that there are now. */
  async function label(): Promise<void> {
    const { files, groups } = collection;
    const found = await labelSamples(files, groups, split.checked, outputs);
    labelling = collection.isEmpty ? UNLABELLED : found;
  }

  /** One change after another. */
  function work<T>(change: () => Promise<T>): Promise<T> {
    reading++;
    const done = pending
      .then(change)
      .finally(label)
      .finally(() => {
        reading--;
        refresh();
        look();
        changed();
      });
    pending = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  function configure(given: PartialPreprocess): Promise<void> {
    return work(() => collection.configure(given));
  }

  function leaveOut(files: ReadonlySet<SampleFile>): void {
    version++;
    const paths = new Set(Array.from(files, ({ path }) => path));
    // Of several files of labels the last counts; one before it may have its name.
    const last = given.findLast(({ path }) => paths.has(path) && isLabelFile(path));
    given = given.filter((each) =>
      isLabelFile(each.path) ? each !== last : !paths.has(each.path),
    );
    void work(() => collection.leaveOut(files)).catch(alertError);
    element.querySelector<HTMLElement>('#pick-samples')?.focus();
  }

  /** Says which files are not used, and why; `strangers` are of no known kind. */
  function tell({ errors, unused }: Outcome, strangers: readonly NamedFile[] = []): void {
    const texts: string[] = [];
    if (errors.length > 0) {
      const others = errors.length > 1 ? ` with ${counted(errors.length - 1, 'other')}` : '';
      texts.push(`${messageOf(errors[0])} It was left out${others}.`);
    }
    if (strangers.length > 0) texts.push(`Left out ${namesOf(strangers)}: ${EXPECTED}.`);
    if (unused.length > 0) {
      const kinds = Object.values(collection.set?.preprocess.inputs ?? {}).map(
        ({ kind }) => KINDS[kind],
      );
      texts.push(
        `Left out ${namesOf(unused)}: the model’s inputs are taken as ${[...new Set(kinds)].join(', ')}. If that is wrong, say so in 'How files become inputs'. Labels are known by the file’s name, such as labels.csv.`,
      );
    }
    if (texts.length > 0) alertText(texts.join(' '));
  }

  function add(files: NamedFile[]): void {
    const sorted = sortFiles(files);
    const ofSettings = sorted.samples.filter(isSettings);
    const samples = sorted.samples.filter((entry) => !isSettings(entry));
    version++;
    given.push(...samples);
    const { others } = sorted;
    if (samples.length === 0) tell({ errors: [], unused: [] }, others);
    else {
      work(() => collection.add(samples)).then((came) => {
        tell(came, others);
        const { text, isProblem, file } = labelling;
        const isNew = samples.some(({ path }) => path === file?.path);
        if (isProblem && isNew) alertText(text);
      }, alertError);
    }
    if (ofSettings.length > 0) void settings.load(ofSettings.at(-1)!.file);
    refresh();
    changed();
  }

  function preprocess(): Preprocess | undefined {
    const isSet = Object.keys(collection.given.inputs).length > 0;
    return isSet || isAnyPrepared() ? collection.set?.preprocess : undefined;
  }

  refresh();
  return {
    element,
    add,
    preprocess,
    files: () => given,
    settled: () => pending,
    labelled: () => labelling.labels !== undefined && !random.checked,
    any: () => random.checked || reading + collection.groups.length > 0,
    version: () => JSON.stringify([version, preprocess()]),
    source() {
      if (random.checked) return { samples: randomSamples(model, RANDOM_SAMPLES), random: true };
      if (collection.groups.length === 0) return { samples: undefined, random: false };
      const problem = isAnyPrepared() ? settings.problem() : undefined;
      if (problem !== undefined) throw problem;
      return {
        samples: samplesFrom(collection.groups, split.checked, labelling.labels),
        random: false,
      };
    },
  };
}
