// How long several models take, side by side.
import { throwIfAborted } from './abort.js';
import { notify } from './engine.js';
import { QuantabError } from './error.js';
import { Model } from './model.js';
import type { TensorMap } from './tensor.js';
import { timingOf } from './timing.js';
import type { InTurnsOptions, Latency } from './types.js';

/** The value below which a share of sorted ones lies, by linear interpolation between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low);
}

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
  const { signal, onProgress, onLog, feeds } = options;
  const total = (runs + warmup) * models.length;
  const times = models.map((): number[] => []);
  const newest: Latency[] = [];
  let done = 0;
  for (let round = 0; round < warmup + runs; ++round) {
    for (const [i, model] of models.entries()) {
      throwIfAborted(signal);
      const once = { runs: 1, warmup: 0, feeds: feedsOf(feeds, i), signal, onLog };
      newest[i] = await model.benchmark(once);
      if (round >= warmup) times[i]!.push(newest[i].median);
      notify(() => onProgress?.({ stage: 'benchmark', done: ++done, total }));
    }
  }
  return times.map((each, i) => {
    each.sort((a, b) => a - b);
    const [min, median, p95] = [each[0]!, quantile(each, 0.5), quantile(each, 0.95)];
    return { ...newest[i]!, runs, min, median, p95 };
  });
}
