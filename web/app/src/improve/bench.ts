// What the parts of the page work with that look for a better model.
import type { Model } from 'quantab';
import { alertError, alertText, isCancelled } from '../alerts';
import { activeElement, el } from '../dom';
import type { SampleSource } from '../samples';
import { focusOrHome, say, titleState } from '../status';
import type { AtWork, UnderWay } from '../under_way';

export interface GivenSamples {
  samples: SampleSource;
  /** Whether they are made up. */
  random: boolean;
}

export interface Bench {
  /** The float model. */
  readonly model: Model;
  readonly work: UnderWay;
  /** The samples as they are now. Rejects when a field of theirs is wrong. */
  samples(): Promise<{ samples: SampleSource | undefined; random: boolean }>;
  /** Whether their classes are known. */
  labelled(): boolean;
  /** Calls back when samples, or what is known of them, may have changed. */
  onSamples(listener: () => void): void;
  /** Has what was found, and put into a result, kept with it on this device. */
  found(): void;
}

/** The samples that there are. Rejects when there are none. */
export async function someSamples(bench: Bench): Promise<GivenSamples> {
  const { samples, random } = await bench.samples();
  if (samples === undefined) throw new Error('There are no samples. Add some, and press again.');
  return { samples, random };
}

/**
 * Does a task that gives what to say when it is done. Tells whether the focus may move to what came of it; nothing when there is
 * nothing to see.
 */
export async function atWork(
  { work }: Bench,
  task: (at: AtWork) => Promise<string>,
  canStop?: 'stop',
): Promise<boolean | undefined> {
  if (work.isBusy) {
    alertText('The page is at work already. Wait until it is done, or cancel it, and press again.');
    return undefined;
  }
  const begun = activeElement();
  let ending: string | undefined;
  let failure: unknown;
  const mayMoveFocus = await work.do(async (at) => {
    try {
      ending = await task(at);
    } catch (error) {
      failure = error;
    }
  }, canStop);
  if (mayMoveFocus === undefined) return undefined;
  titleState(ending === undefined ? null : 'done');
  if (ending !== undefined) {
    say(ending);
    return mayMoveFocus;
  }
  if (isCancelled(failure)) {
    say('Cancelled.');
    // The button that cancelled is gone.
    if (mayMoveFocus) focusOrHome(begun as HTMLElement | null);
  } else alertError(failure);
  return undefined;
}

/** Timing one form of a model takes so long at most, in milliseconds, or one run. */
const TIMING = 1000;
const MOST_RUNS = 20;

/** How often to run what takes so long for a run, in milliseconds. */
export const runsFor = (median: number): number =>
  Math.max(1, Math.min(MOST_RUNS, Math.floor(TIMING / median)));

/** What is said of what was found on samples that were made up. */
export const doubts = (random: boolean): HTMLElement[] =>
  random
    ? [
        el(
          'p',
          { class: 'notice' },
          'This was found on random data, and says nothing about real inputs.',
        ),
      ]
    : [];
