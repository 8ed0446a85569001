// Choosing a ready-made setting. Once an option is changed by hand, the settings are the user's own.
import { el } from './dom';
import { planOf, PRESETS, type Conversion, type PresetName, type Situation } from './presets';

export type Chosen = PresetName | 'own';

const OWN = 'What is chosen under “All options”.';

export interface PresetFields {
  element: HTMLElement;
  chosen(): Chosen;
  /** Chooses without telling anybody. */
  choose(name: Chosen): void;
  /** What the chosen one makes; nothing of the user's own. */
  plan(): readonly Conversion[] | undefined;
  /** Says anew what each comes to. */
  refresh(): void;
}

export function presetFields(situation: () => Situation): PresetFields {
  let chosen: Chosen = 'balanced';
  const help = new Map<Chosen, HTMLElement>();
  const inputs = new Map<Chosen, HTMLInputElement>();
  const radio = (name: Chosen, label: string) => {
    const id = `preset-${name.replace('.', '-')}`;
    const input = el('input', {
      type: 'radio',
      name: 'preset',
      id,
      value: name,
      checked: name === chosen,
      'aria-describedby': `${id}-help`,
      oninput: () => (chosen = name),
    });
    const line = el('p', { class: 'help', id: `${id}-help` }, name === 'own' ? OWN : '');
    inputs.set(name, input);
    help.set(name, line);
    return el('div', { class: 'field check' }, input, el('label', { for: id }, label), line);
  };
  const element = el(
    'fieldset',
    { id: 'presets' },
    el('legend', {}, 'Ready-made settings'),
    ...PRESETS.map(({ name, label }) => radio(name, label)),
    radio('own', 'Your own'),
  );
  const refresh = () => {
    for (const { name } of PRESETS) {
      const line = help.get(name)!;
      const { why } = planOf(name, situation());
      if (line.textContent !== why) line.textContent = why;
    }
  };
  return {
    element,
    chosen: () => chosen,
    choose(name) {
      chosen = name;
      inputs.get(name)!.checked = true;
    },
    plan: () => (chosen === 'own' ? undefined : planOf(chosen, situation()).makes),
    refresh,
  };
}
