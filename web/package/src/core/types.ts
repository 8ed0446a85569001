// What calls take, and their results as the core's JSON describes them (core/api/json.h).
import type { PartialPreprocess, Preprocess } from '../samples/settings.js';
import type { Model } from './model.js';
import type { TensorLike, TensorMap } from './tensor.js';
import type {
  DynamicOptions,
  Float16Options,
  MatMulBnb4Options,
  MatMulNBitsOptions,
  MixedPrecisionOptions,
  PreProcessOptions,
  StaticOptions,
} from '../generated/options.js';

/** What a long call is doing. */
export type Stage =
  'read' | 'prepare' | 'calibrate' | 'quantize' | 'write' | 'run' | 'compare' | 'benchmark';

/** `done` of `total` units of `stage` (bytes, samples, nodes, runs) are finished; `total` is 0 when it is not known. */
export interface Progress {
  stage: Stage;
  done: number;
  total: number;
}

/** How much a sentence matters: a warning says that the result is not what one might expect. */
export type LogLevel = 'info' | 'warning';

/** What every long call takes. */
export interface CallOptions {
  /** Ends the call; it rejects with a QuantabError of code 'Cancelled'. */
  signal?: AbortSignal | undefined;
  /** Hears how far the call is. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Sentences a user should see, such as a tensor that was left in float and why. */
  onLog?: ((level: LogLevel, message: string) => void) | undefined;
}

/** What a graph's input or output is. Samples, and what a run gives, are tensors only. */
export type ValueKind = 'tensor' | 'sequence' | 'optional' | 'other';

/** An input or output of a graph. */
export interface ValueInfo {
  name: string;
  kind: ValueKind;
  /** A tensor's elements: "float32", ...; of other kinds what they are: "sequence", "map", ... */
  dtype: string;
  /** Outermost dimension first; each is "3", a symbol such as "batch", or "?". */
  shape: string[];
  /** Whether the model states a shape; without one `shape` is empty, as it is for a scalar. */
  hasShape: boolean;
}

/** A node of the main graph. */
export interface NodeInfo {
  /** Its place in the file, from 0. */
  index: number;
  /** "" when it has none. */
  name: string;
  opType: string;
  domain: string;
  inputs: string[];
  outputs: string[];
}

/** All nodes of one operator, those inside If, Loop and Scan included. */
export interface OperatorInfo {
  opType: string;
  domain: string;
  count: number;
  /** Elements of the initializers these nodes read; a shared one counts once. */
  parameters: number;
  bytes: number;
}

/** A node that cannot run here. */
export interface UnsupportedNode {
  node: string;
  opType: string;
  domain: string;
  opset: number;
}

/** An operator that can run here. */
export interface SupportedOperator {
  /** "ai.onnx" is ONNX's own. */
  domain: string;
  opType: string;
  /** The first operator set with it, and the last one; null is the newest known. */
  since: number;
  until: number | null;
  /** Whether it runs as the operators that ONNX defines it with, rather than by a kernel of its own. */
  byDefinition: boolean;
}

/** What a model file holds. */
export interface ModelInfo {
  /** The file's name or path as it was given. */
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
  /** Elements of all initializers. */
  parameters: number;
  /** Bytes of all initializers. */
  weightBytes: number;
  /** Bytes of the file as it would be written; with external data, of both files together. */
  fileBytes: number;
  /** Whether weights are in files beside the model's. */
  externalData: boolean;
  /** Whether there are operators of quantized models in it. */
  quantized: boolean;
  /** Nodes that can be written but not run here. */
  unsupported: UnsupportedNode[];
  /** Sentences about what is unusual in the file. */
  warnings: string[];
}

/** Figures over all elements of all samples; null is infinity, or no number at all. */
export interface OutputComparison {
  name: string;
  elements: number;
  /** Mean of (a - b)². */
  mse: number | null;
  /** Mean of |a - b| / max(|a|, 1e-6). */
  meanRelativeError: number | null;
  maxAbsError: number | null;
  cosine: number | null;
  /** 20 log10(|a| / |a - b|) in decibels; infinite, thus null, when the outputs are equal. */
  sqnrDb: number | null;
  /**
   * Mean over rows of Σ p ln(p / q) in nats, where p is the reference's row and q the other's; absent where the reference's rows
   * are no distributions (from 0, with a sum within 0.001 of 1). Elements of q count as 1e-9 at least.
   */
  klDivergence?: number | null;
  /** Share of rows whose largest element is the same; absent where the output is no table of scores. */
  top1Agreement?: number | null;
  /** Share of rows whose largest element is among the other's five largest; absent where rows have no more than five. */
  top5Agreement?: number | null;
  /**
   * Share of samples whose label is the largest element, or among the five largest: of the model that is judged and of the
   * reference. There with labels, for outputs with one row of scores for each sample.
   */
  top1Accuracy?: number | null;
  referenceTop1Accuracy?: number | null;
  top5Accuracy?: number | null;
  referenceTop5Accuracy?: number | null;
}

