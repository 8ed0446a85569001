// How long several models take, side by side.
import { QuantabError } from './error.js';
import { Model } from './model.js';
import { summaryOf, timesInTurns } from './rounds.js';
import type { TensorMap } from './tensor.js';
import { timingOf } from './timing.js';
import type { InTurnsOptions, Latency } from './types.js';

function feedsOf(feeds: InTurnsOptions['feeds'], index: number): TensorMap | undefined {
  return Array.isArray(feeds) ? (feeds as readonly TensorMap[])[index] : (feeds as TensorMap);
}

/**
 * Times several models, a run of each in turn, so that what else the machine does meets all alike. All of them stay in memory
 * for the time. Gives a latency for each model, in their order.
 */
export async function benchmarkInTurns(
  models: readonly Model[],
  options: InTurnsOptions = {},
): Promise<Latency[]> {
  const { runs, warmup } = timingOf({ ...options, feeds: undefined });
  if (!Array.isArray(models) || !models.every((each) => each instanceof Model)) {
    throw new QuantabError('InvalidArgument', 'Models to time must be an array of Models.');
  }
  const { signal, onLog, feeds } = options;
  const newest: Latency[] = [];
  const turns = models.map((model, i) => async () => {
    const once = { runs: 1, warmup: 0, feeds: feedsOf(feeds, i), signal, onLog };
    newest[i] = await model.benchmark(once);
    return newest[i].median;
  });
  const times = await timesInTurns(turns, { ...options, runs, warmup });
  return times.map((each, i) => ({ ...newest[i]!, ...summaryOf(each) }));
}
