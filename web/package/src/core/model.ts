import { cancelled, QuantabError, throwIfAborted } from './error.js';
import { StaleHandle, type Engine } from './engine.js';
import type { ModelHandle, Opened, Result, Target, Written } from './protocol.js';
import { checkTensor, Tensor, type TensorMap } from './tensor.js';
import type {
  BenchmarkOptions,
  CallOptions,
  Comparison,
  Latency,
  ModelInfo,
  Samples,
  WriteOptions,
  WrittenSizes,
} from './types.js';
import type { DynamicOptions, StaticOptions } from '../generated/options.js';
import {
  blobOfWritten,
  bytesOfWritten,
  type Opening,
  type PendingFile,
  type Platform,
} from '../platform/platform.js';

/** Anything with the method of a FileSystemFileHandle that writing needs. */
export interface WritableHandle {
  createWritable(): Promise<WritableStream>;
}

export interface WriteToOptions extends CallOptions, WriteOptions {
  /** Where external data goes; needed with a handle. A path's is its neighbour, named by `location`. */
  externalTarget?: WritableHandle | string;
}

export type DynamicCall = DynamicOptions & CallOptions;
export type StaticCall = StaticOptions & CallOptions & { calibrationData: Samples };

/** How a model came to be, so that it can be made again in a new core. */
type Recipe = (options: CallOptions) => Promise<Opened>;

/** The models of one engine; the last to close ends it. */
class Family {
  #members = 0;
  constructor(
    readonly engine: Engine,
    readonly platform: Platform,
  ) {}
  join(): void {
    this.#members++;
  }
  leave(): void {
    if (--this.#members === 0) this.engine.close();
  }
}

/** The quantizers' own options of a call: all but what this side deals with. */
function optionsOf(call: object): object {
  const ours = ['signal', 'onProgress', 'onLog', 'calibrationData'];
  return Object.fromEntries(
    Object.entries(call).filter(([name, value]) => !ours.includes(name) && value !== undefined),
  );
}

function checkSample(sample: TensorMap): TensorMap {
  if (typeof sample !== 'object' || sample === null) {
    throw new QuantabError(
      'InvalidArgument',
      'A sample must be an object of tensors by input name.',
    );
  }
  for (const [name, tensor] of Object.entries(sample)) checkTensor(tensor, `Input '${name}'`);
  return sample;
}

const tensors = (map: TensorMap): TensorMap<Tensor> =>
  Object.fromEntries(
    Object.entries(map).map(([name, { dtype, dims, data }]) => [
      name,
      new Tensor(dtype, dims, data),
    ]),
  );

/** The length of an iterable that knows it, else 0. */
const lengthOf = (samples: Samples): number =>
  'length' in samples && typeof samples.length === 'number' ? samples.length : 0;

async function eachSample(
  samples: Samples | undefined,
  stage: 'calibrate' | 'compare',
  { signal, onProgress }: CallOptions,
  take: (sample: TensorMap) => Promise<void>,
): Promise<void> {
  if (
    samples === undefined ||
    samples === null ||
    !(Symbol.iterator in samples || Symbol.asyncIterator in samples)
  ) {
    throw new QuantabError(
      'InvalidArgument',
      'Samples must be an iterable, or async iterable, of { inputName: tensor }.',
    );
  }
  const total = lengthOf(samples);
  let done = 0;
  onProgress?.({ stage, done, total });
  for await (const sample of samples) {
    throwIfAborted(signal);
    await take(checkSample(sample));
    onProgress?.({ stage, done: ++done, total });
  }
}

/**
 * An open model: a file that was opened, or the result of quantizing one. Its weights stay in the file and are read when
 * they are needed; a result's are computed when it is written or run.
 *
 * All failures are QuantabErrors.
 */
export class Model {
  /** What the model is: inputs and outputs, operators, where its bytes are. */
  readonly info: ModelInfo;

  readonly #family: Family;
  readonly #recipe: Recipe | undefined;
  /** The file it was opened from, if it was. */
  readonly #opening: Opening | undefined;
  #handle: ModelHandle;
  #generation: number;
  #blob: Blob | undefined;
  #closed = false;