/** What compare() found. */
export interface Comparison {
  /** How many were compared on. */
  samples: number;
  outputs: OutputComparison[];
}

/** Over all elements of all samples; null is infinity, or no number at all. */
export interface ErrorFigures {
  /** As ONNX Runtime's qdq_loss_debug has it, but infinite, thus null, where nothing differs. */
  sqnrDb: number | null;
  mse: number | null;
  maxAbsError: number | null;
  cosine: number | null;
  /** Of the quantized model's values. */
  min: number | null;
  max: number | null;
}

/** A value of the float model that the quantized model has too. */
export interface LayerFigures {
  name: string;
  /**
   * What makes it in the float model, by name or "#index (OpType)": the node, before it those whose results are in the float model
   * alone, as that of a Conv before a Relu; none for an input.
   */
  nodes: string[];
  /** Of these: "Conv+Relu". */
  opType: string;
  elements: number;
  /** Of the float model's values. */
  min: number | null;
  max: number | null;
  /** What the quantized model makes of the same sample, errors of all layers before included. */
  accumulated: ErrorFigures;
  /**
   * What quantization does here alone: the quantized form of what makes the value, fed with the float model's values. Null where
   * nothing is quantized on the way from them.
   */
  own: ErrorFigures | null;
}

/** A weight of the float model that is quantized in the other. */
export interface WeightFigures {
  name: string;
  /** Those that read it in the float model. */
  nodes: string[];
  /** "int8", "uint4", "nf4", ... */
  type: string;
  /** What shares a scale: the whole tensor, an index along `axis`, or a block of `blockSize` along it. */
  scheme: 'tensor' | 'axis' | 'block';
  axis: number | null;
  blockSize: number;
  bytesBefore: number;
  /** Scales and zero points included. */
  bytesAfter: number;
  sqnrDb: number | null;
  maxAbsError: number | null;
  /** Share of elements at either end of the type's range. */
  saturated: number;
}

/** What layerReport() found. */
export interface LayerReport {
  /** How many the models ran on. */
  samples: number;
  /** Worst own error (sqnrDb) first, those without one last. */
  layers: LayerFigures[];
  /** Worst sqnrDb first. */
  weights: WeightFigures[];
  /** The most that was held for activations at a time. */
  peakActivationBytes: number;
}

/** How the elements of a weight are spread. */
export interface WeightHistogram {
  name: string;
  /** "float32" or "float16". */
  dtype: string;
  dims: number[];
  elements: number;
  /** NaN and infinities, which count in none of the following. */
  notFinite: number;
  zeros: number;
  min: number;
  max: number;
  mean: number;
  /** sqrt(mean((x - mean)²)). */
  deviation: number;
  /**
   * Elements by value, in bins of equal width from `min` to `max`, which is in the last. Where all elements are equal, they are in
   * the first.
   */
  counts: number[];
}

/** What weightHistogram() takes beside the weight's name. */
export interface HistogramOptions extends CallOptions {
  /** Bins, 4096 at most; 64 by default. */
  bins?: number | undefined;
}

export interface CompareOptions extends CallOptions {
  /** The samples' classes, in their order: indices counted from 0, one for each sample. With them, accuracy is measured. */
  labels?: Iterable<number> | undefined;
}

/** What benchmark() measured. */
export interface Latency {
  /** How many were timed. */
  runs: number;
  /** The fastest run, in milliseconds. */
  min: number;
  /** Milliseconds. */
  median: number;
  /** The 95th percentile, in milliseconds. */
  p95: number;
  /** The most that was held for activations at a time. */
  peakActivationBytes: number;
  /** What is held for weights, in the form in which they are computed with. */
  constantBytes: number;
}

export interface BenchmarkOptions extends CallOptions {
  /** Timed runs; 20 by default. */
  runs?: number;
  /** Runs before them that do not count; 2 by default. */
  warmup?: number;
  /** What to run on; made up from the inputs' types and shapes by default. */
  feeds?: TensorMap | undefined;
}

/** How several models are timed beside each other. */
export interface InTurnsOptions extends Omit<BenchmarkOptions, 'feeds'> {
  /** What to run on: one sample for all models, or one for each. Made up by default. */
  feeds?: TensorMap | readonly (TensorMap | undefined)[] | undefined;
}

