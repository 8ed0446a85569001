// What is asked of the core, wherever it runs: one table, name -> arguments -> result. Both sides are typed by it: the
// handlers (host/handlers.ts) must implement every line, and callers can ask for nothing else.
import type { ErrorData } from './error.js';
import type { TensorLike, TensorMap } from './tensor.js';
import type {
  Comparison,
  Flavor,
  Latency,
  LogLevel,
  ModelInfo,
  Progress,
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

/**
 * Where a model is written: kept in memory as parts, or into a file (Node). `name` is for messages; a `fresh` file must not
 * be there yet.
 */
export type Target =
  { kind: 'parts' } | { kind: 'path'; path: string; name: string; fresh: boolean };

/** What a target became; nothing for a path. */
export type Written = Blob | Uint8Array[] | undefined;

/** Something that lives beside the core until it is released. */
export type Handle<Kind extends string> = number & { readonly kind?: Kind };
export type ModelHandle = Handle<'model'>;
export type QuantizerHandle = Handle<'quantizer'>;
export type ComparerHandle = Handle<'comparer'>;

export interface Opened {
  model: ModelHandle;
  info: ModelInfo;
}

interface Call<Args, Result> {
  args: Args;
  result: Result;
}

export interface Requests {
  describe: Call<Record<never, never>, string>;
  open: Call<{ source: SourceData; externalData: ExternalData }, Opened>;
  quantizeDynamic: Call<{ model: ModelHandle; options: object }, Opened>;
  beginStatic: Call<{ model: ModelHandle; options: object }, QuantizerHandle>;
  collect: Call<{ quantizer: QuantizerHandle; sample: TensorMap }, void>;
  finishStatic: Call<{ quantizer: QuantizerHandle }, Opened>;
  beginCompare: Call<{ a: ModelHandle; b: ModelHandle }, ComparerHandle>;
  addSample: Call<{ comparer: ComparerHandle; sample: TensorMap }, void>;
  finishCompare: Call<{ comparer: ComparerHandle }, Comparison>;
  run: Call<{ model: ModelHandle; feeds: TensorMap }, TensorMap<TensorLike>>;
  benchmark: Call<
    { model: ModelHandle; feeds: TensorMap | null; runs: number; warmup: number },
    Latency
  >;
  randomSample: Call<{ model: ModelHandle; seed: number }, TensorMap<TensorLike>>;
  sizes: Call<{ model: ModelHandle; options: WriteOptions }, WrittenSizes>;
  write: Call<
    { model: ModelHandle; options: WriteOptions; target: Target; external: Target | null },
    { model: Written; external: Written; sizes: WrittenSizes }
  >;
  release: Call<{ handle: number }, void>;
  memory: Call<Record<never, never>, { peakBytes: number }>;
}

export type RequestName = keyof Requests;
export type Args<Name extends RequestName> = Requests[Name]['args'];
export type Result<Name extends RequestName> = Requests[Name]['result'];

/** Sent first, once. `cancel`, where memory can be shared, holds the id of the request that should stop. */
export interface StartMessage {
  type: 'start';
  module: WebAssembly.Module;
  flavor: Flavor;
  cancel: Int32Array | null;
}

export interface RequestMessage<Name extends RequestName = RequestName> {
  type: 'request';
  id: number;
  name: Name;
  args: Args<Name>;
}

export type ToWorker = StartMessage | RequestMessage;

export type FromWorker =
  | { type: 'ready' }
  | { type: 'failed'; error: ErrorData }
  | { type: 'result'; id: number; result: unknown }
  /** `dead`: the module cannot go on (a trap); the worker is of no use any more. */
  | { type: 'error'; id: number; error: ErrorData; dead: boolean }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'log'; id: number; level: LogLevel; message: string };
