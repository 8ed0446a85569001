// What went wrong, in plain words, above everything else.
import { QuantabError } from 'quantab';
import { byId, el } from './dom';

const area = byId('alerts');

export function clearAlerts(): void {
  area.replaceChildren();
}

/** Shows a failure; a cancelled call is none. */
export function alertError(error: unknown): void {
  if (error instanceof QuantabError && error.code === 'Cancelled') return;
  alertText(error instanceof Error ? error.message : String(error));
}

export function alertText(text: string): void {
  const box = el(
    'div',
    { class: 'alert' },
    el('span', {}, text),
    el('button', { type: 'button', onclick: () => box.remove() }, 'Dismiss'),
  );
  area.replaceChildren(box);
}
