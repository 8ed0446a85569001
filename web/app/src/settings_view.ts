// Choosing how to quantize, giving samples, and the button that starts it.
import type { Model } from 'quantab';
import type { Preprocess } from 'quantab/samples';
import { alertError } from './alerts';
import { el } from './dom';
import { focusFieldOf } from './fields';
import { candidatesFor, type Candidate } from './improve/candidates';
import { startButton } from './improve/fields';
import type { NamedFile } from './files';
import { canRun } from './limits';
import { mixedFields } from './mixed_fields';
import {
  isWeightOnly,
  optionFields,
  readOptions,
  writeOptions,
  type Method,
} from './option_fields';
import { presetFields, type Chosen } from './preset_fields';
import { situationOf, type Conversion } from './presets';
import { sampleFields } from './sample_fields';
import type { SampleSource } from './samples';
import type { Job, Settings } from './work';

export interface SettingsView {
  /** Adds files dropped or picked as samples. */
  addSamples(files: NamedFile[]): void;
  setBusy(busy: boolean): void;
  /** Puts settings into the fields, as the user's own. */
  show(settings: Settings): void;
  /** As pressing the button. */
  start(): void;
  /** Quantizes again as before, with these nodes excluded beside those that are excluded already. */
  keepInFloat(settings: Settings, nodes: readonly string[]): void;
  /** Differs when what Quantize would do differs. */
  key(): string;
  /** The samples as they are now, and whether they are made up. Rejects when a field of theirs is wrong. */
  samples(): Promise<{ samples: SampleSource | undefined; random: boolean }>;
  /** Whether the classes of the samples are known. */
  labelled(): boolean;
  /** The files that were given as samples. */
  sampleFiles(): readonly NamedFile[];
  state(): SettingsState;
  /** Puts back what state() gave. */
  restore(state: SettingsState): Promise<void>;
}

/** What the form holds: plain data. */
export interface SettingsState {
  preset: Chosen;
  /** As they were when all fields could be read. */
  own: Settings | undefined;
  /** Of the samples' fields: what each holds by its id. */
  samples: [string, string | boolean][];
  /** How samples become inputs, where that was asked for. */
  preprocess: Preprocess | undefined;
}

const METHODS: [Method, string, string][] = [
  ['static', 'Static', 'Ranges are measured now, on your samples. Best for convolutional models.'],
  [
    'dynamic',
    'Dynamic',
    'Ranges are found as the model runs. Needs no samples; best for transformers.',
  ],
  [
    'nbits',
    'Weights in few bits',
    'Weights of matrix products in 4 bits (or 2, or 8), a scale for each block of them; the rest stays in float. Needs no samples; the usual form of language models.',
  ],
  [
    'bnb4',
    'Weights in float4',
    'Weights of matrix products as one of 16 numbers that suit most weights (NF4, FP4 of bitsandbytes); the rest stays in float. Needs no samples.',
  ],
  [
    'float16',
    'Half precision',
    'Weights and activations in float16: half the size, hardly any loss. Needs no samples, but can be held to them.',
  ],
];

/** What more there is to say of static quantization where a part of the model does not run here. */
const PARTLY = ' Here: of what comes before the operators that this page cannot run.';

/** They go with every ready-made setting. */
const ASIDE = ['pre-process', 'external-data'];

/** Whether the options were open last; they are so for the next model. */
let optionsOpen = false;