  /** Models come from openModel() and from quantizing. */
  private constructor(
    family: Family,
    opened: Opened,
    recipe: Recipe | undefined,
    opening?: Opening,
  ) {
    this.#family = family;
    this.#recipe = recipe;
    this.#opening = opening;
    this.#handle = opened.model;
    this.#generation = family.engine.generation;
    this.info = opened.info;
    family.join();
  }

  /** Not for callers: openModel() is. */
  static async _open(
    engine: Engine,
    platform: Platform,
    opening: Opening,
    options: CallOptions,
  ): Promise<Model> {
    const family = new Family(engine, platform);
    const recipe: Recipe = (call) => engine.call('open', opening, call);
    try {
      const opened = await recipe(options);
      throwIfAborted(options.signal);
      return new Model(family, opened, recipe, opening);
    } catch (error) {
      engine.close();
      throw error;
    }
  }

  get name(): string {
    return this.info.name;
  }

  /** Size of the file that stream(), blob(), bytes() and writeTo() make. */
  get byteLength(): number {
    return this.info.fileBytes;
  }

  /** ONNX Runtime's quantize_dynamic: weights in 8 bits, activations quantized as the model runs. */
  async quantizeDynamic(options: DynamicCall = {}): Promise<Model> {
    const settings = optionsOf(options);
    const recipe: Recipe = (call) =>
      this.#use(call, (model, generation) =>
        this.#family.engine.call('quantizeDynamic', { model, options: settings }, call, generation),
      );
    return this.#adopt(await recipe(options), recipe, options);
  }

