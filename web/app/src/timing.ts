// How long models take, measured for a bounded time.
import type { CallOptions, Capabilities, Latency, Model, TensorMap } from 'quantab';

/** For each model, in milliseconds. The first run is made in any case. */
const BUDGET = 2000;
const MOST_RUNS = 50;

async function time(
  model: Model,
  feeds: TensorMap | undefined,
  call: CallOptions,
): Promise<Latency> {
  const options = { ...call, warmup: 0, ...(feeds && { feeds }) };
  // The core speaks up after the first run, which may be long.
  call.onProgress?.({ stage: 'benchmark', done: 0, total: 0 });
  const first = await model.benchmark({ ...options, runs: 1 });
  const runs = Math.min(MOST_RUNS, Math.floor(BUDGET / first.median));
  // A slow model's first run says enough.
  return runs < 3 ? first : model.benchmark({ ...options, runs });
}

export interface Latencies {
  float: Latency;
  quantized: Latency;
  /** What computed both. */
  capabilities: Capabilities;
}

export async function timeBoth(
  model: Model,
  quantized: Model,
  feeds: TensorMap | undefined,
  call: CallOptions,
): Promise<Latencies> {
  return {
    float: await time(model, feeds, call),
    quantized: await time(quantized, feeds, call),
    capabilities: await quantized.capabilities(call),
  };
}
