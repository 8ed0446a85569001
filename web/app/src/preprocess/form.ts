// The settings by which files become inputs, as fields: guessed, and changed by hand.
import {
  parsePreprocess,
  type ImagePreset,
  type ImageSettings,
  type InputKind,
  type InputSettings,
  type PartialPreprocess,
  type Preprocess,
} from 'quantab/samples';
import { messageOf } from '../alerts';
import { activeElement, el, findId } from '../dom';
import { field, FieldError, select } from '../fields';
import { KINDS } from './kinds';
import { OWN, presetOf, presetsFor, presetSettings, PRESETS } from './presets';
import { ROLE, SPECS, type Spec } from './specs';
import { readControl, writeControl, type Control } from './values';

/** More inputs of numbers than these are put away. */
const FEW_INPUTS = 4;

export interface PreprocessForm {
  element: HTMLElement;
  /** Shows these settings; fields with what cannot be used keep it. */
  update(preprocess: Preprocess): void;
  /** The first field that holds what cannot be used. */
  problem(): FieldError | undefined;
}

/** Inputs that are set together: one, or all that take tokens of the same texts. */
interface Section {
  kind: InputKind;
  inputs: string[];
}

function sectionsOf({ inputs }: Preprocess): Section[] {
  const sections: Section[] = [];
  for (const [name, { kind }] of Object.entries(inputs)) {
    const texts = sections.find((section) => section.kind === 'text');
    if (kind === 'text' && texts !== undefined) texts.inputs.push(name);
    else sections.push({ kind, inputs: [name] });
  }
  // What is prepared comes before numbers that are taken as they are.
  return sections.sort((a, b) => Number(a.kind === 'tensor') - Number(b.kind === 'tensor'));
}

type Settings = Record<string, unknown> & { kind: InputKind };

/** `given` with these settings of an input changed; those of another kind are forgotten. */
function changed(
  given: PartialPreprocess,
  input: string,
  kind: InputKind,
  values: Record<string, unknown>,
): PartialPreprocess {
  const before: Settings = given.inputs[input] ?? { kind };
  const kept: Settings = before.kind === kind ? { ...before } : { kind };
  return { inputs: { ...given.inputs, [input]: { ...kept, ...values } } };
}

/** Settings of a sound that mean the same whatever is made of it. */
const OF_ANY_FEATURES = ['kind', 'samplingRate', 'length', 'split', 'normalize'];

function withoutFeatures(given: PartialPreprocess, input: string): PartialPreprocess {
  const settings = given.inputs[input];
  if (settings === undefined) return given;
  const kept = Object.entries(settings).filter(([key]) => OF_ANY_FEATURES.includes(key));
  return { inputs: { ...given.inputs, [input]: Object.fromEntries(kept) as Settings } };
}

const titleOf = ({ kind, inputs }: Section): string => {
  const names = inputs.map((name) => `'${name}'`).join(', ');
  if (kind === 'tensor') return names;
  return `How ${KINDS[kind]} become ${names}`;
};

/**
 * `given` are the settings that were made by hand; `apply` is called with new ones, and rejects when they do not fit the
 * model.
 */
