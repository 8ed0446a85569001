// What calls take that look for the nodes which do not bear quantization.
import { QuantabError } from './error.js';
import type { Judging, Metric, SuggestCall } from './judging_types.js';
import { checkCall, checkSignal, wholeNumber } from './options.js';
import { labelsOf } from './labels.js';
import { methodOf, orderOf } from './recipe.js';
import { requireRepeatable, type SearchSamples } from './search.js';
import type { Order, Wanted } from './protocol.js';

/** The order of a call without what is not the quantizer's, and its samples. `what` reads them. */
export function judgingOf(call: Judging, what: string): { order: Order; given: SearchSamples } {
  const { samples, labels, ...options } = call;
  const asked = options.recipe === undefined ? 'quant_pre_process' : methodOf(options.recipe);
  const order = orderOf(asked === 'quant_pre_process' ? 'quantize_static' : asked, options);
  requireRepeatable(samples, what);
  return { order, given: { samples, labels: labelsOf(labels) } };
}

/** A metric's name as the core has it. */
export function metricName(metric: Metric): string {
  if (typeof metric === 'string') return metric.replace(/[A-Z]/g, (x) => `_${x.toLowerCase()}`);
  throw new QuantabError('InvalidArgument', `metric must be a name, got ${typeof metric}.`);
}

/** What a suggestion is to reach, and the rest of the call. */
export function wantedOf(call: SuggestCall): { wanted: Wanted; rest: Judging } {
  checkCall(call);
  const { target, remedy = 'float', maxTrials = 64, runs = 20, stop, ...rest } = call;
  if (typeof target !== 'object' || target === null || typeof target.value !== 'number') {
    throw new QuantabError(
      'InvalidArgument',
      "target must be an object such as { metric: 'sqnrDb', value: 30 }.",
    );
  }
  if (typeof remedy !== 'string') {
    throw new QuantabError('InvalidArgument', `remedy must be a name, got ${typeof remedy}.`);
  }
  checkSignal('stop', stop);
  const wanted = {
    metric: metricName(target.metric ?? 'sqnrDb'),
    target: target.value,
    remedy,
    maxTrials: wholeNumber('maxTrials', maxTrials, 1),
    runs: wholeNumber('runs', runs, 0, 2 ** 31 - 1),
  };
  return { wanted, rest };
}
