// The core and everything opened in it. Each request of the protocol has its handler here; the compiler insists.
import { asQuantabError, QuantabError, type ErrorData } from '../core/error.js';
import {
  firstHandle,
  type Args,
  type BegunSearch,
  type ExternalData,
  type Handle,
  type Making,
  type Opened,
  type RequestName,
  type Result,
  type Target,
  type Written,
  type WrittenFile,
} from '../core/protocol.js';
import {
  bytesOfData,
  dataFromBytes,
  type DType,
  type NumericData,
  type TensorMap,
} from '../core/tensor.js';
import type {
  LogLevel,
  MeasuredRanges,
  ModelInfo,
  Progress,
  Stage,
  WriteOptions,
} from '../core/types.js';
import { chunkSink, type HostFiles, type HostSink } from './files.js';
import type { Threads } from './threads.js';
import type {
  Answer,
  Started,
  WasmComparer,
  WasmCore,
  WasmFiles,
  WasmFound,
  WasmLayerReporter,
  WasmModel,
  WasmMonitor,
  WasmQuantizer,
  WasmSearch,
  WasmSession,
  WasmSource,
  WasmTensors,
  WasmWriteOptions,
} from './wasm.js';

/** Who hears of the call that runs. */
export interface Listener {
  /** Whether anybody may hear, or stop the call: a run of a model is spared the asking otherwise. */
  attentive: boolean;
  progress(progress: Progress): void;
  log(level: LogLevel, message: string): void;
  /** Some bytes of a file that is written to a target of kind 'chunks'. */
  chunk(file: WrittenFile, bytes: Uint8Array<ArrayBuffer>): void;
  cancelled(): boolean;
}

type Handlers = { [Name in RequestName]: (args: Args<Name>) => Result<Name> };

/** What runs models, and so is worth threads. */
const RUNS: ReadonlySet<RequestName> = new Set<RequestName>([
  'run',
  'benchmark',
  'profile',
  'collect',
  'addToSearch',
  'finishSuggest',
  'addSample',
  'addToReport',
]);

/** Messages of one stage are at least this far apart, in milliseconds, but for the last. */
const PROGRESS_INTERVAL = 40;

function valueOf<T>(answer: Answer<T>): T {
  if (answer.error === undefined) return answer.value;
  throw QuantabError.from(JSON.parse(answer.error) as ErrorData);
}

function toWasm(tensors: TensorMap): WasmTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, dims, data }]) => [
      name,
      {
        dtype,
        dims: [...dims],
        data: dtype === 'string' ? (data as string[]) : bytesOfData(data as NumericData),
      },
    ]),
  );
}

function fromWasm(tensors: WasmTensors): TensorMap {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, dims, data }]) => {
      const elements = Array.isArray(data)
        ? data
        : dataFromBytes(dtype as Exclude<DType, 'string'>, data);
      return [name, { dtype: dtype as DType, dims, data: elements }];
    }),
  );
}

const toWriteOptions = ({
  useExternalDataFormat,
  sizeThreshold,
  location,
}: WriteOptions): WasmWriteOptions => ({
  useExternalDataFormat: useExternalDataFormat ?? false,
  sizeThreshold: sizeThreshold ?? 1024,
  location: location ?? '',
});

export class Host {
  readonly #core: WasmCore;
  readonly #threads: Threads;
  readonly #files: HostFiles;
  #listener: Listener | undefined;
  #last = { stage: '', time: 0 };

  #nextHandle: number;
  readonly #models = new Map<number, { model: WasmModel; session?: WasmSession }>();
  readonly #quantizers = new Map<number, { quantizer: WasmQuantizer; making: Making }>();
  readonly #searches = new Map<number, WasmSearch>();
  readonly #comparers = new Map<number, WasmComparer>();
  readonly #reporters = new Map<number, WasmLayerReporter>();
  readonly #sources = new Set<WasmSource>();

  /** Why the module stopped, if it said so. */
  readonly stopReason: () => string | undefined;

  constructor({ core, threads, stopReason }: Started, files: HostFiles, generation: number) {
    this.#core = core;
    this.stopReason = stopReason;
    this.#threads = threads;
    this.#files = files;
    this.#nextHandle = firstHandle(generation);
  }