  /**
   * ONNX Runtime's quantize_static: weights and activations in 8 bits, with ranges of activations measured on
   * `calibrationData`. Some tens of real samples are enough; random ones harm accuracy.
   */
  async quantizeStatic(options: StaticCall): Promise<Model> {
    const { engine } = this.#family;
    const { signal, onLog } = options;
    const settings = optionsOf(options);
    const opened = await this.#use(options, async (model, generation) => {
      const quantizer = await engine.call(
        'beginStatic',
        { model, options: settings },
        options,
        generation,
      );
      try {
        await eachSample(options.calibrationData, 'calibrate', options, (sample) =>
          engine.call('collect', { quantizer, sample }, { signal, onLog }, generation),
        );
        return await engine.call('finishStatic', { quantizer }, options, generation);
      } catch (error) {
        throw this.#interrupted(error, 'calibration');
      } finally {
        this.#release(quantizer, generation);
      }
    });
    return this.#adopt(opened, undefined, options);
  }

  /** Runs the model once: outputs by name. */
  async run(feeds: TensorMap, options: CallOptions = {}): Promise<TensorMap<Tensor>> {
    checkSample(feeds);
    const outputs = await this.#use(options, (model, generation) =>
      this.#family.engine.call('run', { model, feeds }, options, generation),
    );
    return tensors(outputs);
  }

  /** How close the outputs of `other` are to this model's, over all samples. */
  async compare(other: Model, data: Samples, options: CallOptions = {}): Promise<Comparison> {
    const { engine } = this.#family;
    const { signal, onLog } = options;
    return this.#use(options, (a, generation) =>
      other.#lend(this.#family, options, async (b) => {
        const comparer = await engine.call('beginCompare', { a, b }, options, generation);
        try {
          await eachSample(data, 'compare', options, (sample) =>
            engine.call('addSample', { comparer, sample }, { signal, onLog }, generation),
          );
          return await engine.call('finishCompare', { comparer }, options, generation);
        } catch (error) {
          throw this.#interrupted(error, 'comparison');
        } finally {
          this.#release(comparer, generation);
        }
      }),
    );
  }

  /** Times runs on one sample. */
  async benchmark(options: BenchmarkOptions = {}): Promise<Latency> {
    const { runs = 20, warmup = 2, feeds } = options;
    if (!Number.isSafeInteger(runs) || runs < 1) {
      throw new QuantabError(
        'InvalidArgument',
        `runs must be a whole number of at least 1, got ${runs}.`,
      );
    }
    if (!Number.isSafeInteger(warmup) || warmup < 0) {
      throw new QuantabError(
        'InvalidArgument',
        `warmup must be a whole number of at least 0, got ${warmup}.`,
      );
    }
    const sample = feeds === undefined ? null : checkSample(feeds);
    return this.#use(options, (model, generation) =>
      this.#family.engine.call(
        'benchmark',
        { model, feeds: sample, runs, warmup },
        options,
        generation,
      ),
    );
  }

  /**
   * A sample made up from the inputs' types and shapes: unknown dimensions are 1, floats standard normal, integers small.
   * Good for timing; calibrating with it harms accuracy.
   */
  async randomSample(seed = 0, options: CallOptions = {}): Promise<TensorMap<Tensor>> {
    const sample = await this.#use(options, (model, generation) =>
      this.#family.engine.call('randomSample', { model, seed }, options, generation),
    );
    return tensors(sample);
  }

  /** The model as a file in memory. */
  async blob(options: CallOptions = {}): Promise<Blob> {
    this.#blob ??= blobOfWritten((await this.#write(options, {}, { kind: 'parts' }, null)).model);
    return this.#blob;
  }

  async bytes(options: CallOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#blob !== undefined) return new Uint8Array(await this.#blob.arrayBuffer());
    return bytesOfWritten((await this.#write(options, {}, { kind: 'parts' }, null)).model);
  }

  /** The model as a stream of bytes. */
  stream(options: CallOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: async () => {
        reader = (await this.blob(options)).stream().getReader() as typeof reader;
      },
      pull: async (controller) => {
        const next = await reader?.read();
        if (next === undefined || next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: (reason) => reader?.cancel(reason),
    });
  }

  /**
   * Writes the model to a file handle or (Node) a path; the file changes only when all is written. Gives the bytes
   * written.
   */
  async writeTo(
    target: WritableHandle | string | URL,
    options: WriteToOptions = {},
  ): Promise<WrittenSizes> {
    if (typeof target === 'object' && 'createWritable' in target)
      return this.#writeToHandle(target, options);
    const { platform } = this.#family;
    const path = typeof target === 'string' ? target : decodeURIComponent(target.pathname);
    const settings: WriteOptions = { ...options };
    const files: PendingFile[] = [];
    const pending = (where: string): Target => {
      const file = platform.pendingFile(where);
      files.push(file);
      return { kind: 'path', path: file.path, name: where, fresh: file.fresh };
    };
    try {
      let external: Target | null = null;
      if (options.useExternalDataFormat) {
        settings.location ??= `${path.split(/[\\/]/).at(-1) ?? 'model.onnx'}.data`;
        const where = options.externalTarget ?? platform.beside(path, settings.location);
        if (typeof where !== 'string') {
          throw new QuantabError(
            'InvalidArgument',
            'externalTarget must be a path when the target is one.',
          );
        }
        external = pending(where);
      }
      const { sizes } = await this.#write(options, settings, pending(path), external);
      throwIfAborted(options.signal);
      for (const file of files) await file.commit();
      return sizes;
    } finally {
      await Promise.all(files.map((file) => file.discard()));
    }
  }

  async #writeToHandle(handle: WritableHandle, options: WriteToOptions): Promise<WrittenSizes> {
    const { externalTarget, signal } = options;
    const settings: WriteOptions = { ...options };
    if (options.useExternalDataFormat) {
      if (typeof externalTarget !== 'object') {
        throw new QuantabError(
          'InvalidArgument',
          'With useExternalDataFormat, externalTarget must be a file handle too.',
        );
      }
      settings.location ??= `${this.name || 'model.onnx'}.data`;
    }
    const parts: Target = { kind: 'parts' };
    const written = await this.#write(
      options,
      settings,
      parts,
      options.useExternalDataFormat ? parts : null,
    );
    const save = async (to: WritableHandle, what: Written) => {
      try {
        // pipeTo closes the file when all is written, and abandons it otherwise.
        await blobOfWritten(what)
          .stream()
          .pipeTo(await to.createWritable(), signal ? { signal } : {});
      } catch (error) {
        throwIfAborted(signal);
        throw new QuantabError(
          'Io',
          `The file could not be written: ${String(error)}.`,
          {},
          { cause: error },
        );
      }
    };
    if (options.useExternalDataFormat)
      await save(externalTarget as WritableHandle, written.external);
    await save(handle, written.model);
    return written.sizes;
  }

  /** Bytes of the core's memory, which never shrinks: its peak since this model, or what it comes from, was opened. */
  async memory(options: CallOptions = {}): Promise<{ peakBytes: number }> {
    return this.#use(options, (_, generation) =>
      this.#family.engine.call('memory', {}, options, generation),
    );
  }

  /** Frees what the model holds. Other models stay open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release(this.#handle, this.#generation);
    this.#family.leave();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #adopt(
    opened: Opened,
    recipe: Recipe | undefined,
    { signal }: CallOptions,
  ): Promise<Model> {
    if (signal?.aborted) {
      this.#release(opened.model, this.#family.engine.generation);
      throw cancelled(signal);
    }
    return new Model(this.#family, opened, recipe);
  }

  #release(handle: number, generation: number): void {
    // A core that has ended since holds nothing.
    this.#family.engine.call('release', { handle }, {}, generation).catch(() => {});
  }

  #write(
    options: CallOptions,
    settings: WriteOptions,
    target: Target,
    external: Target | null,
  ): Promise<Result<'write'>> {
    const { useExternalDataFormat, sizeThreshold, location } = settings;
    const writeOptions = {
      ...(useExternalDataFormat === undefined ? {} : { useExternalDataFormat }),
      ...(sizeThreshold === undefined ? {} : { sizeThreshold }),
      ...(location === undefined ? {} : { location }),
    };
    return this.#use(options, (model, generation) =>
      this.#family.engine.call(
        'write',
        { model, options: writeOptions, target, external },
        options,
        generation,
      ),
    );
  }

  /** Does something with the model's handle, opening the model anew when its core has ended. */
  async #use<T>(
    options: CallOptions,
    task: (handle: ModelHandle, generation: number) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(options.signal);
    for (;;) {
      if (this.#closed)
        throw new QuantabError('InvalidArgument', 'The model has been closed. Open it again.');
      try {
        return await task(this.#handle, this.#generation);
      } catch (error) {
        if (!(error instanceof StaleHandle)) throw error;
        await this.#reopen(options);
      }
    }
  }

  async #reopen({ signal }: CallOptions): Promise<void> {
    const { engine } = this.#family;
    let opened: Opened;
    if (this.#blob !== undefined) {
      const source = engine.readsBlobs
        ? { kind: 'blob' as const, name: this.name, blob: this.#blob }
        : {
            kind: 'bytes' as const,
            name: this.name,
            bytes: new Uint8Array(await this.#blob.arrayBuffer()),
          };
      opened = await engine.call('open', { source, externalData: { files: {} } }, { signal });
    } else if (this.#recipe !== undefined) {
      opened = await this.#recipe({ signal });
    } else {
      throw new QuantabError(
        'Cancelled',
        'The quantized model was dropped when another call was cancelled. Quantize again.',
      );
    }
    this.#handle = opened.model;
    this.#generation = engine.generation;
  }

  /** Gives the model to another family's core for the time of a task. */
  async #lend<T>(
    family: Family,
    options: CallOptions,
    task: (handle: ModelHandle) => Promise<T>,
  ): Promise<T> {
    if (family === this.#family) {
      await this.#use(options, (model, generation) =>
        family.engine.call('sizes', { model, options: {} }, options, generation),
      );
      return task(this.#handle);
    }
    const opening: Opening = this.#opening ?? {
      source: { kind: 'bytes', name: this.name, bytes: await this.bytes(options) },
      externalData: { files: {} },
    };
    const { model } = await family.engine.call('open', opening, options);
    const { generation } = family.engine;
    try {
      return await task(model);
    } finally {
      family.engine.call('release', { handle: model }, {}, generation).catch(() => {});
    }
  }

  /** A long task whose core was ended by another call's cancellation cannot be taken up again. */
  #interrupted(error: unknown, what: string): unknown {
    if (!(error instanceof StaleHandle)) return error;
    return new QuantabError(
      'Cancelled',
      `The ${what} was interrupted when another call was cancelled. Start it again.`,
    );
  }
}
