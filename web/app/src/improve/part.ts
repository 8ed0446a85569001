// A part of a result that finds something out when its button is pressed, and shows what is known.
import { alertError } from '../alerts';
import { el } from '../dom';
import { focusFieldOf } from '../fields';
import { focusOrHome } from '../status';
import type { AtWork } from '../under_way';
import { atWork, type Bench } from './bench';
import { beginButton } from './fields';

export interface Part {
  /** A paragraph each. */
  help: readonly string[];
  fields?: readonly HTMLElement[];
  button: { id: string; text: string };
  /** Whether pressing once ends the work with what it has come to. */
  canStop?: 'stop';
  /** Reads the fields, which may throw, and gives the work: it puts what it finds into the result, and gives what to say. */
  begin(): (at: AtWork) => Promise<string>;
  /** What is known; empty while nothing is. */
  outcome(): HTMLElement[];
  /** What of that takes the focus once it is there. */
  focus: string;
}

/** Fills `host` with it. */
export function showPart(host: HTMLElement, bench: Bench, part: Part): void {
  const { help, fields = [], button, canStop, focus } = part;
  const place = el('div');
  const show = () => place.replaceChildren(...part.outcome());

  async function begin(): Promise<void> {
    let task: (at: AtWork) => Promise<string>;
    try {
      task = part.begin();
    } catch (error) {
      alertError(error);
      focusFieldOf(error);
      return;
    }
    const mayMoveFocus = await atWork(bench, task, canStop);
    if (mayMoveFocus === undefined) return;
    bench.found();
    show();
    if (mayMoveFocus) focusOrHome(place.querySelector<HTMLElement>(focus));
  }

  host.replaceChildren(
    ...help.map((text) => el('p', { class: 'help' }, text)),
    ...fields,
    el(
      'p',
      { class: 'actions' },
      beginButton(bench, button.id, button.text, () => void begin()),
    ),
    place,
  );
  show();
}