/** How much time a node takes. */
export interface NodeTime {
  /** Its name, or that of the value it makes where it has none. */
  node: string;
  /** As it runs: lowering has operators of its own. */
  opType: string;
  /** Milliseconds. */
  median: number;
  /** Of the sum over all nodes, 0 to 1. */
  share: number;
  /** The kernels that ran in it; none for operators without any. */
  kernels: string[];
}

/** Where the time of a run goes. */
export interface Profile {
  runs: number;
  /** The nodes' medians added up, in milliseconds. */
  total: number;
  /** Most time first. */
  nodes: NodeTime[];
}

/** Samples: any iterable, or async iterable, of tensors by input name. */
export type Samples = Iterable<TensorMap<TensorLike>> | AsyncIterable<TensorMap<TensorLike>>;

/** In how many files a model is written. */
export interface WriteOptions {
  /**
   * Put weights into a second file, beside the model's. A model over 2 GiB must have it: as one file it rejects with the code
   * 'Unsupported'.
   */
  useExternalDataFormat?: boolean | undefined;
  /** Bytes from which a weight goes there; 1024 by default. */
  sizeThreshold?: number | undefined;
  /**
   * Where the model says that the second file is, relative to itself. By default the second file's own name, and that is
   * "<model's name>.data" unless `externalTarget` says otherwise.
   */
  location?: string | undefined;
}

/** Anything with the method of a FileSystemFileHandle that writing needs. The file may change only when the stream is closed. */
export interface WritableHandle {
  readonly name?: string;
  /** Begins to write; what is written replaces what the file held. */
  createWritable(): Promise<WritableStream>;
}

export interface WriteToOptions extends CallOptions, WriteOptions {
  /** Where external data goes; needed with a handle. A path's is its neighbour, named by `location`. */
  externalTarget?: WritableHandle | string | URL | undefined;
}

/** In bytes. `external` is 0 when all is in one file. */
export interface WrittenSizes {
  model: number;
  external: number;
}

/** Which build of the core runs: plain 128-bit SIMD, or relaxed SIMD. Results do not depend on it; speed does. */
export type Flavor = 'simd' | 'relaxed';

/** What computes, and how. */
export interface Capabilities {
  flavor: Flavor;
  /** How many threads it uses; they are made when a model first runs. */
  threads: number;
  /** How many have had work so far. */
  threadsUsed: number;
  /** How many workers the newest calibration was shared out to. */
  workers: number;
}

/**
 * A whole conversion: what is done before, and one method with its options, under the names ONNX Runtime has for them. The
 * command line's --recipe reads it from a JSON file. Beside a method for weights alone, convert_float_to_float16 may stand: it is then
 * done to the result.
 */
export interface Recipe {
  quant_pre_process?: Record<string, unknown>;
  quantize_dynamic?: Record<string, unknown>;
  quantize_static?: Record<string, unknown>;
  quantize_matmul_nbits?: Record<string, unknown>;
  quantize_matmul_bnb4?: Record<string, unknown>;
  convert_float_to_float16?: Record<string, unknown>;
  auto_convert_mixed_precision?: Record<string, unknown>;
  /** How files become the samples it is used with, as quantab/samples has it. It is kept, and means nothing to a conversion. */
  preprocess?: PartialPreprocess | Preprocess;
}

/** What the conversions take beside their own options. */
export interface ConversionOptions extends CallOptions {
  /** Options to begin with; those of the call count more. */
  recipe?: Recipe | undefined;
  /** Pre-process first, as quantPreProcess() does: with its usual steps, or with these options. */
  preProcess?: boolean | PreProcessOptions | undefined;
}

/** TensorRT's calibration tables, each the content of a file that onnxruntime's `write_calibration_table` writes. */
export interface CalibrationTables {
  /** calibration.json */
  json: string;
  /** calibration.flatbuffers: bytes as base64. */
  flatbuffers: string;
  /** calibration.cache: text. */
  cache: string;
}

/** The ranges of activations that were measured on samples. */
export interface MeasuredRanges {
  /** One line for each tensor, to be read and edited. */
  text: string;
  /** The same as onnxruntime's `calibration_cache_path` has it: JSON. */
  calibrationCache: string;
  calibrationTables: CalibrationTables;
}

/** What autoConvertMixedPrecision() found. */
export interface MixedPrecision {
  /** Names of the nodes that stay in float32, sorted: what convertFloatToFloat16() takes to make the same model without samples. */
  nodeBlockList: string[];
  /** Those that make or read numbers beyond float16's 65504, in the order of the file. */
  overflowing: string[];
  /** Those that break the tolerance in float16, or are undecided after `maxTrials`. */
  inaccurate: string[];
  /** Whether the outputs are as close as was asked for. */
  withinTolerance: boolean;
  /** Converted models that were tried. */
  trials: number;
}

