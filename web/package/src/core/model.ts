/// <reference lib="esnext.disposable" preserve="true" />
import { cancelled, throwIfAborted, untilAborted } from './abort.js';
import { closedError, StaleHandle, type Engine } from './engine.js';
import { QuantabError } from './error.js';
import { Family } from './family.js';
import { compareOn, reportOn } from './comparing.js';
import { checkSample, tensorsOf } from './feeds.js';
import { askedFor, binsOf, histogramsOn } from './histograms.js';
import type { LayerHistogram, LayerHistogramsCall } from './histogram_types.js';
import { judgingOf, metricName, wantedOf } from './judging.js';
import type {
  SensitivityCall,
  SensitivityReport,
  SuggestCall,
  Suggestion,
  TryCall,
  TryReport,
} from './judging_types.js';
import { labelsOf } from './labels.js';
import { checkCall, wholeNumber } from './options.js';
import { Origin } from './origin.js';
import {
  generationOf,
  type ModelHandle,
  type Opened,
  type Opening,
  type Order,
  type QuantizerHandle,
} from './protocol.js';
import { methodOf, orderOf } from './recipe.js';
import { release, requireRepeatable, searchOn } from './search.js';
import { calibratedOn } from './shared_calibration.js';
import type { Tensor, TensorMap } from './tensor.js';
import { timingOf } from './timing.js';
import type {
  BenchmarkOptions,
  CallOptions,
  Capabilities,
  CompareOptions,
  Comparison,
  ConvertCall,
  DynamicCall,
  Float16Call,
  HistogramOptions,
  Latency,
  LayerReport,
  MatMulBnb4Call,
  MatMulNBitsCall,
  MeasuredRanges,
  MixedPrecision,
  MixedPrecisionCall,
  ModelInfo,
  PreProcessCall,
  Profile,
  Recipe,
  Samples,
  StaticCall,
  WeightHistogram,
  WritableHandle,
  WriteToOptions,
  WrittenSizes,
} from './types.js';
import {
  blobOf,
  bytesOf,
  isWritableHandle,
  streamOf,
  writeToHandle,
  writeToPath,
  type Write,
} from './writing.js';
import { isBlob } from '../platform/common.js';
import type { Platform } from '../platform/platform.js';

/**
 * An open model: a file that was opened, or the result of quantizing one. Its weights stay in the file and are read when
 * they are needed; a result's are computed when it is written or run. Calls on models that come from one openModel() run one
 * after another.
 *
 * All failures are QuantabErrors, but for what an iterable of samples throws, which is passed on.
 */
export class Model {
  /** What the model is: inputs and outputs, operators, where its bytes are. */
  readonly info: ModelInfo;

  /** Of a model that was made of another: how, with ONNX Runtime's names. convert() takes it. */
  readonly recipe: Recipe | undefined;

  /** The same as Python that calls ONNX Runtime's tools. */
  readonly python: string | undefined;

  /** Of a model that was quantized statically: the ranges that were measured, or given, for it. */
  readonly ranges: MeasuredRanges | undefined;

  /** Of a model made by autoConvertMixedPrecision(): which nodes stay in float32, and why. */
  readonly mixedPrecision: MixedPrecision | undefined;

  readonly #family: Family;
  #origin: Origin;
  #handle: ModelHandle;
  #reopening: Promise<void> | undefined;
  #closed = false;

  /** Models come from openModel() and from quantizing. */
  private constructor(family: Family, opened: Opened, origin: Origin) {
    this.#family = family;
    this.#origin = origin;
    this.#handle = opened.model;
    this.info = opened.info;
    this.recipe = opened.making && (JSON.parse(opened.making.recipe) as Recipe);
    this.python = opened.making?.python;
    this.ranges = opened.making?.ranges;
    this.mixedPrecision = opened.making?.mixedPrecision;
    family.join();
  }

  /** @internal */
  static async _open(
    engine: Engine,
    platform: Platform,
    opening: Opening,
    call: CallOptions,
  ): Promise<Model> {
    const origin = Origin.opened(opening);
    try {
      const opened = await origin.make(engine, call);
      throwIfAborted(call.signal);
      return new Model(new Family(engine, platform), opened, origin);
    } catch (error) {
      engine.close();
      throw error;
    }
  }

  /** The file's name or path as it was given; a result has that of its source. */
  get name(): string {
    return this.info.name;
  }

  /**
   * Bytes of the file that blob(), bytes() and stream() give. When `info.externalData`, instead those of both files together, to
   * within what the external one's location takes; as one file the model is slightly smaller.
   */
  get byteLength(): number {
    return this.info.fileBytes;
  }

