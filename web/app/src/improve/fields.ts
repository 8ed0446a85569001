// What the parts have in common that work on samples: how many of them, and the button that begins.
import { el } from '../dom';
import { field } from '../fields';
import type { Bench } from './bench';

const MOST_SAMPLES = 64;

export interface SamplesField {
  element: HTMLElement;
  /** So many at most. */
  value(): number;
}

export function samplesField(id: string, label: string): SamplesField {
  const input = el('input', { type: 'number', id, min: 1, step: 1, value: MOST_SAMPLES });
  return {
    element: field(label, input, 'So many of them at most. Fewer are faster, more are surer.'),
    value: () => Math.max(1, Math.floor(input.valueAsNumber) || MOST_SAMPLES),
  };
}

/** A button that begins work: while other work is under way, it says that it cannot. */
export const startButton = (id: string, text: string, onclick: () => void): HTMLElement =>
  el('button', { type: 'button', id, 'data-begins': true, onclick }, text);

/** The same in a part that may appear while other work is under way. */
export function beginButton(
  { work }: Bench,
  id: string,
  text: string,
  onclick: () => void,
): HTMLElement {
  const button = startButton(id, text, onclick);
  button.setAttribute('aria-disabled', String(work.isBusy));
  return button;
}
