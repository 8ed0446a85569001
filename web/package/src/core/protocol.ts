// What is asked of the core, wherever it runs: one table, name -> arguments -> result. Both sides are typed by it: the
// handlers (host/host.ts) must implement every line, and callers can ask for nothing else.
import type { ErrorData } from './error.js';
import type { LayerHistogram } from './histogram_types.js';
import type { SensitivityReport, Suggestion } from './judging_types.js';
import type { TensorLike, TensorMap } from './tensor.js';
import type {
  Capabilities,
  Comparison,
  Latency,
  LayerReport,
  LogLevel,
  MeasuredRanges,
  MixedPrecision,
  ModelInfo,
  Profile,
  Progress,
  SupportedOperator,
  WeightHistogram,
  WriteOptions,
  WrittenSizes,
} from './types.js';

/** A file's bytes, in a form that can be sent to a worker. A path is Node's alone. */
export type SourceData =
  | { kind: 'bytes'; name: string; bytes: Uint8Array }
  | { kind: 'blob'; name: string; blob: Blob }
  | { kind: 'path'; name: string; path: string };

/** Files by the location a model gives for its external data; `directory` (Node) is where others are looked for. */
export interface ExternalData {
  files: Record<string, SourceData>;
  directory?: string | undefined;
}

/** What a model is opened from. */
export interface Opening {
  source: SourceData;
  externalData: ExternalData;
}

export type WrittenFile = 'model' | 'external';

/**
 * Where a model is written: kept in memory, given out in chunks as they are made, or into a file (Node). `name` is for
 * messages; a `fresh` file must not be there yet and gets the permissions `mode`, if given.
 */
export type Target =
  | { kind: 'memory' }
  | { kind: 'chunks' }
  | { kind: 'path'; path: string; name: string; fresh: boolean; mode?: number | undefined };

/** What a target in memory became. */
export type Written = Blob | Uint8Array<ArrayBuffer> | undefined;

/**
 * Something that lives beside the core until it is released. Of no two cores are handles the same: a core of generation g
 * counts from g * 2³² on.
 */
export type Handle<Kind extends string> = number & { readonly kind?: Kind };
export type ModelHandle = Handle<'model'>;
export type QuantizerHandle = Handle<'quantizer'>;
export type SearchHandle = Handle<'search'>;
export type ComparerHandle = Handle<'comparer'>;
export type ReporterHandle = Handle<'reporter'>;

const HANDLES_PER_CORE = 2 ** 32;
export const firstHandle = (generation: number): number => generation * HANDLES_PER_CORE;
export const generationOf = (handle: number): number => Math.floor(handle / HANDLES_PER_CORE);

/** How a model was made of another: a recipe as JSON text, and the same as Python. */
export interface Making {
  recipe: string;
  python: string;
  ranges?: MeasuredRanges;
  mixedPrecision?: MixedPrecision;
}

export interface Opened {
  model: ModelHandle;
  info: ModelInfo;
  /** Of a result. */
  making?: Making;
}

/**
 * What is to be made of a model, as JSON text, which the core reads and says what is wrong with: a recipe, and options of its
 * method that count more.
 */
export interface Order {
  recipe: string;
  options: string;
}

/** A quantizer, and how often all samples have to be given. */
export interface Begun {
  quantizer: QuantizerHandle;
  passes: number;
  /** Whether samples may be shared out to such quantizers in several cores. */
  shareable: boolean;
}

/** What a suggestion is to reach, and how. */
export interface Wanted {
  metric: string;
  target: number;
  remedy: string;
  maxTrials: number;
  runs: number;
}

/** A search, and how often all samples have to be given, at most. */
export interface BegunSearch {
  search: SearchHandle;
  passes: number;
}

interface Call<Args, Result> {
  args: Args;
  result: Result;
}

