// What the page is doing, for the title and for screen readers.
import { byId } from './dom';

const TITLE = document.title;

export function say(text: string): void {
  byId('status').textContent = text;
}

export function titleState(text: string | null): void {
  document.title = text === null ? TITLE : `${text} – Quantab`;
}
