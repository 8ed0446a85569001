// The bindings of wasm/bindings.cc, as types, and how a module is started.
import type { Wanted } from '../core/protocol.js';
import type { Flavor } from '../core/types.js';
import { Threads, type MakeThread, type ThreadLibrary, type ThreadWorker } from './threads.js';

/** `error` is ErrorData as JSON. */
export type Answer<T> = { value: T; error?: undefined } | { error: string };

export interface Deletable {
  delete(): void;
}
declare const kind: unique symbol;
export type WasmModel = Deletable & { [kind]: 'model' };
export type WasmQuantizer = Deletable & { [kind]: 'quantizer' };
export type WasmSearch = Deletable & { [kind]: 'search' };
export type WasmComparer = Deletable & { [kind]: 'comparer' };
export type WasmLayerReporter = Deletable & { [kind]: 'layerReporter' };
export type WasmSession = Deletable & { [kind]: 'session' };

/** The methods return a sentence when they fail, and never throw. `out` and `bytes` are views, valid during the call. */
export interface WasmSource {
  name: string;
  size: number;
  read(offset: number, out: Uint8Array): string | undefined;
  close(): void;
}
export interface WasmSink {
  name: string;
  write(bytes: Uint8Array): string | undefined;
  finish(): string | undefined;
}
export interface WasmFiles {
  open(location: string): WasmSource | string | null;
}
export interface WasmMonitor {
  progress(stage: string, done: number, total: number): void;
  log(isWarning: boolean, message: string): void;
  cancelled(): boolean;
}

export interface WasmTensor {
  dtype: string;
  dims: number[];
  data: Uint8Array | string[];
}
export type WasmTensors = Record<string, WasmTensor>;

export interface WasmWriteOptions {
  useExternalDataFormat: boolean;
  sizeThreshold: number;
  location: string;
}

/** A model that was found; `making` is a `Making` as JSON. */
export interface WasmFound {
  model: WasmModel;
  making: string;
  /** Of a suggestion: `MeasuredRanges` as JSON, or nothing, and the rest of a `Suggestion`. */
  ranges?: string;
  report?: string;
}

