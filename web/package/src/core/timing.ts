// What calls take that time a model.
import { checkSample } from './feeds.js';
import { checkCall, wholeNumber } from './options.js';
import type { BenchmarkOptions } from './types.js';

/** The core counts runs in 32 bits. */
const MOST_RUNS = 2 ** 31 - 1;

/** What a call that times runs asks the core for. */
export function timingOf(options: BenchmarkOptions) {
  checkCall(options);
  return {
    feeds: options.feeds === undefined ? null : checkSample(options.feeds),
    runs: wholeNumber('runs', options.runs ?? 20, 1, MOST_RUNS),
    warmup: wholeNumber('warmup', options.warmup ?? 2, 0, MOST_RUNS),
  };
}
