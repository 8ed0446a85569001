// A part of the page that is loaded when it is opened.
import { alertError } from '../alerts';
import { el } from '../dom';

/** `load` gives what fills the part; it is called once. `isOpen` has it open from the beginning. */
export function panel(
  id: string,
  title: string,
  load: () => Promise<(host: HTMLElement) => void>,
  isOpen: boolean,
): HTMLElement {
  const host = el('div');
  const details = el(
    'details',
    { id, class: 'panel', open: isOpen },
    el('summary', {}, title),
    host,
  );
  let isLoaded = false;
  details.addEventListener('toggle', () => {
    if (!details.open || isLoaded) return;
    isLoaded = true;
    load().then(
      (fill) => fill(host),
      (error: unknown) => {
        isLoaded = false;
        details.open = false;
        alertError(error);
      },
    );
  });
  return details;
}
