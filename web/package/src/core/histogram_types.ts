// What layerHistograms() takes and gives (core/api/json.h).
import type { HistogramOptions } from './types.js';

/** How the values of one model are spread. */
export interface Distribution {
  elements: number;
  /** NaN and infinities, which are in no bin. */
  notFinite: number;
  min: number;
  max: number;
  /** Elements in each bin of the LayerHistogram. */
  counts: number[];
}

/** The values of a layer, or of a weight, in a float model and in its quantized form, over all samples and in the same bins. */
export interface LayerHistogram {
  /** In the float model. */
  name: string;
  kind: 'activation' | 'weight';
  /** Bins are of equal width from `min` to `max`, of both models' values; the last has `max` too. */
  min: number;
  max: number;
  /** The float model's. */
  reference: Distribution;
  /** The quantized model's, dequantized. */
  quantized: Distribution;
  /**
   * The smallest and the largest number that the quantized type can stand for with its scale and zero point. Null where there are
   * several scales, and where the value itself is not quantized, as in the dynamic form.
   */
  limits: { min: number; max: number } | null;
  /** Elements of the float model beyond these limits, each by its own scale, by more than rounding. Null where nothing is quantized. */
  clipped: number | null;
}

/** What layerHistograms() takes beside model and samples. */
export interface LayerHistogramsCall extends HistogramOptions {
  /** Values and weights, as a layer report names them. */
  names: readonly string[];
}
