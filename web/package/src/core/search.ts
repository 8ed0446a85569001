// Work that takes the same samples again and again, until the core knows enough.
import { StaleHandle, type Engine } from './engine.js';
import { QuantabError } from './error.js';
import { canRestart, eachSample } from './feeds.js';
import { checkLabelCount, labelAt } from './labels.js';
import type { SearchHandle } from './protocol.js';
import type { CallOptions, Samples } from './types.js';

export function release(engine: Engine, handle: number): void {
  // A core that has ended since holds nothing.
  engine.call('release', { handle }, {}, handle).catch(() => {});
}

/** A long task whose core was ended by another call's cancellation cannot be taken up again. */
export function interrupted(error: unknown, what: string): unknown {
  if (!(error instanceof StaleHandle)) return error;
  return new QuantabError(
    'Cancelled',
    `The ${what} was interrupted when another call was cancelled. Start it again.`,
  );
}

/** Throws unless samples can be read more than once. `what` reads them: "Mixed precision". */
export function requireRepeatable(samples: unknown, what: string): void {
  if (canRestart(samples)) return;
  throw new QuantabError(
    'InvalidArgument',
    `${what} reads the samples again and again. Give an array of { inputName: tensor }, or an iterable that can start anew.`,
  );
}

export interface SearchSamples {
  samples: Samples;
  labels?: readonly number[] | undefined;
  /** Ends the search early. */
  stop?: AbortSignal | undefined;
}

/** Gives all samples to a search that has begun, as often as it goes on, takes its result and releases it. */
export async function searchOn<T>(
  engine: Engine,
  { search, passes }: { search: SearchHandle; passes: number },
  { samples, labels, stop }: SearchSamples,
  options: CallOptions,
  finish: (search: SearchHandle) => Promise<T>,
): Promise<T> {
  const { signal, onLog } = options;
  try {
    let pass = 0;
    do {
      let given = 0;
      let all = true;
      await eachSample(
        samples,
        'compare',
        options,
        async (sample) => {
          if (stop?.aborted) return (all = false);
          const label = labelAt(labels, given++);
          const call = { signal, onLog };
          all = await engine.call('addToSearch', { search, sample, label }, call, search);
          return all;
        },
        { pass: pass++, passes },
      );
      if (all) checkLabelCount(labels, given);
    } while (!stop?.aborted && (await engine.call('nextTrial', { search }, options, search)));
    return await finish(search);
  } catch (error) {
    throw interrupted(error, 'search');
  } finally {
    release(engine, search);
  }
}
