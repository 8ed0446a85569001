// Buttons that begin something, and what they can be given.
import { el } from '../dom';

/** The list of names among the options is divided by commas. */
export const canName = (node: string): boolean => !node.includes(',');

/** A button that begins work: while other work is under way, it says that it cannot. */
export const startButton = (id: string, text: string, onclick: () => void): HTMLElement =>
  el('button', { type: 'button', id, 'data-begins': true, onclick }, text);
