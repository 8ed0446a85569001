// What the parts of the page work with that look for a better model.
import type { Model } from 'quantab';
import { alertError, alertText } from '../alerts';
import { el } from '../dom';
import type { SampleSource } from '../samples';
import { say, titleState } from '../status';
import type { AtWork, UnderWay } from '../under_way';

export interface Bench {
  /** The float model. */
  readonly model: Model;
  readonly work: UnderWay;
  /** The samples as they are now, and whether they are made up. Rejects when a field of theirs is wrong. */
  samples(): Promise<{ samples: SampleSource | undefined; random: boolean }>;
}

/** What work on samples is given. */
export interface AtWorkOn extends AtWork {
  samples: SampleSource;
  /** Whether they are made up. */
  random: boolean;
}

/**
 * Does something on the samples that there are, and says how it ended. Tells whether the focus may move to what came of it;
 * nothing when there is nothing to see.
 */
export async function workOnSamples(
  { work, samples: current }: Bench,
  task: (at: AtWorkOn) => Promise<string>,
  canStop?: 'stop',
): Promise<boolean | undefined> {
  if (work.isBusy) {
    alertText('The page is at work already. Wait until it is done, or cancel it, and press again.');
    return undefined;
  }
  let ending: string | undefined;
  let failure: unknown;
  const mayMoveFocus = await work.do(async (at) => {
    try {
      const { samples, random } = await current();
      if (samples === undefined)
        throw new Error('There are no samples. Add some, and press again.');
      ending = await task({ ...at, samples, random });
    } catch (error) {
      failure = error;
    }
  }, canStop);
  if (mayMoveFocus === undefined) return undefined;
  titleState(ending === undefined ? null : 'done');
  say(ending ?? 'Cancelled.');
  if (failure !== undefined) alertError(failure);
  return ending === undefined ? undefined : mayMoveFocus;
}

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
