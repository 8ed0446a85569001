// Gives the user a text as a file.
import { el } from './dom';

/** Long enough for a browser to begin reading what is downloaded, in milliseconds. */
const PATIENCE = 60_000;

export function saveText(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), PATIENCE);
}
