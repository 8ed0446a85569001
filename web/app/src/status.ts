// What the page is doing, for the title and for screen readers, and where the focus goes when its element has gone.
import { byId, isPage } from './dom';

const TITLE = document.title;

/** Announces a change; not for what changes many times a second. */
export function say(text: string): void {
  byId('status').textContent = text;
}

export function titleState(text: string | null): void {
  if (!isPage()) return;
  document.title = text === null ? TITLE : `${text} – Quantab`;
}

/** Whether the element that had the focus has gone. */
export const focusIsLost = (): boolean =>
  document.activeElement === null || document.activeElement === document.body;

/** Puts the focus on what a person would do next. */
export function focusHome(): void {
  byId(byId('workspace').hidden ? 'pick-model' : 'quantize').focus();
}

/** Puts the focus on an element, or home when that is not in the page, as something else is shown there. */
export function focusOrHome(element: HTMLElement | null): void {
  if (element?.isConnected) element.focus();
  else focusHome();
}