  /** Bytes in the form in which they may be kept long. */
  shelve(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | Blob {
    return this.#files.shelve(bytes);
  }

  /** Ends the threads and closes the files that the core still has open; all else goes with the core's memory. */
  dispose(): void {
    this.#threads.end();
    for (const source of this.#sources) source.close();
  }

  /** Resolves when the request can be answered, undefined if it can be now: threads are made for the first that is worth them. */
  prepare(name: RequestName): Promise<void> | undefined {
    return RUNS.has(name) ? this.#threads.ready(this.#core) : undefined;
  }

  /** Answers one request. Throws a QuantabError; anything else it throws means that the module is dead. */
  handle<Name extends RequestName>(name: Name, args: Args<Name>, listener: Listener): Result<Name> {
    this.#listener = listener;
    this.#last = { stage: '', time: 0 };
    try {
      return this.#handlers[name](args);
    } finally {
      this.#listener = undefined;
    }
  }

  readonly #monitor: WasmMonitor = {
    progress: (stage, done, total) => {
      const time = performance.now();
      const last = this.#last;
      if (stage === last.stage && done !== total && time - last.time < PROGRESS_INTERVAL) return;
      this.#last = { stage, time };
      this.#listener?.progress({ stage: stage as Stage, done, total });
    },
    log: (isWarning, message) => this.#listener?.log(isWarning ? 'warning' : 'info', message),
    cancelled: () => this.#listener?.cancelled() ?? false,
  };

  readonly #handlers: Handlers = {
    operators: () => JSON.parse(valueOf(this.#core.operators())) as Result<'operators'>,

    open: ({ source, externalData }) =>
      this.#adopt(
        valueOf(
          this.#core.openModel(
            this.#tracked(this.#files.openSource(source)),
            this.#trackedFiles(externalData),
            this.#monitor,
          ),
        ),
      ),

    convert: ({ model, order: { recipe, options } }) => {
      this.#endSession(model);
      const made = this.#core.convert(this.#model(model), recipe, options, this.#monitor);
      return this.#adopt(valueOf(made), this.#making(recipe, options));
    },

    beginStatic: ({ model, order: { recipe, options }, once }) => {
      this.#endSession(model);
      const making = this.#making(recipe, options);
      const quantizer = valueOf(
        this.#core.createStaticQuantizer(this.#model(model), recipe, options, once, this.#monitor),
      );
      const handle = this.#keep(this.#quantizers, { quantizer, making });
      return {
        quantizer: handle,
        passes: valueOf(this.#core.passes(quantizer)),
        shareable: valueOf(this.#core.shareable(quantizer)),
      };
    },
    collect: ({ quantizer, sample }) => {
      valueOf(this.#core.collect(this.#quantizer(quantizer), toWasm(sample)));
    },
    nextPass: ({ quantizer }) => {
      valueOf(this.#core.nextPass(this.#quantizer(quantizer)));
    },
    takeStatistics: ({ quantizer }) =>
      valueOf(this.#core.takeStatistics(this.#quantizer(quantizer))),
    mergeStatistics: ({ quantizer, statistics }) => {
      for (const each of statistics) {
        valueOf(this.#core.mergeStatistics(this.#quantizer(quantizer), each));
      }
    },
    ranges: ({ quantizer }) => this.#ranges(quantizer),
    finishStatic: ({ quantizer }) => {
      const { making } = this.#find(this.#quantizers, quantizer);
      const ranges = this.#ranges(quantizer);
      return this.#adopt(valueOf(this.#core.finish(this.#quantizer(quantizer))), {
        ...making,
        ranges,
      });
    },
    quantizeWithRanges: ({ model, order: { recipe, options }, ranges }) => {
      this.#endSession(model);
      const made = this.#core.quantizeWithRanges(
        this.#model(model),
        recipe,
        options,
        ranges,
        this.#monitor,
      );
      return this.#adopt(valueOf(made), {
        ...this.#making(recipe, options),
        ranges: JSON.parse(valueOf(this.#core.describeRanges(ranges))) as MeasuredRanges,
      });
    },

    beginSearch: ({ model, order: { recipe, options } }) => {
      this.#endSession(model);
      const search = valueOf(
        this.#core.createSearch(this.#model(model), recipe, options, this.#monitor),
      );
      return this.#begun(search);
    },
    beginSensitivity: ({ model, order: { recipe, options }, metric }) => {
      this.#endSession(model);
      const search = valueOf(
        this.#core.createSensitivity(this.#model(model), recipe, options, metric, this.#monitor),
      );
      return this.#begun(search);
    },
    beginSuggest: ({ model, order: { recipe, options }, wanted }) => {
      this.#endSession(model);
      return this.#begun(
        valueOf(
          this.#core.createSuggest(this.#model(model), recipe, options, wanted, this.#monitor),
        ),
      );
    },
    addToSearch: ({ search, sample, label }) =>
      valueOf(this.#core.addToSearch(this.#find(this.#searches, search), toWasm(sample), label)),
    nextTrial: ({ search }) => valueOf(this.#core.nextTrial(this.#find(this.#searches, search))),
    finishSearch: ({ search }) => {
      const { model, making: text } = this.#finished(search) as WasmFound;
      const making = JSON.parse(text) as Making;
      return { ...this.#adopt(model, making), making };
    },
    finishSensitivity: ({ search }) =>
      JSON.parse(this.#finished(search) as string) as Result<'finishSensitivity'>,

    finishSuggest: ({ search }) => {
      const { model, making: text, ranges, report } = this.#finished(search) as WasmFound;
      const measured = ranges ? { ranges: JSON.parse(ranges) as MeasuredRanges } : {};
      const making = { ...(JSON.parse(text) as Making), ...measured };
      const figures = JSON.parse(report!) as Result<'finishSuggest'>['report'];
      return { ...this.#adopt(model, making), making, report: figures };
    },

    beginHistograms: ({ reference, quantized, names, bins }) => {
      // They have sessions of their own.
      this.#endSession(reference);
      this.#endSession(quantized);
      const [a, b] = [this.#model(reference), this.#model(quantized)];
      return this.#begun(
        valueOf(this.#core.createLayerHistograms(a, b, names, bins, this.#monitor)),
      );
    },
    finishHistograms: ({ search }) =>
      JSON.parse(this.#finished(search) as string) as Result<'finishHistograms'>,

    beginCompare: ({ a, b }) => {
      // The comparer has sessions of its own.
      this.#endSession(a);
      this.#endSession(b);
      return this.#keep(
        this.#comparers,
        valueOf(this.#core.createComparer(this.#model(a), this.#model(b), this.#monitor)),
      );
    },
    addSample: ({ comparer, sample, label }) => {
      valueOf(this.#core.addSample(this.#find(this.#comparers, comparer), toWasm(sample), label));
    },
    finishCompare: ({ comparer }) =>
      JSON.parse(
        valueOf(this.#core.comparison(this.#find(this.#comparers, comparer))),
      ) as Result<'finishCompare'>,

    beginReport: ({ reference, quantized }) => {
      // The reporter has sessions of its own.
      this.#endSession(reference);
      this.#endSession(quantized);
      const [a, b] = [this.#model(reference), this.#model(quantized)];
      const reporter = valueOf(this.#core.createLayerReporter(a, b, this.#monitor));
      return this.#keep(this.#reporters, reporter);
    },
    addToReport: ({ reporter, sample }) => {
      valueOf(this.#core.addToReport(this.#find(this.#reporters, reporter), toWasm(sample)));
    },
    finishReport: ({ reporter }) =>
      JSON.parse(
        valueOf(this.#core.layerReport(this.#find(this.#reporters, reporter))),
      ) as Result<'finishReport'>,

    run: ({ model, feeds }) =>
      fromWasm(
        valueOf(
          this.#core.run(this.#session(model), toWasm(feeds), this.#listener?.attentive ?? false),
        ),
      ),
    benchmark: ({ model, feeds, runs, warmup }) =>
      JSON.parse(
        valueOf(
          this.#core.benchmark(
            this.#session(model),
            feeds === null ? null : toWasm(feeds),
            runs,
            warmup,
          ),
        ),
      ) as Result<'benchmark'>,
    profile: ({ model, feeds, runs, warmup }) => {
      const given = feeds === null ? null : toWasm(feeds);
      return JSON.parse(
        valueOf(this.#core.profile(this.#session(model), given, runs, warmup)),
      ) as Result<'profile'>;
    },
    randomSample: ({ model, seed }) =>
      fromWasm(valueOf(this.#core.randomSample(this.#model(model), seed))),

    write: ({ model, options, target, external }) => this.#write(model, options, target, external),

    weightHistogram: ({ model, name, bins }) =>
      JSON.parse(
        valueOf(this.#core.weightHistogram(this.#model(model), name, bins, this.#monitor)),
      ) as Result<'weightHistogram'>,

    release: ({ handle }) => this.#release(handle),
    memory: () => ({ peakBytes: this.#core.heapBytes() }),
    capabilities: () => ({
      flavor: this.#core.flavor(),
      threads: this.#core.threads(),
      threadsUsed: this.#core.threadsSeen(),
    }),
  };

  #keep<T>(table: Map<number, T>, object: T): number {
    const handle = this.#nextHandle++;
    table.set(handle, object);
    return handle;
  }

  #find<T>(table: Map<number, T>, handle: Handle<string>): T {
    const object = table.get(handle);
    if (object === undefined) throw new QuantabError('Internal', `Handle ${handle} is not open.`);
    return object;
  }

  #model(handle: number): WasmModel {
    return this.#find(this.#models, handle).model;
  }

  #quantizer(handle: number): WasmQuantizer {
    return this.#find(this.#quantizers, handle).quantizer;
  }

  #begun(search: WasmSearch): BegunSearch {
    const passes = valueOf(this.#core.mostPasses(search));
    return { search: this.#keep(this.#searches, search), passes };
  }

  #finished(handle: number): WasmFound | string {
    return valueOf(this.#core.finishSearch(this.#find(this.#searches, handle)));
  }

  #ranges(handle: number): MeasuredRanges {
    return JSON.parse(valueOf(this.#core.ranges(this.#quantizer(handle)))) as MeasuredRanges;
  }

  #making(recipe: string, options: string): Making {
    return JSON.parse(valueOf(this.#core.describeRecipe(recipe, options))) as Making;
  }

  #adopt(model: WasmModel, making?: Making): Opened {
    try {
      const info = JSON.parse(valueOf(this.#core.inspect(model))) as ModelInfo;
      const opened = { model: this.#keep(this.#models, { model }), info };
      return making === undefined ? opened : { ...opened, making };
    } catch (error) {
      model.delete();
      throw error;
    }
  }

  /** The model's session, made on first use and kept until something else is done with the model. */
  #session(handle: number): WasmSession {
    const entry = this.#find(this.#models, handle);
    entry.session ??= valueOf(this.#core.createSession(entry.model, this.#monitor));
    return entry.session;
  }

  #endSession(handle: number): void {
    const entry = this.#find(this.#models, handle);
    entry.session?.delete();
    delete entry.session;
  }

  #write(
    handle: number,
    options: WriteOptions,
    target: Target,
    externalTarget: Target | null,
  ): Result<'write'> {
    this.#endSession(handle);
    const sinks: HostSink[] = [];
    const open = (where: Target, file: WrittenFile, size: number): HostSink => {
      const sink =
        where.kind === 'chunks'
          ? chunkSink((bytes) => this.#listener?.chunk(file, bytes))
          : this.#files.openSink(where, size);
      sinks.push(sink);
      return sink;
    };
    try {
      const model = this.#model(handle);
      const settings = toWriteOptions(options);
      const sizes = valueOf(this.#core.sizes(model, settings));
      const out = open(target, 'model', sizes.model);
      const external =
        externalTarget === null ? null : open(externalTarget, 'external', sizes.external);
      valueOf(this.#core.write(model, out, external, settings, this.#monitor));
      const resultOf = (sink: HostSink | null): Written => sink?.result();
      return { model: resultOf(out), external: resultOf(external), sizes };
    } catch (error) {
      for (const sink of sinks) sink.discard();
      throw error;
    }
  }

  #tracked(source: WasmSource): WasmSource {
    const tracked: WasmSource = {
      name: source.name,
      size: source.size,
      read: (offset, out) => source.read(offset, out),
      close: () => {
        if (this.#sources.delete(tracked)) source.close();
      },
    };
    this.#sources.add(tracked);
    return tracked;
  }

  #trackedFiles(data: ExternalData): WasmFiles {
    const files = this.#files.openExternal(data);
    return {
      open: (location) => {
        const found = files.open(location);
        return typeof found === 'object' && found !== null ? this.#tracked(found) : found;
      },
    };
  }

  #release(handle: number): void {
    if (this.#models.has(handle)) {
      this.#endSession(handle);
      this.#model(handle).delete();
      this.#models.delete(handle);
      return;
    }
    this.#quantizers.get(handle)?.quantizer.delete();
    this.#quantizers.delete(handle);
    this.#searches.get(handle)?.delete();
    this.#searches.delete(handle);
    this.#comparers.get(handle)?.delete();
    this.#comparers.delete(handle);
    this.#reporters.get(handle)?.delete();
    this.#reporters.delete(handle);
  }
}

/** Runs a request on a host: its result, or its error and whether the module survived it. */
export function tryHandle<Name extends RequestName>(
  host: Host,
  name: Name,
  args: Args<Name>,
  listener: Listener,
): { result: Result<Name> } | { error: QuantabError; dead: boolean } {
  try {
    return { result: host.handle(name, args, listener) };
  } catch (error) {
    if (error instanceof QuantabError) return { error, dead: false };
    const { code, message } = asQuantabError(host.stopReason() ?? error);
    return {
      error: new QuantabError(code, `The core stopped: ${message}`, {}, { cause: error }),
      dead: true,
    };
  }
}