export function preprocessForm(
  given: () => PartialPreprocess,
  apply: (given: PartialPreprocess) => Promise<void>,
): PreprocessForm {
  const element = el('div');
  const problems = new Map<Control, FieldError>();
  /** Controls that are being written in. */
  const touched = new Set<Control>();
  let shown = '';
  let refreshers: ((preprocess: Preprocess) => void)[] = [];

  const clear = (control: Control) => {
    touched.delete(control);
    problems.delete(control);
    control.removeAttribute('aria-invalid');
    control.removeAttribute('aria-errormessage');
    element.querySelector(`#${control.id}-problem`)?.remove();
  };
  const complain = (control: Control, error: unknown) => {
    const problem = error instanceof FieldError ? error : new FieldError(control, messageOf(error));
    clear(control);
    problems.set(control, problem);
    const id = `${control.id}-problem`;
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-errormessage', id);
    control
      .closest('.field')
      ?.append(el('p', { class: 'help problem', id, role: 'alert' }, problem.message));
  };

  /** Applies what a control says, or marks it. */
  function tryTo(control: Control, change: () => PartialPreprocess): void {
    clear(control);
    let next: PartialPreprocess;
    try {
      next = parsePreprocess(change());
    } catch (error) {
      complain(control, error);
      return;
    }
    apply(next).catch((error: unknown) => complain(control, error));
  }

  /** A control that is part of no settings but its own: the page compares the settings themselves. */
  function controlOf(spec: Spec, id: string): Control {
    const common = { id, 'data-preprocess': '' };
    if (spec.choices !== undefined) return select(common, spec.choices, '');
    if (spec.type === 'flag') return el('input', { ...common, type: 'checkbox' });
    const numeric = spec.type === 'number' ? { inputmode: 'decimal' } : {};
    return el('input', { ...common, type: 'text', ...numeric });
  }

  /** A field of all inputs of a section. */
  function fieldOf(spec: Spec, { kind, inputs }: Section, id: string): HTMLElement {
    const control = controlOf(spec, id);
    control.addEventListener('input', () => touched.add(control));
    control.addEventListener('change', () =>
      tryTo(control, () => {
        const value = readControl(control, spec);
        return inputs.reduce((all, input) => {
          const base = spec.key === 'features' ? withoutFeatures(all, input) : all;
          return changed(base, input, kind, { [spec.key]: value });
        }, given());
      }),
    );
    const row = field(spec.label, control, spec.help);
    refreshers.push(({ inputs: settings }) => {
      const own = settings[inputs[0]!]!;
      row.hidden = !(spec.counts?.(own) ?? true);
      if (row.hidden) clear(control);
      if (problems.has(control) || touched.has(control)) return;
      writeControl(control, (own as unknown as Record<string, unknown>)[spec.key], spec);
    });
    return row;
  }

  function kindField(input: string, id: string): HTMLElement {
    const control = select({ id, 'data-preprocess': '' }, KINDS, '');
    control.addEventListener('change', () =>
      tryTo(control, () => changed(given(), input, control.value as InputKind, {})),
    );
    refreshers.push(({ inputs }) => {
      if (!problems.has(control)) control.value = inputs[input]!.kind;
    });
    return field(`'${input}' takes`, control);
  }

  /** A name for scale, mean and deviation together; it takes the place of what their fields hold. */
  function presetField(input: string, id: string, others: () => Control[]): HTMLElement {
    const control = select({ id, 'data-preprocess': '' }, { ...PRESETS, [OWN]: 'as below' }, '');
    let settings: InputSettings | undefined;
    control.addEventListener('change', () => {
      if (control.value === OWN) return;
      const values = presetSettings(control.value as ImagePreset, settings as ImageSettings);
      others().forEach(clear);
      tryTo(control, () => changed(given(), input, 'image', { ...values }));
    });
    refreshers.push(({ inputs }) => {
      settings = inputs[input]!;
      const possible: string[] = [...presetsFor(settings as ImageSettings), OWN];
      for (const option of control.options) option.hidden = !possible.includes(option.value);
      if (!problems.has(control)) control.value = presetOf(settings as ImageSettings);
    });
    return field('Pixels become', control);
  }

  function sectionView(section: Section, suffix: string, inputs: readonly string[]): HTMLElement {
    const { kind } = section;
    const specs = SPECS[kind];
    const idOf = (key: string) => `${kind}-${key}${suffix}`;
    const controls = (keys: readonly string[]) =>
      keys.map((key) => element.querySelector<Control>(`#${idOf(key)}`)!);
    const rows = (more: boolean) =>
      specs
        .filter((spec) => (spec.more === true) === more)
        .map((spec) => fieldOf(spec, section, idOf(spec.key)));
    const main = rows(false);
    if (kind === 'image') {
      const values = () => controls(['scale', 'mean', 'std', 'channels']);
      main.unshift(presetField(section.inputs[0]!, idOf('preset'), values));
    }
    const kinds = section.inputs.map((input) => kindField(input, `kind-${inputs.indexOf(input)}`));
    const roles = section.inputs.map((input) =>
      fieldOf(
        { ...ROLE, label: `Of a text, '${input}' is` },
        { kind, inputs: [input] },
        `text-role-${inputs.indexOf(input)}`,
      ),
    );
    const more = kind === 'text' ? [...roles, ...rows(true)] : rows(true);
    return el(
      'fieldset',
      { id: idOf('options') },
      el('legend', {}, titleOf(section)),
      ...kinds,
      ...main,
      more.length > 0 && el('details', {}, el('summary', {}, 'More settings'), ...more),
    );
  }

  function build(preprocess: Preprocess): void {
    const focused = activeElement();
    const id = focused !== null && element.contains(focused) ? focused.id : '';
    problems.clear();
    touched.clear();
    refreshers = [];
    const inputs = Object.keys(preprocess.inputs);
    const counts = new Map<InputKind, number>();
    const views: HTMLElement[] = [];
    const away: HTMLElement[] = [];
    const sections = sectionsOf(preprocess);
    const isLong = inputs.length > FEW_INPUTS;
    for (const section of sections) {
      const number = (counts.get(section.kind) ?? 0) + 1;
      counts.set(section.kind, number);
      const view = sectionView(section, number === 1 ? '' : `-${number}`, inputs);
      (isLong && section.kind === 'tensor' ? away : views).push(view);
    }
    element.replaceChildren(
      ...views,
      ...(away.length === 0
        ? []
        : [el('details', {}, el('summary', {}, 'Inputs of numbers'), ...away)]),
    );
    if (id !== '') findId(id)?.focus();
  }

  return {
    element,
    update(preprocess) {
      const structure = JSON.stringify(sectionsOf(preprocess));
      if (structure !== shown) build(preprocess);
      shown = structure;
      for (const refresh of refreshers) refresh(preprocess);
    },
    problem: () => [...problems.values()][0],
  };
}
