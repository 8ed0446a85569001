// Labelled form fields, and what is wrong with one.
import { el } from './dom';
import { pickHandles } from './handles';

/** What a field holds cannot be used. */
export class FieldError extends Error {
  constructor(
    readonly field: HTMLElement,
    message: string,
  ) {
    super(message);
  }
}

/** A control with its label and, below both, a sentence about it. */
export function field(label: string, control: HTMLElement, help?: string): HTMLElement {
  const { id } = control;
  if (help !== undefined) control.setAttribute('aria-describedby', `${id}-help`);
  const isCheckbox = control instanceof HTMLInputElement && control.type === 'checkbox';
  const name = el('label', { for: id }, label);
  return el(
    'div',
    { class: isCheckbox ? 'field check' : 'field' },
    ...(isCheckbox ? [control, name] : [name, control]),
    help !== undefined && el('p', { class: 'help', id: `${id}-help` }, help),
  );
}

/** Choices: what is shown by value. */
export function select(
  props: Record<string, string>,
  choices: Record<string, string>,
  value: string,
): HTMLSelectElement {
  const options = Object.entries(choices).map(([key, text]) =>
    el('option', { value: key, selected: key === value }, text),
  );
  return el('select', props, ...options);
}

/** A file picker, or one of folders, that looks like a button; its files are given to `take`. */
export function filePicker(
  id: string,
  label: string,
  take: (files: Iterable<File>) => void,
  props: Record<string, string | boolean> = {},
): Node[] {
  const input = el('input', {
    id,
    class: 'visually-hidden',
    type: 'file',
    multiple: true,
    ...props,
    onchange: () => {
      take(input.files!);
      input.value = '';
    },
  });
  if (props['webkitdirectory'] === undefined) {
    pickHandles(input, (files) => take(files.map(({ file }) => file)));
  }
  return [input, el('label', { class: 'button', for: id }, label)];
}

/** Shows which field an error is about, if it is about one. */
export function focusFieldOf(error: unknown): void {
  if (!(error instanceof FieldError)) return;
  const { field: control } = error;
  for (let at = control.closest('details'); at !== null;) {
    at.open = true;
    at = at.parentElement?.closest('details') ?? null;
  }
  control.setAttribute('aria-invalid', 'true');
  control.addEventListener('input', () => control.removeAttribute('aria-invalid'), { once: true });
  control.focus();
}
