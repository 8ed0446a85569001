// Takes from a method's fields what cannot be had beside the rest, and says why.
import { COMPANIONS, CONFLICTS, type Held } from './conflicts';
import { el } from './dom';
import type { Method } from './option_fields';

type Control = HTMLInputElement | HTMLSelectElement;

const controlOf = (fields: HTMLElement, option: string): Control | null =>
  fields.querySelector<Control>(`#option-${option}`);

function heldBy(fields: HTMLElement): Held {
  return (option) => {
    const control = controlOf(fields, option);
    if (control === null) return '';
    if (control instanceof HTMLSelectElement) return control.value;
    if (control.type === 'checkbox') return String(control.checked);
    return control.value.trim() || control.defaultValue;
  };
}

/** Shows reasons below a control, or none. The control is described by its help and by them. */
function explain(control: Control, reasons: readonly string[]): void {
  const id = `${control.id}-why`;
  const row = control.closest('.field')!;
  const text = [...new Set(reasons)].join(' ');
  let line = row.querySelector<HTMLElement>(`#${CSS.escape(id)}`);
  if (text === (line?.textContent ?? '')) return;
  line?.remove();
  const described = (control.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean);
  const others = described.filter((each) => each !== id);
  if (text !== '') {
    line = el('p', { class: 'help why', id }, text);
    row.append(line);
    others.push(id);
  }
  if (others.length > 0) control.setAttribute('aria-describedby', others.join(' '));
  else control.removeAttribute('aria-describedby');
}

/** A choice that is not to be had any more stays chosen: quantizing says what is wrong with it. */
export function applyConflicts(fields: HTMLElement, method: Method): void {
  const held = heldBy(fields);
  for (const option of new Set(CONFLICTS[method].map(({ option }) => option))) {
    const control = controlOf(fields, option);
    if (control === null) continue;
    const met = CONFLICTS[method].filter((each) => each.option === option && each.when(held));
    control.disabled = met.some(({ choices }) => choices === undefined);
    if (control instanceof HTMLSelectElement) {
      const gone = new Set(met.flatMap(({ choices }) => choices ?? []));
      for (const each of control.options) each.disabled = gone.has(each.value);
    }
    explain(
      control,
      met.map(({ why, choices }) => (choices === undefined ? why : notFor(control, choices, why))),
    );
  }
}

/** "Not QOperator: …" of the choices that a field has. */
function notFor(control: Control, choices: readonly string[], why: string): string {
  const own = Array.from((control as HTMLSelectElement).options, ({ value }) => value);
  return `Not ${choices.filter((choice) => own.includes(choice)).join(', ')}: ${why}`;
}

/** Sets what goes only with the value that a field has taken, or had. */
export function followCompanions(fields: HTMLElement): void {
  for (const { option, value, others } of COMPANIONS) {
    const control = controlOf(fields, option);
    control?.addEventListener('change', () => {
      const companions = Object.entries(others).map(([other, values]) => ({
        field: controlOf(fields, other)!,
        ...values,
      }));
      const had = companions.every(({ field, with: together }) => field.value === together);
      for (const { field, with: together, without } of companions) {
        if (control.value === value) field.value = together;
        else if (had) field.value = without;
      }
    });
  }
}