export function showSettings(
  form: HTMLFormElement,
  model: Model,
  start: (jobs: Job[], key: string) => void,
  changed: () => void,
  tryAll: (candidates: Candidate[]) => void,
): SettingsView {
  const runs = canRun(model.info);
  const partly = model.info.unsupported.length > 0;
  const fields = {
    static: optionFields('static'),
    dynamic: optionFields('dynamic'),
    nbits: optionFields('nbits'),
    bnb4: optionFields('bnb4'),
    float16: optionFields('float16'),
  };
  let method: Method = 'dynamic';
  const options = el('div', { id: 'options' });
  const mixed = mixedFields();
  const samples = sampleFields(model, () => refresh());
  const situation = () => situationOf(model.info, runs && samples.any());
  const presets = presetFields(situation);
  const go = el('button', { type: 'submit', class: 'primary', id: 'quantize' }, 'Quantize');
  const everything = startButton('try-all', 'Try all ready-made settings', () =>
    tryAll(candidatesFor(situation())),
  );
  let applied: Conversion | undefined;
  let readable: Settings | undefined;
  /** Of settings that were shown, until one of them is changed. */
  let suffix: string | undefined;

  const showMixed = () => mixed.show(method === 'float16' && runs && samples.any());
  const choose = (chosen: Method) => {
    method = chosen;
    options.replaceChildren(fields[method]);
    showMixed();
  };
  const box = (id: string) => options.querySelector<HTMLInputElement>(`#${id}`)!;

  /** Puts what a ready-made setting makes into the fields, unless it is there already. */
  function applyPreset(): void {
    const plan = presets.plan() ?? [];
    const [first] = plan;
    const several = plan.length > 1;
    if (first !== undefined) suffix = undefined;
    ownFields.forEach((each) => (each.disabled = several));
    set.hidden = !several;
    if (first === applied) return;
    applied = first;
    if (first !== undefined && !several) put(first);
  }

  function put({ method: chosen, options: values, mixed: held, half }: Conversion): void {
    const aside = ASIDE.map((id) => box(id).checked);
    form.querySelector<HTMLInputElement>(`#method-${chosen}`)!.checked = true;
    choose(chosen);
    writeOptions(fields[chosen], chosen, values);
    if (chosen === 'float16') mixed.set(held === true, values);
    if (isWeightOnly(chosen)) box('half-after').checked = half === true;
    ASIDE.forEach((id, i) => (box(id).checked = aside[i]!));
  }

  function showPresets(): void {
    everything.hidden = !situation().samples;
    presets.refresh();
    applyPreset();
  }

  function refresh(): void {
    showPresets();
    showMixed();
    changed();
  }

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
        oninput: () => choose(value),
      }),
      el('label', { for: id }, label),
      el('p', { class: 'help', id: `${id}-help` }, help, value === 'static' && partly && PARTLY),
    );
  };

  const ownFields = [
    el('fieldset', {}, el('legend', {}, 'Method'), ...METHODS.map(radio)),
    el('fieldset', {}, el('legend', {}, 'Options'), mixed.element, options),
  ];
  const set = el(
    'p',
    { class: 'help', id: 'set-has-its-own', hidden: true },
    'The set has settings of its own. Choose another ready-made setting, or your own, to change them.',
  );
  const all = el(
    'details',
    { id: 'all-options', open: optionsOpen },
    el('summary', {}, 'All options'),
    set,
    ...ownFields,
  );
  all.addEventListener('toggle', () => (optionsOpen = all.open));
  choose(method);
  form.replaceChildren(
    el('h2', { id: 'settings-title' }, 'Quantize'),
    presets.element,
    samples.element,
    all,
    el('div', { class: 'actions' }, go, everything),
  );
  showPresets();

  function key(): string {
    // How files become inputs is part of the samples' own version.
    const controls = form.querySelectorAll<HTMLInputElement>(
      ':is(input, select):not([data-preprocess], [name=preset])',
    );
    const values = Array.from(controls, ({ id, type, checked, value }) =>
      type === 'checkbox' || type === 'radio' ? [id, checked] : [id, type === 'file' ? '' : value],
    );
    return JSON.stringify([samples.version(), (presets.plan() ?? []).length > 1, ...values]);
  }

  function ownSettings(): Settings {
    const search = mixed.options();
    return {
      method,
      options: { ...readOptions(options), ...search },
      mixed: search !== undefined,
      preProcess: box('pre-process').checked,
      externalData: box('external-data').checked,
      ...(isWeightOnly(method) && box('half-after').checked && { half: true }),
      ...(suffix !== undefined && { suffix }),
    };
  }

  function chosenSettings(): Settings[] {
    const plan = presets.plan() ?? [];
    if (plan.length < 2) return [ownSettings()];
    const aside = {
      preProcess: box('pre-process').checked,
      externalData: box('external-data').checked,
    };
    return plan.map((conversion) => ({ mixed: false, ...aside, ...conversion }));
  }

  function jobs(): Job[] {
    const { samples: source, random } = samples.source();
    const settings = chosenSettings();
    if (source === undefined && settings.some((each) => each.method === 'static')) {
      throw new Error('Static quantization needs samples. Drop some, or choose another method.');
    }
    const preprocess = random ? undefined : samples.preprocess();
    return settings.map((each) => ({ ...each, samples: source, random, preprocess }));
  }

  form.oninput = ({ target }) => {
    const control = target as HTMLElement;
    if (all.contains(control) && !ASIDE.includes(control.id)) {
      presets.choose('own');
      suffix = undefined;
    }
    refresh();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    await samples.settled();
    if (!go.isConnected) return;
    try {
      start(jobs(), key());
    } catch (error) {
      alertError(error);
      focusFieldOf(error);
    }
  };

  function show(settings: Settings): void {
    presets.choose('own');
    applied = undefined;
    put(settings);
    suffix = settings.suffix;
    box('pre-process').checked = settings.preProcess;
    box('external-data').checked = settings.externalData;
    refresh();
  }

  const sampleControls = () =>
    samples.element.querySelectorAll<HTMLInputElement>(
      ':is(input, select)[id]:enabled:not([data-preprocess], [type=file])',
    );
  const isSwitch = ({ type }: HTMLInputElement) => type === 'checkbox' || type === 'radio';

  function state(): SettingsState {
    try {
      readable = ownSettings();
    } catch {
      // A field that is being filled in: what was there before is kept.
    }
    return {
      preset: presets.chosen(),
      own: readable,
      samples: Array.from(sampleControls(), (each) => [
        each.id,
        isSwitch(each) ? each.checked : each.value,
      ]),
      preprocess: samples.preprocess(),
    };
  }

  async function restore({ preset, own, samples: held, preprocess }: SettingsState): Promise<void> {
    if (own !== undefined) show(own);
    if (preset !== 'own') presets.choose(preset);
    refresh();
    if (preprocess !== undefined) {
      const path = 'preprocess.json';
      samples.add([{ path, file: new File([JSON.stringify(preprocess)], path) }]);
    }
    await samples.settled();
    for (const [id, value] of held) {
      const control = Array.from(sampleControls()).find((each) => each.id === id);
      if (control === undefined) continue;
      if (typeof value === 'boolean') control.checked = value;
      else control.value = value;
      for (const type of ['input', 'change']) {
        control.dispatchEvent(new Event(type, { bubbles: true }));
      }
    }
  }

  return {
    labelled: () => samples.labelled(),
    sampleFiles: () => samples.files(),
    state,
    restore,
    addSamples: (files) => samples.add(files),
    show,
    start: () => form.requestSubmit(),
    keepInFloat(settings, nodes) {
      const before = settings.options['nodesToExclude'] as string[] | undefined;
      const nodesToExclude = [...new Set([...(before ?? []), ...nodes])];
      show({ ...settings, options: { ...settings.options, nodesToExclude } });
      form.requestSubmit();
    },
    async samples() {
      await samples.settled();
      return samples.source();
    },
    setBusy: (busy) => go.setAttribute('aria-disabled', String(busy)),
    key,
  };
}
