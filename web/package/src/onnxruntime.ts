// The same models in ONNX Runtime, where many of them will run: how long they take there.
import { throwIfAborted } from './core/abort.js';
import { notify } from './core/engine.js';
import { QuantabError, sentenceOf } from './core/error.js';
import { checkSample } from './core/feeds.js';
import type { Model } from './core/model.js';
import type { TensorData, TensorMap } from './core/tensor.js';
import type { CallOptions } from './core/types.js';

/** A session of ONNX Runtime, as far as it is used here. */
export interface OnnxRuntimeSession {
  /** Runs the model on tensors by input name; outputs by name. */
  run(feeds: Record<string, unknown>): Promise<Record<string, object>>;
  /** Gives its memory back. */
  release(): Promise<void>;
}

/** `onnxruntime-web` or `onnxruntime-node`, as imported. */
export interface OnnxRuntime {
  InferenceSession: {
    /** Opens the bytes of a model. */
    create(model: Uint8Array, options?: Record<string, unknown>): Promise<OnnxRuntimeSession>;
  };
  Tensor: new (type: never, data: never, dims: readonly number[]) => unknown;
}

export interface OnnxRuntimeOptions extends CallOptions {
  /** The module, or what loads it: `() => import('onnxruntime-web')`. Threads are set in the module's own `env`. */
  ort: OnnxRuntime | (() => Promise<OnnxRuntime>);
  /** The sample that is run; made up (`Model.randomSample`) without one. */
  feeds?: TensorMap;
  /** Timed runs of each model; 20 by default. */
  runs?: number;
  /** Runs before them that do not count; 2 by default. */
  warmup?: number;
  /** Options of `InferenceSession.create`; the execution provider is `wasm` by default in onnxruntime-web. */
  sessionOptions?: Record<string, unknown>;
}

/** Milliseconds of one model's runs. */
export interface OnnxRuntimeLatency {
  runs: number;
  min: number;
  median: number;
  p95: number;
}

/** The element types that it has tensors of, under the same names. */
const TYPES = new Set(
  'float32 float64 float16 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool string'.split(
    ' ',
  ),
);

function feedsFor(ort: OnnxRuntime, sample: TensorMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sample).map(([name, { dtype, dims, data }]) => {
      if (!TYPES.has(dtype)) {
        throw new QuantabError(
          'Unsupported',
          `Input '${name}' has type '${dtype}', which ONNX Runtime's JavaScript has no tensors of.`,
          { tensor: name },
        );
      }
      const make = ort.Tensor as new (
        type: string,
        data: TensorData,
        dims: readonly number[],
      ) => unknown;
      return [name, new make(dtype, data, dims)];
    }),
  );
}

async function created(ort: OnnxRuntime, model: Model, options: OnnxRuntimeOptions) {
  const blob = await model.blob(options);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  throwIfAborted(options.signal);
  try {
    return await ort.InferenceSession.create(bytes, options.sessionOptions ?? {});
  } catch (error) {
    throw new QuantabError(
      'Unsupported',
      `ONNX Runtime cannot open '${model.name || 'the model'}': ${sentenceOf(error)}`,
      {},
      { cause: error },
    );
  }
}

/** The value below which a share `q` of ascending numbers lies, linear between neighbours. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const [low = 0, high = low] = sorted.slice(below, below + 2);
  return low + (high - low) * (at - below);
}

function latencyOf(times: readonly number[]): OnnxRuntimeLatency {
  const sorted = [...times].sort((a, b) => a - b);
  const [min = 0] = sorted;
  return { runs: sorted.length, min, median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}

function count(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new QuantabError(
    'InvalidArgument',
    `'${name}' is '${value}', expected a whole number of at least ${least}.`,
  );
}

/**
 * Times models in ONNX Runtime, on one sample, in runs that take turns: what slows the machine slows all of them. Gives a latency for
 * each model, in their order. ONNX Runtime is the caller's: this package does not depend on it, and loads it when it is asked to.
 *
 * Rejects with 'Unsupported' for a model that ONNX Runtime refuses, 'InvalidArgument' for a sample it cannot be run on, 'Cancelled'
 * when the signal fires, after the run that is under way.
 */
export async function benchmarkOnnxRuntime(
  models: readonly Model[],
  options: OnnxRuntimeOptions,
): Promise<OnnxRuntimeLatency[]> {
  const runs = count('runs', options.runs ?? 20, 1);
  const warmup = count('warmup', options.warmup ?? 2, 0);
  const { signal, onProgress } = options;
  const [first] = models;
  if (first === undefined) return [];
  const ort = typeof options.ort === 'function' ? await options.ort() : options.ort;
  throwIfAborted(signal);
  const sample = options.feeds
    ? checkSample(options.feeds)
    : await first.randomSample(0, { ...(signal && { signal }) });
  const sessions: OnnxRuntimeSession[] = [];
  try {
    const feeds = feedsFor(ort, sample);
    for (const model of models) sessions.push(await created(ort, model, options));
    const times = sessions.map((): number[] => []);
    const total = (runs + warmup) * sessions.length;
    for (let done = 0; done < total; ++done) {
      throwIfAborted(signal);
      notify(() => onProgress?.({ stage: 'benchmark', done, total }));
      const at = done % sessions.length;
      const begin = performance.now();
      const outputs = await run(sessions[at]!, feeds);
      const time = performance.now() - begin;
      for (const output of Object.values(outputs)) (output as { dispose?: () => void }).dispose?.();
      if (done >= warmup * sessions.length) times[at]!.push(time);
    }
    notify(() => onProgress?.({ stage: 'benchmark', done: total, total }));
    return times.map(latencyOf);
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
}

async function run(session: OnnxRuntimeSession, feeds: Record<string, unknown>) {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw new QuantabError(
      'InvalidArgument',
      `ONNX Runtime cannot run the model on this sample: ${sentenceOf(error)}`,
      {},
      { cause: error },
    );
  }
}
