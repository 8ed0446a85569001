// Histograms: how many bins, of what, and the way of samples into those of layers.
import type { Engine } from './engine.js';
import { QuantabError } from './error.js';
import type { LayerHistogram, LayerHistogramsCall } from './histogram_types.js';
import { checkCall, wholeNumber } from './options.js';
import type { ModelHandle } from './protocol.js';
import { requireRepeatable, searchOn } from './search.js';
import type { HistogramOptions, Samples } from './types.js';

const BINS = 64;
const MOST_BINS = 4096;

export const binsOf = ({ bins = BINS }: HistogramOptions): number =>
  wholeNumber('bins', bins, 1, MOST_BINS);

interface Asked {
  names: string[];
  bins: number;
}

/** What histograms are asked for. Throws a QuantabError when the call is wrong. */
export function askedFor(call: LayerHistogramsCall, data: Samples): Asked {
  checkCall(call);
  const { names } = call;
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
    throw new QuantabError(
      'InvalidArgument',
      "names must be an array of the names of values and weights, such as ['relu_1'].",
    );
  }
  requireRepeatable(data, 'A histogram of layers');
  return { names: [...(names as string[])], bins: binsOf(call) };
}

export async function histogramsOn(
  engine: Engine,
  [reference, quantized]: [ModelHandle, ModelHandle],
  samples: Samples,
  asked: Asked,
  call: LayerHistogramsCall,
): Promise<LayerHistogram[]> {
  const args = { reference, quantized, ...asked };
  const begun = await engine.call('beginHistograms', args, call, reference);
  return searchOn(engine, begun, { samples }, call, (search) =>
    engine.call('finishHistograms', { search }, call, search),
  );
}
