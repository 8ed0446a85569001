// Runs that take turns, so that what else the machine does meets all alike.
import { throwIfAborted } from './abort.js';
import { notify } from './engine.js';
import type { CallOptions } from './types.js';

/** Makes one run of something; gives its milliseconds. */
export type TimedRun = () => Promise<number>;

export interface RoundsOptions extends CallOptions {
  runs: number;
  /** Runs before them that do not count. */
  warmup: number;
}

/** Runs each of them once, and again, until every one has its runs. Gives the times of each, in order of the runs. */
export async function timesInTurns(
  turns: readonly TimedRun[],
  { runs, warmup, signal, onProgress }: RoundsOptions,
): Promise<number[][]> {
  const total = (runs + warmup) * turns.length;
  const times = turns.map((): number[] => []);
  let done = 0;
  for (let round = 0; round < warmup + runs; ++round) {
    for (const [i, run] of turns.entries()) {
      throwIfAborted(signal);
      const time = await run();
      if (round >= warmup) times[i]!.push(time);
      notify(() => onProgress?.({ stage: 'benchmark', done: ++done, total }));
    }
  }
  return times;
}

/** The value below which a share of ascending numbers lies, linear between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low = 0, high = low] = sorted.slice(below, below + 2);
  return low + (high - low) * (at - below);
}

/** What the times of runs say; all zero without any. */
export function summaryOf(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const [min = 0] = sorted;
  return { runs: sorted.length, min, median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}