/** Where the ranges of activations come from: one of the two. */
export interface CalibrationSource {
  /** Samples to measure them on. */
  calibrationData?: Samples | undefined;
  /**
   * How many workers the samples are shared out to, 64 at most; the result does not depend on it. Each holds the model and what one
   * sample takes. By default one, but where memory cannot be shared (a page that is not cross-origin isolated) as many as the machine
   * has processors, up to 4, if there are samples enough. Always one with quantab/direct, and where the order of samples or of sums
   * counts: with `smoothQuant`, `biasCorrection`, `calibStridedMinMax`, and histograms of samples that can be read only once.
   */
  workers?: number | undefined;
  /** What calibrate() gave, or onnxruntime's calibration cache: text. */
  ranges?: string | undefined;
}

/** What quantizeDynamic() takes. */
export type DynamicCall = DynamicOptions & ConversionOptions;
/** What quantizeStatic() and calibrate() take. */
export type StaticCall = StaticOptions & ConversionOptions & CalibrationSource;
/** What quantizeMatMulNBits() takes. */
export type MatMulNBitsCall = MatMulNBitsOptions & ConversionOptions;
/** What quantizeMatMulBnb4() takes. */
export type MatMulBnb4Call = MatMulBnb4Options & ConversionOptions;
/** What convertFloatToFloat16() takes. */
export type Float16Call = Float16Options & ConversionOptions;
/** What autoConvertMixedPrecision() takes. */
export type MixedPrecisionCall = MixedPrecisionOptions &
  ConversionOptions & {
    /** Samples to compare the outputs on, which are read once for every trial: an array, or an iterable that can start anew. */
    samples: Samples;
  };
/** What quantPreProcess() takes. */
export type PreProcessCall = PreProcessOptions & Omit<ConversionOptions, 'preProcess'>;
/** What convert() takes beside a recipe. */
export type ConvertCall = CallOptions & CalibrationSource;

/** A file that can be opened: what a page is given, what a program has, or where to fetch it (a URL; in Node, a path). */
export type ModelInput =
  | Blob
  | {
      /** As a FileSystemFileHandle has it. */
      getFile(): Promise<Blob>;
    }
  | URL
  | string
  | ArrayBuffer
  | ArrayBufferView;

/** Files beside the model: by location, or a list that is known by its files' names. */
export type ExternalInput = Readonly<Record<string, ModelInput>> | Iterable<File>;

/** A worker that runs this package's worker script: a Worker of the browser, or of node:worker_threads. */
export interface WorkerLike {
  /** Sends a message to the worker. */
  postMessage(message: unknown): void;
  /** Ends the worker at once. */
  terminate(): unknown;
}

/** Which build of the core is started, and where it is. */
export interface CoreOptions extends CallOptions {
  /** Which module runs; by default relaxed SIMD where it is known. */
  flavor?: Flavor | undefined;
  /**
   * How many threads may compute, 64 at most; by default as many as the machine has, up to 4. Where memory cannot be shared (a page
   * that is not cross-origin isolated) it is 1. Results do not depend on it.
   */
  threads?: number | undefined;
  /**
   * The worker's script ('quantab/worker'), or what makes the worker, where a bundler or server has put it elsewhere.
   * quantab/direct uses an address for threads only.
   */
  worker?: string | URL | (() => WorkerLike) | undefined;
  /**
   * The modules ('quantab/quantab_simd.wasm', 'quantab/quantab_relaxed.wasm'), where a bundler or server has put them elsewhere.
   * One address is used as it is, whatever `flavor` says; of addresses by flavour, the best that runs here.
   */
  wasm?: string | URL | { simd?: string | URL; relaxed?: string | URL } | undefined;
}

export interface OpenOptions extends CoreOptions {
  /** Files the model refers to. In Node, those beside a path are found by themselves. */
  externalData?: ExternalInput | undefined;
}

/**
 * Opens an ONNX model. Reads its structure; weights stay where they are. Rejects with a QuantabError: 'InvalidModel' for what
 * is no model or a broken one, 'Io' for what cannot be read.
 */
export type OpenModel = (input: ModelInput, options?: OpenOptions) => Promise<Model>;

/**
 * The operators that can run here, sorted by domain and name. A model with others can be opened, quantized and written; its
 * `info.unsupported` names them.
 */
export type SupportedOperators = (options?: CoreOptions) => Promise<SupportedOperator[]>;
