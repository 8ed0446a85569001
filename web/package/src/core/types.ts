// The results of calls, as the core's JSON describes them (core/api/json.h), and what calls take besides options.
import type { TensorLike, TensorMap } from './tensor.js';

export type Stage = 'read' | 'calibrate' | 'quantize' | 'write' | 'run' | 'compare' | 'benchmark';

/** `done` of `total` units of `stage` are finished; `total` is 0 when it is not known. */
export interface Progress {
  stage: Stage;
  done: number;
  total: number;
}

export type LogLevel = 'info' | 'warning';

/** What every long call takes. */
export interface CallOptions {
  /** Ends the call; it rejects with a QuantabError of code 'Cancelled'. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Sentences a user should see, such as a tensor that was left in float and why. */
  onLog?: ((level: LogLevel, message: string) => void) | undefined;
}

export interface ValueInfo {
  name: string;
  dtype: string;
  /** "3", a symbol such as "batch", or "?". */
  shape: string[];
  hasShape: boolean;
}

export interface NodeInfo {
  index: number;
  name: string;
  opType: string;
  domain: string;
  inputs: string[];
  outputs: string[];
}

export interface OperatorInfo {
  opType: string;
  domain: string;
  count: number;
  /** Elements of the initializers these nodes read; a shared one counts once. */
  parameters: number;
  bytes: number;
}

export interface UnsupportedNode {
  node: string;
  opType: string;
  domain: string;
  opset: number;
}

export interface ModelInfo {
  name: string;
  producerName: string;
  producerVersion: string;
  graphName: string;
  irVersion: number;
  /** Version by domain; "ai.onnx" is ONNX's own. */
  opsets: Record<string, number>;
  /** Required inputs only. */
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  nodes: NodeInfo[];
  /** Most bytes first. */
  operators: OperatorInfo[];
  parameters: number;
  weightBytes: number;
  /** As written, external data included. */
  fileBytes: number;
  externalData: boolean;
  quantized: boolean;
  /** Nodes that can be written but not run here. */
  unsupported: UnsupportedNode[];
  warnings: string[];
}

/** Figures over all elements of all samples; null is infinity, or no number at all. */
export interface OutputComparison {
  name: string;
  elements: number;
  /** Mean of (a - b)². */
  mse: number | null;
  meanRelativeError: number | null;
  maxAbsError: number | null;
  cosine: number | null;
  /** 20 log10(|a| / |a - b|) in decibels; infinite, thus null, when the outputs are equal. */
  sqnrDb: number | null;
  /** Share of rows whose largest element is the same; absent where the output is no table of scores. */
  top1Agreement?: number | null;
}

export interface Comparison {
  samples: number;
  outputs: OutputComparison[];
}

export interface Latency {
  runs: number;
  /** Milliseconds. */
  min: number;
  median: number;
  p95: number;
  peakActivationBytes: number;
  constantBytes: number;
}

export interface BenchmarkOptions extends CallOptions {
  /** Timed runs; 20 by default. */
  runs?: number;
  /** Runs before them that do not count; 2 by default. */
  warmup?: number;
  /** What to run on; made up from the inputs' types and shapes by default. */
  feeds?: TensorMap;
}

/** Samples: any iterable, or async iterable, of tensors by input name. */
export type Samples = Iterable<TensorMap<TensorLike>> | AsyncIterable<TensorMap<TensorLike>>;

export interface WriteOptions {
  /** Put weights of at least `sizeThreshold` bytes into one file beside the model; needed beyond 2 GiB. */
  useExternalDataFormat?: boolean;
  /** 1024 by default. */
  sizeThreshold?: number;
  /** The external file's location as the model records it: "<model's name>.data" by default. */
  location?: string;
}

export interface WrittenSizes {
  model: number;
  external: number;
}

/** Which build of the core runs: plain 128-bit SIMD, or relaxed SIMD. Results do not depend on it; speed does. */
export type Flavor = 'simd' | 'relaxed';
