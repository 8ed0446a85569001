// What went wrong, in plain words, above everything else.
import { QuantabError } from 'quantab';
import { activeElement, byId, el } from './dom';
import { focusHome, focusIsLost } from './status';

const area = byId('alerts');

export function clearAlerts(): void {
  const hadFocus = area.contains(activeElement());
  area.replaceChildren();
  if (hadFocus) focusHome();
}

export const isCancelled = (error: unknown): boolean =>
  (error instanceof QuantabError && error.code === 'Cancelled') ||
  (error instanceof DOMException && error.name === 'AbortError');

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Shows a failure; a cancelled call is none. */
export function alertError(error: unknown): void {
  if (!isCancelled(error)) alertText(messageOf(error));
}

export function alertText(text: string): void {
  const dismiss = el('button', { type: 'button', onclick: clearAlerts }, 'Dismiss');
  area.replaceChildren(el('div', { class: 'alert', tabindex: -1 }, el('span', {}, text), dismiss));
  if (focusIsLost()) area.querySelector<HTMLElement>('.alert')?.focus();
}