export interface Requests {
  operators: Call<Record<never, never>, SupportedOperator[]>;
  open: Call<Opening, Opened>;
  convert: Call<{ model: ModelHandle; order: Order }, Opened>;
  /** `once`: the samples can be read only once. */
  beginStatic: Call<{ model: ModelHandle; order: Order; once: boolean }, Begun>;
  collect: Call<{ quantizer: QuantizerHandle; sample: TensorMap }, void>;
  nextPass: Call<{ quantizer: QuantizerHandle }, void>;
  /** What was seen since the pass began, or since the last call. */
  takeStatistics: Call<{ quantizer: QuantizerHandle }, Uint8Array<ArrayBuffer>>;
  /** What others saw, in this order. */
  mergeStatistics: Call<{ quantizer: QuantizerHandle; statistics: Uint8Array[] }, void>;
  ranges: Call<{ quantizer: QuantizerHandle }, MeasuredRanges>;
  finishStatic: Call<{ quantizer: QuantizerHandle }, Opened>;
  /** Static quantization with ranges that were measured before, as text. */
  quantizeWithRanges: Call<{ model: ModelHandle; order: Order; ranges: string }, Opened>;
  beginSearch: Call<{ model: ModelHandle; order: Order }, BegunSearch>;
  beginSensitivity: Call<{ model: ModelHandle; order: Order; metric: string }, BegunSearch>;
  beginSuggest: Call<{ model: ModelHandle; order: Order; wanted: Wanted }, BegunSearch>;
  /** Gives whether the pass needs further samples. `label`: the sample's class, or null. */
  addToSearch: Call<{ search: SearchHandle; sample: TensorMap; label: number | null }, boolean>;
  /** Ends a pass; gives whether there is another one. */
  nextTrial: Call<{ search: SearchHandle }, boolean>;
  finishSearch: Call<{ search: SearchHandle }, Opened & { making: Making }>;
  finishSensitivity: Call<{ search: SearchHandle }, SensitivityReport>;
  finishSuggest: Call<
    { search: SearchHandle },
    Opened & { making: Making; report: Omit<Suggestion, 'model'> }
  >;
  beginHistograms: Call<
    { reference: ModelHandle; quantized: ModelHandle; names: string[]; bins: number },
    BegunSearch
  >;
  finishHistograms: Call<{ search: SearchHandle }, LayerHistogram[]>;
  beginCompare: Call<{ a: ModelHandle; b: ModelHandle }, ComparerHandle>;
  /** `label`: the sample's class, or null. */
  addSample: Call<{ comparer: ComparerHandle; sample: TensorMap; label: number | null }, void>;
  finishCompare: Call<{ comparer: ComparerHandle }, Comparison>;
  beginReport: Call<{ reference: ModelHandle; quantized: ModelHandle }, ReporterHandle>;
  addToReport: Call<{ reporter: ReporterHandle; sample: TensorMap }, void>;
  finishReport: Call<{ reporter: ReporterHandle }, LayerReport>;
  run: Call<{ model: ModelHandle; feeds: TensorMap }, TensorMap<TensorLike>>;
  benchmark: Call<
    { model: ModelHandle; feeds: TensorMap | null; runs: number; warmup: number },
    Latency
  >;
  profile: Call<
    { model: ModelHandle; feeds: TensorMap | null; runs: number; warmup: number },
    Profile
  >;
  randomSample: Call<{ model: ModelHandle; seed: number }, TensorMap<TensorLike>>;
  write: Call<
    { model: ModelHandle; options: WriteOptions; target: Target; external: Target | null },
    { model: Written; external: Written; sizes: WrittenSizes }
  >;
  weightHistogram: Call<{ model: ModelHandle; name: string; bins: number }, WeightHistogram>;
  release: Call<{ handle: number }, void>;
  memory: Call<Record<never, never>, { peakBytes: number }>;
  capabilities: Call<Record<never, never>, Omit<Capabilities, 'workers'>>;
}

export type RequestName = keyof Requests;
export type Args<Name extends RequestName> = Requests[Name]['args'];
export type Result<Name extends RequestName> = Requests[Name]['result'];

/**
 * Cells of the memory that both sides share where that is possible. CANCEL holds the id of the request that should stop;
 * TAKEN counts the chunks that have been taken, over all requests, and wraps.
 */
export const CANCEL = 0;
export const TAKEN = 1;
export const SHARED_CELLS = 2;
/** So many chunks (of at most about 1 MiB) may be on their way; then the worker waits, if it can. */
export const CHUNKS_ON_THE_WAY = 8;

/** Sent first, once. */
export interface StartMessage {
  type: 'start';
  module: WebAssembly.Module;
  generation: number;
  /** How many it may use, if the module has threads. */
  threads: number;
  shared: Int32Array | null;
}

export interface RequestMessage<Name extends RequestName = RequestName> {
  type: 'request';
  id: number;
  name: Name;
  args: Args<Name>;
  /** Whether anybody hears of progress, or may cancel the call. */
  attentive: boolean;
}

export type ToWorker = StartMessage | RequestMessage;

export type FromWorker =
  | { type: 'ready' }
  | { type: 'failed'; error: ErrorData }
  | { type: 'result'; id: number; result: unknown }
  /** `dead`: the module cannot go on (a trap); the worker is of no use any more. */
  | { type: 'error'; id: number; error: ErrorData; dead: boolean }
  | { type: 'chunk'; id: number; file: WrittenFile; data: Uint8Array<ArrayBuffer> | Blob }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'log'; id: number; level: LogLevel; message: string };