  /** ONNX Runtime's quantize_dynamic: weights in 8 bits, activations quantized as the model runs. */
  async quantizeDynamic(options: DynamicCall = {}): Promise<Model> {
    return this.#convert(orderOf('quantize_dynamic', options), options);
  }

  /** ONNX Runtime's MatMulNBitsQuantizer: constant weights of MatMul in 4 bits (or 2, or 8), a scale for each block; no more changes. */
  async quantizeMatMulNBits(options: MatMulNBitsCall = {}): Promise<Model> {
    return this.#convert(orderOf('quantize_matmul_nbits', options), options);
  }

  /** ONNX Runtime's MatMulBnb4Quantizer: the same weights in float4 (NF4 or FP4), as bitsandbytes has it. */
  async quantizeMatMulBnb4(options: MatMulBnb4Call = {}): Promise<Model> {
    return this.#convert(orderOf('quantize_matmul_bnb4', options), options);
  }

  /** ONNX Runtime's and onnxconverter-common's convert_float_to_float16: half precision. */
  async convertFloatToFloat16(options: Float16Call = {}): Promise<Model> {
    return this.#convert(orderOf('convert_float_to_float16', options), options);
  }

  /**
   * onnxconverter-common's auto_convert_mixed_precision: half precision, but for the nodes that would then overflow or break the
   * tolerance on `samples`. A model that cannot be made close enough is made all the same; `mixedPrecision.withinTolerance` and
   * `onLog` tell. The result's recipe makes it again without samples.
   */
  async autoConvertMixedPrecision(call: MixedPrecisionCall): Promise<Model> {
    checkCall(call);
    const { samples, ...options } = call;
    const order = orderOf('auto_convert_mixed_precision', options);
    requireRepeatable(samples, 'Mixed precision');
    const { engine } = this.#family;
    const opened = await this.#use(options, async (model) => {
      const begun = await engine.call('beginSearch', { model, order }, options, model);
      return searchOn(engine, begun, { samples }, options, (search) =>
        engine.call('finishSearch', { search }, options, search),
      );
    });
    const { recipe } = opened.making;
    const origin = Origin.converted(this.#origin, { recipe, options: '{}' });
    return this.#adopt(opened, origin, options);
  }

  /** ONNX Runtime's quant_pre_process, and more: shapes inferred, constants folded, operators fused. */
  async quantPreProcess(options: PreProcessCall = {}): Promise<Model> {
    return this.#convert(orderOf('quant_pre_process', options), options);
  }

  /**
   * ONNX Runtime's quantize_static: weights and activations as integers, with ranges of activations measured on
   * `calibrationData`, or given as `ranges`. Some tens of real samples are enough; random ones harm accuracy. Histogram methods and
   * SmoothQuant read the samples more than once, for which they must be an iterable that can start anew, such as an array.
   */
  async quantizeStatic(options: StaticCall): Promise<Model> {
    const order = orderOf('quantize_static', options);
    const { ranges } = options;
    if (ranges !== undefined) {
      const opened = await this.#use(options, (model) =>
        this.#family.engine.call('quantizeWithRanges', { model, order, ranges }, options, model),
      );
      return this.#adopt(opened, new Origin(), options);
    }
    const opened = await this.#calibrated(order, options, (quantizer) =>
      this.#family.engine.call('finishStatic', { quantizer }, options, quantizer),
    );
    return this.#adopt(opened, new Origin(), options);
  }

  /** The ranges of activations that quantizeStatic() would measure, as text: to be kept, edited and given as `ranges`. */
  async calibrate(options: StaticCall): Promise<string> {
    const { text } = await this.#calibrated(
      orderOf('quantize_static', options),
      options,
      (quantizer) => this.#family.engine.call('ranges', { quantizer }, options, quantizer),
    );
    return text;
  }

  /** What a recipe makes of the model. For quantize_static give `calibrationData` or `ranges`, for mixed precision the former. */
  async convert(recipe: Recipe, options: ConvertCall = {}): Promise<Model> {
    const method = methodOf(recipe);
    if (method === 'quantize_static') return this.quantizeStatic({ ...options, recipe });
    if (method === 'auto_convert_mixed_precision') {
      const { calibrationData: samples = [], ...call } = options;
      return this.autoConvertMixedPrecision({ ...call, samples, recipe });
    }
    return this.#convert(orderOf(method, { ...options, recipe }), options);
  }

  async #convert(order: Order, options: CallOptions): Promise<Model> {
    const origin = Origin.converted(this.#origin, order);
    const opened = await this.#use(options, (model) =>
      this.#family.engine.call('convert', { model, order }, options, model),
    );
    return this.#adopt(opened, origin, options);
  }

  /** Gives all samples to a quantizer, as often as it needs them, and takes its result. */
  #calibrated<T>(
    order: Order,
    options: StaticCall,
    finish: (quantizer: QuantizerHandle) => Promise<T>,
  ): Promise<T> {
    return this.#use(options, (model) =>
      calibratedOn(this.#family, model, this.#origin, order, options, finish),
    );
  }

  /**
   * Runs the model once on one tensor for each input: outputs by name. Rejects with 'InvalidArgument' where names, types or shapes
   * do not fit, with 'Unsupported' where a node cannot run here.
   */
  async run(feeds: TensorMap, options: CallOptions = {}): Promise<TensorMap<Tensor>> {
    checkCall(options);
    const sample = checkSample(feeds);
    const outputs = await this.#use(options, (model) =>
      this.#family.engine.call('run', { model, feeds: sample }, options, model),
    );
    return tensorsOf(outputs);
  }

  /**
   * How close the outputs of `other` are to this model's, over all samples; with `labels`, also how accurate both are. Rejects
   * with 'InvalidArgument' for another number of labels than of samples.
   */
  async compare(other: Model, data: Samples, options: CompareOptions = {}): Promise<Comparison> {
    checkCall(options);
    this.#checkOther(other, 'A model can be compared with another Model only.');
    const labels = labelsOf(options.labels);
    return this.#beside(other, options, (handles) =>
      compareOn(this.#family.engine, handles, data, labels, options),
    );
  }

  /**
   * How far each value and each weight of `quantized`, which was made of this float model, is from this model's, and how much of
   * that arises in the layer itself. Values are matched by name, as ONNX Runtime's qdq_loss_debug does. The models run side by
   * side, so that memory does not grow with the number of layers or samples. Rejects with 'InvalidArgument' for models that have
   * nothing in common.
   */
  async layerReport(
    quantized: Model,
    data: Samples,
    options: CallOptions = {},
  ): Promise<LayerReport> {
    checkCall(options);
    this.#checkOther(quantized, 'A layer report needs the quantized Model.');
    return this.#beside(quantized, options, (handles) =>
      reportOn(this.#family.engine, handles, data, options),
    );
  }

  /**
   * How the values of layers are spread on samples, and those of `quantized`, which was made of this float model, beside them in the
   * same bins; of weights, the float elements and the dequantized ones. Both models run twice over the samples, as far as the last
   * value that is asked for, and nothing is kept of a run but counts. Weights alone need no samples: give `[]`. Rejects with
   * 'InvalidArgument' for a name that has no counterpart in the other model.
   */
  async layerHistograms(
    quantized: Model,
    data: Samples,
    call: LayerHistogramsCall,
  ): Promise<LayerHistogram[]> {
    const asked = askedFor(call, data);
    this.#checkOther(quantized, 'Layer histograms need the quantized Model.');
    return this.#beside(quantized, call, (handles) =>
      histogramsOn(this.#family.engine, handles, data, asked, call),
    );
  }

  /**
   * How the elements of a stored weight are spread: an initializer of the main graph, or what a Constant there gives, by its name.
   * Rejects with 'InvalidArgument' for another name, and for a weight that is not of float32 or float16.
   */
  async weightHistogram(name: string, options: HistogramOptions = {}): Promise<WeightHistogram> {
    checkCall(options);
    const bins = binsOf(options);
    return this.#use(options, (model) =>
      this.#family.engine.call('weightHistogram', { model, name, bins }, options, model),
    );
  }

  /**
   * What it costs to quantize each node of this float model alone, by the outputs on `samples`, which are read some times over:
   * once or twice to measure ranges, and at least once to run. Rejects with 'InvalidArgument' where nothing would be quantized.
   */
  async sensitivity(call: SensitivityCall): Promise<SensitivityReport> {
    checkCall(call);
    const { metric = 'sqnrDb', ...rest } = call;
    const { order, given } = judgingOf(rest, 'A sensitivity scan');
    const { engine } = this.#family;
    return this.#use(call, async (model) => {
      const asked = { model, order, metric: metricName(metric) };
      const begun = await engine.call('beginSensitivity', asked, call, model);
      return searchOn(engine, begun, given, call, (search) =>
        engine.call('finishSensitivity', { search }, call, search),
      );
    });
  }

  /**
   * A small set of nodes to keep in float, or with `remedy` '16-bit' in 16 bits, so that a quantized model is as good as `target` says,
   * on `samples`, which are read again and again: nodes are ranked by sensitivity(), and models tried with the worst of them kept.
   * Where nothing is good enough, what came closest is suggested all the same; `met` tells.
   */
  async suggest(call: SuggestCall): Promise<Suggestion> {
    const { wanted, rest } = wantedOf(call);
    const { order, given } = judgingOf(rest, 'A suggestion');
    const { engine } = this.#family;
    const opened = await this.#use(call, async (model) => {
      const begun = await engine.call('beginSuggest', { model, order, wanted }, call, model);
      return searchOn(engine, begun, { ...given, stop: call.stop }, call, (search) =>
        engine.call('finishSuggest', { search }, call, search),
      );
    });
    return { model: this.#adopt(opened, new Origin(), call), ...opened.report };
  }

  /**
   * What several recipes make of this float model: size, latency and accuracy of each, and which of them nothing beats. Recipes come
   * by name, or as an array, in which they are called '1', '2' and so on. One that fails has an error; the others go on.
   */
  async tryAll(
    recipes: Readonly<Record<string, Recipe>> | readonly Recipe[],
    call: TryCall,
  ): Promise<TryReport> {
    checkCall(call);
    const { tryAll } = await import('./try_all.js');
    return tryAll(this, recipes, call);
  }

  /**
   * Times runs on one sample, in milliseconds. What is timed is the run alone: feeds in, outputs out, no message to a worker.
   * benchmarkInTurns() times several models.
   */
  async benchmark(options: BenchmarkOptions = {}): Promise<Latency> {
    const timing = timingOf(options);
    return this.#use(options, (model) =>
      this.#family.engine.call('benchmark', { model, ...timing }, options, model),
    );
  }

  /** Where the time of runs on one sample goes, node by node, as they run: lowering has operators of its own. */
  async profile(options: BenchmarkOptions = {}): Promise<Profile> {
    const timing = timingOf(options);
    return this.#use(options, (model) =>
      this.#family.engine.call('profile', { model, ...timing }, options, model),
    );
  }

  /**
   * A sample made up from the inputs' types and shapes: unknown dimensions are 1, floats standard normal, integers small.
   * Good for timing; calibrating with it harms accuracy.
   */
  async randomSample(seed = 0, options: CallOptions = {}): Promise<TensorMap<Tensor>> {
    checkCall(options);
    wholeNumber('seed', seed, 0);
    const sample = await this.#use(options, (model) =>
      this.#family.engine.call('randomSample', { model, seed }, options, model),
    );
    return tensorsOf(sample);
  }

  /**
   * The model as one file, weights inside. It is made once and kept until close(), and from it a statically quantized model
   * comes back should its core be ended. Rejects with 'Unsupported' over 2 GiB; writeTo() with useExternalDataFormat has no such
   * end. In a browser the bytes are the Blob's, outside of this page's own memory.
   */
  async blob(options: CallOptions = {}): Promise<Blob> {
    checkCall(options);
    throwIfAborted(options.signal);
    this.#throwIfClosed();
    const kept = this.#origin.blob;
    if (kept !== undefined) return kept;
    const blob = blobOf((await this.#write({}, { kind: 'memory' }, null, options)).model);
    this.#origin.keepBlob(this.name, blob);
    return blob;
  }

  /** The model as one file, weights inside. Rejects with 'Unsupported' over 2 GiB, as blob() does. */
  async bytes(options: CallOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    checkCall(options);
    throwIfAborted(options.signal);
    this.#throwIfClosed();
    return bytesOf(
      this.#origin.blob ?? (await this.#write({}, { kind: 'memory' }, null, options)).model,
    );
  }

  /**
   * The model as one file, weights inside, in chunks of about 1 MiB, computed as they are read; a stream that has been begun
   * keeps other calls waiting until it is read to its end, or cancelled. In a page that is not cross-origin isolated, and with
   * quantab/direct, the core cannot wait for a reader: all is computed at the first read and kept, as blobs where there are any.
   *
   * Over 2 GiB it fails with 'Unsupported', as blob() does.
   */
  stream(options: CallOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    checkCall(options);
    this.#throwIfClosed();
    return streamOf(this.#write, options);
  }

  /**
   * Writes the model to a file handle or (Node) a path or file: URL; the file changes only when all is written. Gives the bytes
   * written. Handles are written to as stream() is read, in chunks.
   */
  async writeTo(
    target: WritableHandle | string | URL,
    options: WriteToOptions = {},
  ): Promise<WrittenSizes> {
    checkCall(options);
    throwIfAborted(options.signal);
    this.#throwIfClosed();
    return isWritableHandle(target)
      ? writeToHandle(this.#write, target, this.name, options)
      : writeToPath(this.#write, this.#family.platform, target, options);
  }

  /** Bytes of the core's memory, which never shrinks: its peak since this model, or what it comes from, was opened. */
  async memory(options: CallOptions = {}): Promise<{ peakBytes: number }> {
    checkCall(options);
    return this.#use(options, (model) => this.#family.engine.call('memory', {}, options, model));
  }

  /** What computes. Whether there are threads is known once a model has run. */
  async capabilities(options: CallOptions = {}): Promise<Capabilities> {
    checkCall(options);
    const computes = await this.#use(options, (model) =>
      this.#family.engine.call('capabilities', {}, options, model),
    );
    return { ...computes, workers: this.#family.calibrators };
  }

  /** Frees what the model holds and, if it was the last of those from one openModel(), ends its calls. Other models stay open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Models made from this one have it from here on; a kept blob goes with the last of them.
    this.#origin = new Origin();
    this.#release(this.#handle);
    this.#family.leave();
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #throwIfClosed(): void {
    if (this.#closed) throw closedError();
  }

  #adopt(opened: Opened, origin: Origin, { signal }: CallOptions): Model {
    if (signal?.aborted) {
      this.#release(opened.model);
      throw cancelled(signal);
    }
    return new Model(this.#family, opened, origin);
  }

  #release(handle: number): void {
    release(this.#family.engine, handle);
  }

  readonly #write: Write = (options, target, external, call) =>
    this.#use(call, (model) =>
      this.#family.engine.call('write', { model, options, target, external }, call, model),
    );

  /** Does something with the model's handle, opening the model anew when its core has ended. */
  async #use<T>({ signal }: CallOptions, task: (handle: ModelHandle) => Promise<T>): Promise<T> {
    for (;;) {
      throwIfAborted(signal);
      this.#throwIfClosed();
      const handle = this.#handle;
      try {
        return await task(handle);
      } catch (error) {
        if (!(error instanceof StaleHandle)) throw error;
      }
      // Another call may have opened it anew in the meantime.
      if (this.#handle === handle) await untilAborted(this.#reopen(), signal);
    }
  }

  /** Opens the model in the present core: once, however many calls wait for it, and whichever of them is cancelled. */
  #reopen(): Promise<void> {
    this.#reopening ??= this.#openAnew().finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #openAnew(): Promise<void> {
    for (;;) {
      try {
        const { model } = await this.#origin.make(this.#family.engine, {});
        if (this.#closed) this.#release(model);
        else this.#handle = model;
        return;
      } catch (error) {
        if (!(error instanceof StaleHandle)) throw error;
      }
    }
  }

  #checkOther(other: unknown, message: string): void {
    const isModel = typeof other === 'object' && other !== null && #family in other;
    if (!isModel) throw new QuantabError('InvalidArgument', message);
  }

  /** Does something with this model's handle and that of another one in the same core. */
  #beside<T>(
    other: Model,
    call: CallOptions,
    task: (handles: [ModelHandle, ModelHandle]) => Promise<T>,
  ): Promise<T> {
    return this.#use(call, (mine) =>
      other.#lend(this.#family, mine, call, (others) => task([mine, others])),
    );
  }

  /** Gives the model's handle in the core that `beside` belongs to, for the time of a task. */
  async #lend<T>(
    { engine }: Family,
    beside: ModelHandle,
    call: CallOptions,
    task: (handle: ModelHandle) => Promise<T>,
  ): Promise<T> {
    this.#throwIfClosed();
    const wanted = generationOf(beside);
    if (engine === this.#family.engine) {
      if (generationOf(this.#handle) < wanted) await untilAborted(this.#reopen(), call.signal);
      if (generationOf(this.#handle) !== wanted) throw new StaleHandle();
      return task(this.#handle);
    }
    const origin = this.#origin.canMake ? this.#origin : await this.#asFile(call);
    const { model } = await origin.make(engine, call);
    try {
      if (generationOf(model) !== wanted) throw new StaleHandle();
      return await task(model);
    } finally {
      release(engine, model);
    }
  }

  async #asFile(call: CallOptions): Promise<Origin> {
    const { name } = this;
    const { model } = await this.#write({}, { kind: 'memory' }, null, call);
    const source = isBlob(model)
      ? { kind: 'blob' as const, name, blob: model }
      : { kind: 'bytes' as const, name, bytes: await bytesOf(model) };
    return Origin.opened({ source, externalData: { files: {} } });
  }
}