export interface WasmCore {
  version(): string;
  describe(): Answer<string>;
  operators(): Answer<string>;
  heapBytes(): number;
  flavor(): Flavor;
  setThreads(count: number): void;
  threads(): number;
  /** How many have worked so far. */
  threadsSeen(): number;
  /** Emscripten's own. */
  PThread: ThreadLibrary;
  openModel(source: WasmSource, files: WasmFiles, monitor: WasmMonitor): Answer<WasmModel>;
  inspect(model: WasmModel): Answer<string>;
  convert(
    model: WasmModel,
    recipe: string,
    options: string,
    monitor: WasmMonitor,
  ): Answer<WasmModel>;
  createStaticQuantizer(
    model: WasmModel,
    recipe: string,
    options: string,
    once: boolean,
    monitor: WasmMonitor,
  ): Answer<WasmQuantizer>;
  /** `WeightHistogram` as JSON. */
  weightHistogram(
    model: WasmModel,
    name: string,
    bins: number,
    monitor: WasmMonitor,
  ): Answer<string>;
  passes(quantizer: WasmQuantizer): Answer<number>;
  nextPass(quantizer: WasmQuantizer): Answer<undefined>;
  /** Whether samples may be shared out to quantizers of several modules. */
  shareable(quantizer: WasmQuantizer): Answer<boolean>;
  takeStatistics(quantizer: WasmQuantizer): Answer<Uint8Array<ArrayBuffer>>;
  mergeStatistics(quantizer: WasmQuantizer, statistics: Uint8Array): Answer<undefined>;
  /** `MeasuredRanges` as JSON. */
  ranges(quantizer: WasmQuantizer): Answer<string>;
  /** Ranges as text: `MeasuredRanges` as JSON. */
  describeRanges(ranges: string): Answer<string>;
  quantizeWithRanges(
    model: WasmModel,
    recipe: string,
    options: string,
    ranges: string,
    monitor: WasmMonitor,
  ): Answer<WasmModel>;
  /** `Making` as JSON. */
  describeRecipe(recipe: string, options: string): Answer<string>;
  collect(quantizer: WasmQuantizer, sample: WasmTensors): Answer<undefined>;
  finish(quantizer: WasmQuantizer): Answer<WasmModel>;
  createSearch(
    model: WasmModel,
    recipe: string,
    options: string,
    monitor: WasmMonitor,
  ): Answer<WasmSearch>;
  mostPasses(search: WasmSearch): Answer<number>;
  createSensitivity(
    model: WasmModel,
    recipe: string,
    options: string,
    metric: string,
    monitor: WasmMonitor,
  ): Answer<WasmSearch>;
  createSuggest(
    model: WasmModel,
    recipe: string,
    options: string,
    wanted: Wanted,
    monitor: WasmMonitor,
  ): Answer<WasmSearch>;
  createLayerHistograms(
    reference: WasmModel,
    quantized: WasmModel,
    names: string[],
    bins: number,
    monitor: WasmMonitor,
  ): Answer<WasmSearch>;
  /** `label`: the sample's class, a whole number, or null. */
  addToSearch(search: WasmSearch, sample: WasmTensors, label: number | null): Answer<boolean>;
  nextTrial(search: WasmSearch): Answer<boolean>;
  /** A sensitivity scan's is a `SensitivityReport` as JSON, that of histograms an array of `LayerHistogram`. */
  finishSearch(search: WasmSearch): Answer<WasmFound | string>;
  createComparer(a: WasmModel, b: WasmModel, monitor: WasmMonitor): Answer<WasmComparer>;
  /** `label`: the sample's class, a whole number, or null. */
  addSample(comparer: WasmComparer, sample: WasmTensors, label: number | null): Answer<undefined>;
  comparison(comparer: WasmComparer): Answer<string>;
  createLayerReporter(
    reference: WasmModel,
    quantized: WasmModel,
    monitor: WasmMonitor,
  ): Answer<WasmLayerReporter>;
  addToReport(reporter: WasmLayerReporter, sample: WasmTensors): Answer<undefined>;
  /** `LayerReport` as JSON. */
  layerReport(reporter: WasmLayerReporter): Answer<string>;
  createSession(model: WasmModel, monitor: WasmMonitor): Answer<WasmSession>;
  /** `attentive`: the session's monitor hears of progress and is asked whether to stop. */
  run(session: WasmSession, feeds: WasmTensors, attentive: boolean): Answer<WasmTensors>;
  benchmark(
    session: WasmSession,
    feeds: WasmTensors | null,
    runs: number,
    warmup: number,
  ): Answer<string>;
  /** `Profile` as JSON. */
  profile(
    session: WasmSession,
    feeds: WasmTensors | null,
    runs: number,
    warmup: number,
  ): Answer<string>;
  randomSample(model: WasmModel, seed: number): Answer<WasmTensors>;
  sizes(model: WasmModel, options: WasmWriteOptions): Answer<{ model: number; external: number }>;
  write(
    model: WasmModel,
    sink: WasmSink,
    external: WasmSink | null,
    options: WasmWriteOptions,
    monitor: WasmMonitor,
  ): Answer<undefined>;
}

export type GlueFactory = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  print?(line: string): void;
  printErr?(line: string): void;
  /** Called before the module stops for good, which it then does by a trap. */
  onAbort?(reason: string): void;
  /** What makes the workers that threads run in; called with `new`. */
  Worker: () => ThreadWorker;
}) => Promise<WasmCore>;

export interface Started {
  core: WasmCore;
  threads: Threads;
  /** Why the module stopped, if it said so. */
  stopReason(): string | undefined;
}

/** An instance of a compiled module, for `count` threads. `factory` is the build's glue. */
export function startCore(
  factory: GlueFactory,
  module: WebAssembly.Module,
  count: number,
  makeThread: MakeThread,
): Promise<Started> {
  const threads = new Threads(count, makeThread);
  let reason: string | undefined;
  const makeWorker = function () {
    return threads.worker();
  };
  return new Promise((resolve, reject) => {
    factory({
      Worker: makeWorker,
      onAbort: (why) => (reason ??= why || undefined),
      instantiateWasm(imports, receive) {
        WebAssembly.instantiate(module, imports)
          .then((instance) => receive(instance, module))
          .catch(reject);
        return {};
      },
    }).then((core) => resolve({ core, threads, stopReason: () => reason }), reject);
  });
}
