// A bar, the stage with its numbers, and a button to cancel.
import type { Progress, Stage } from 'quantab';
import { activeElement, el } from './dom';
import { bytes, count } from './format';
import { say, titleState } from './status';
import { TimeLeft } from './time_left';

/** A stage of the core's, or of the page's own. */
export type Shown = Omit<Progress, 'stage'> & { stage: Stage | OwnStage };
type OwnStage = 'layers' | 'search' | 'sensitivity';

const STAGES: Record<Shown['stage'], string> = {
  read: 'Reading',
  prepare: 'Preparing',
  calibrate: 'Calibrating',
  quantize: 'Quantizing',
  write: 'Writing',
  run: 'Running',
  compare: 'Comparing',
  benchmark: 'Timing',
  layers: 'Looking at the layers',
  search: 'Searching',
  sensitivity: 'Quantizing each node alone',
};

/** The stages that may end early: their totals are limits. */
const AT_MOST: readonly Shown['stage'][] = ['search', 'sensitivity'];

/** The stages whose units are bytes; the others count samples, nodes or runs. */
const IN_BYTES: readonly Shown['stage'][] = ['read', 'write'];

export interface ProgressView {
  /** Names what is being made, of several, in front of its stages. */
  begin(what: string): void;
  update(progress: Shown): void;
  /** Announces what has been reached; the next stage is announced along with it. */
  reached(text: string): void;
  /** Shows the newest finding of the stage. */
  note(text: string): void;
  /** Renames the button. */
  rename(button: string): void;
  /** Takes it away. Tells whether the focus was in it. */
  end(): boolean;
}

/** Puts a progress bar into `place`. The elements' ids begin with `id`; `text` is shown until a stage begins. */
export function showProgress(
  place: HTMLElement,
  id: string,
  text: string,
  cancel: () => void,
): ProgressView {
  const label = el('p', { id: `${id}-stage`, class: 'stage' }, text);
  const bar = el('progress', { 'aria-labelledby': `${id}-stage` });
  const button = el('button', { type: 'button', id: `${id}-cancel`, onclick: cancel }, 'Cancel');
  const finding = el('p', { id: `${id}-note`, class: 'help', hidden: true });
  const box = el('div', { id, class: 'card progress' }, label, bar, button, finding);
  place.replaceChildren(box);
  let current: Shown['stage'] | undefined;
  let news = '';
  let prefix = '';
  const time = new TimeLeft();
  return {
    begin(what) {
      label.textContent = what;
      prefix = `${what}: `;
      current = undefined;
      news += prefix;
    },
    reached(text) {
      news = `${text} `;
      say(text);
    },
    note(text) {
      finding.hidden = false;
      finding.textContent = text;
    },
    rename(text) {
      button.textContent = text;
    },
    update({ stage, done, total }) {
      if (stage !== current) {
        say(news + STAGES[stage]);
        news = '';
      }
      current = stage;
      const number = IN_BYTES.includes(stage) ? bytes : count;
      const limit = AT_MOST.includes(stage) ? ' at most' : '';
      const numbers = total > 0 ? ` ${number(done)} of${limit} ${number(total)}` : '';
      const left = time.update(prefix + stage, done, total);
      const text = prefix + STAGES[stage] + numbers + (left && `, ${left}${limit}`);
      if (label.textContent !== text) label.textContent = text;
      titleState(STAGES[stage] + (total > 0 ? ` ${Math.floor((100 * done) / total)} %` : ''));
      if (total > 0) {
        bar.max = total;
        bar.value = done;
      } else bar.removeAttribute('value');
    },
    end() {
      const hadFocus = box.contains(activeElement());
      box.remove();
      return hadFocus;
    },
  };
}
