// What looking for the nodes that do not bear quantization takes and gives (core/api/json.h).
import type { ErrorData } from './error.js';
import type { Model } from './model.js';
import type { CallOptions, Latency, OutputComparison, Recipe, Samples } from './types.js';
import type { PreProcessOptions, StaticOptions } from '../generated/options.js';

/** What outputs are judged by: the figures of compare(), by their names there. */
export type Metric = Exclude<
  keyof OutputComparison,
  'name' | 'elements' | 'referenceTop1Accuracy' | 'referenceTop5Accuracy'
>;

/** How models are quantized and judged: options of quantizeStatic(), or a recipe. */
export interface Judging extends CallOptions, StaticOptions {
  /** What to run on, and to measure ranges of activations on: an array, or an iterable that can start anew. */
  samples: Samples;
  /**
   * For quantize_static, as without it, for quantize_dynamic, or for quantize_matmul_nbits or quantize_matmul_bnb4, each of which
   * quantizes weights alone. Options of the call count more than its.
   */
  recipe?: Recipe | undefined;
  /** Pre-process first, as quantPreProcess() does: with its usual steps, or with these options. */
  preProcess?: boolean | PreProcessOptions | undefined;
  /** The samples' classes, in their order: indices counted from 0, for metrics of accuracy. */
  labels?: Iterable<number> | undefined;
}

/** What is measured, and how. Of a recipe that converts to float16 after a method for weights alone, the method alone counts. */
export interface SensitivityCall extends Judging {
  /** 'sqnrDb' by default. Of several outputs the worst counts. */
  metric?: Metric | undefined;
}

/** What quantizing one node alone does to the outputs. */
export interface NodeSensitivity {
  /** Its name, or "#index (OpType)" where it has none: what `nodesToExclude` takes. */
  node: string;
  opType: string;
  /** The metric with this node alone quantized; null is infinity where `maxAbsError` is 0, else no number at all. */
  value: number | null;
  /** The largest difference between an element of an output and the float model's. */
  maxAbsError: number | null;
}

/** What it costs to quantize each node alone. */
export interface SensitivityReport {
  metric: Metric;
  largerIsBetter: boolean;
  samples: number;
  /** Worst first. Nodes that quantizing leaves as they are, or whose change reaches no output, are not there. */
  nodes: NodeSensitivity[];
}

/**
 * What a node gets that does not bear quantization: 'float' leaves it as it is; '16-bit', of quantize_static in QDQ format, gives what
 * it reads and makes QUInt16 instead of QUInt8, or QInt16 instead of QInt8, by `tensorQuantOverrides`. Its weights are quantized as ever.
 */
export type Remedy = 'float' | '16-bit';

export interface SuggestCall extends Judging {
  /** What is wanted: this value of the metric, or a better one. Of several outputs the worst counts. */
  target: { metric?: Metric | undefined; value: number };
  /** What helps the nodes that do not bear quantization; 'float' by default. */
  remedy?: Remedy | undefined;
  /** Quantized models to try on the samples, at most; 64 by default. */
  maxTrials?: number | undefined;
  /** How often the models are timed in the end; 20 by default, 0 for not at all. */
  runs?: number | undefined;
  /** Ends the search early: the best that was found so far is the result. `signal` ends the call without one. */
  stop?: AbortSignal | undefined;
}

/** One form of a model. */
export interface FormFigures {
  /** Of the file. */
  bytes: number;
  /** The metric against the float model; null is infinity where `maxAbsError` is 0, else no number at all. */
  value: number | null;
  maxAbsError: number | null;
  /** Null where nothing was timed. */
  latency: Latency | null;
}

/** Which nodes to keep in float, or in 16 bits, for a quantized model to be good enough, and what that costs. */
export interface Suggestion {
  /** The suggested model; its `recipe` makes it again. */
  model: Model;
  metric: Metric;
  remedy: Remedy;
  largerIsBetter: boolean;
  target: number;
  /** Whether the suggested model is as good as was wanted. */
  met: boolean;
  /** Whether the search came to its end, so that none of the kept nodes could be left out. */
  complete: boolean;
  trials: number;
  /** How many nodes quantizing changes. */
  considered: number;
  /**
   * Those that stay in float beyond what the recipe excludes anyway, or whose activations have 16 bits, and what each costs alone,
   * quantized like the others.
   */
  kept: NodeSensitivity[];
  /** The float model. */
  original: FormFigures;
  /** All nodes quantized. */
  quantized: FormFigures;
  suggested: FormFigures;
}

export interface TryCall extends CallOptions {
  /** What to run on, and to measure ranges of activations on: an array, or an iterable that can start anew. */
  samples: Samples;
  /** The samples' classes, in their order: indices counted from 0, for metrics of accuracy. */
  labels?: Iterable<number> | undefined;
  /** 'sqnrDb' by default. Of several outputs the worst counts. */
  metric?: Metric | undefined;
  /** How often the models are timed in the end; 20 by default, 0 for not at all. */
  runs?: number | undefined;
  /** Hears of each recipe when its model has been compared; latency and `best` are known in the end only. */
  onTrial?: ((trial: Trial) => void) | undefined;
}

/** What a recipe made. */
export interface Trial {
  name: string;
  recipe: Recipe;
  /** Null where there is an error. */
  figures: FormFigures | null;
  /** Whether no other one is at least as small, as fast and as accurate, and better in one of them. */
  best: boolean;
  error: ErrorData | null;
}

/** Size, latency and accuracy of what several recipes make of a model. */
export interface TryReport {
  metric: Metric;
  largerIsBetter: boolean;
  /** The float model. */
  original: FormFigures;
  /** In the order of the recipes. */
  trials: Trial[];
}
