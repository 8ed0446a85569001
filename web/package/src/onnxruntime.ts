// The same models in ONNX Runtime, where many of them will run: how long they take there.
import { throwIfAborted } from './core/abort.js';
import { notify } from './core/engine.js';
import { QuantabError, sentenceOf } from './core/error.js';
import { checkSample } from './core/feeds.js';
import type { Model } from './core/model.js';
import { summaryOf, timesInTurns, type TimedRun } from './core/rounds.js';
import type { TensorData, TensorMap } from './core/tensor.js';
import type { CallOptions, Latency } from './core/types.js';

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

function count(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new QuantabError(
    'InvalidArgument',
    `'${name}' is '${value}', expected a whole number of at least ${least}.`,
  );
}

interface Opened {
  /** What the models run on. */
  sample: TensorMap;
  /** A run of each model in ONNX Runtime. */
  turns: TimedRun[];
  runs: number;
  warmup: number;
}

/** Opens models in ONNX Runtime for as long as `body` takes. */
async function whileOpened<Result>(
  models: readonly [Model, ...Model[]],
  options: OnnxRuntimeOptions,
  body: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const runs = count('runs', options.runs ?? 20, 1);
  const warmup = count('warmup', options.warmup ?? 2, 0);
  const { signal } = options;
  const ort = typeof options.ort === 'function' ? await options.ort() : options.ort;
  throwIfAborted(signal);
  const sample = options.feeds
    ? checkSample(options.feeds)
    : await models[0].randomSample(0, { ...(signal && { signal }) });
  const sessions: OnnxRuntimeSession[] = [];
  try {
    const feeds = feedsFor(ort, sample);
    for (const model of models) sessions.push(await created(ort, model, options));
    const turns = sessions.map((session) => () => timeOf(session, feeds));
    // The first run may be long.
    notify(() => options.onProgress?.({ stage: 'benchmark', done: 0, total: 0 }));
    return await body({ sample, turns, runs, warmup });
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
}

/** Milliseconds of one run. */
async function timeOf(
  session: OnnxRuntimeSession,
  feeds: Record<string, unknown>,
): Promise<number> {
  const begin = performance.now();
  let outputs;
  try {
    outputs = await session.run(feeds);
  } catch (error) {
    throw new QuantabError(
      'InvalidArgument',
      `ONNX Runtime cannot run the model on this sample: ${sentenceOf(error)}`,
      {},
      { cause: error },
    );
  }
  const time = performance.now() - begin;
  for (const output of Object.values(outputs)) (output as { dispose?: () => void }).dispose?.();
  return time;
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
  const [first, ...others] = models;
  if (first === undefined) return [];
  return whileOpened([first, ...others], options, async ({ turns, runs, warmup }) =>
    (await timesInTurns(turns, { ...options, runs, warmup })).map(summaryOf),
  );
}

/** One model's runs, here and there. */
export interface BesideLatency {
  /** Here, as `benchmarkInTurns` gives it. */
  quantab: Latency;
  onnxRuntime: OnnxRuntimeLatency;
}

/** Threads wait busily for a while after a run, which would take from the other side's: milliseconds until they rest. */
const REST = 5;

const rest = () => new Promise<void>((resolve) => setTimeout(resolve, REST));

/**
 * Times models here and in ONNX Runtime, on the same sample: in each round every model runs once here, and then once there. Gives both
 * latencies of each model, in their order. For a fair comparison both should have the same number of threads, and ONNX Runtime be
 * called on the thread that computes here (`quantab/direct`).
 *
 * Rejects as `benchmarkOnnxRuntime` does, and for a model that cannot be run here.
 */
export async function benchmarkBesideOnnxRuntime(
  models: readonly Model[],
  options: OnnxRuntimeOptions,
): Promise<BesideLatency[]> {
  const [first, ...others] = models;
  if (first === undefined) return [];
  const { signal, onLog } = options;
  return whileOpened([first, ...others], options, async ({ sample, turns, runs, warmup }) => {
    const newest: Latency[] = [];
    const here = models.map((model, i): TimedRun => async () => {
      const once = { runs: 1, warmup: 0, feeds: sample, ...(signal && { signal }), onLog };
      newest[i] = await model.benchmark(once);
      return newest[i].median;
    });
    const rested = ([run, ...more]: TimedRun[]): TimedRun[] => [() => rest().then(run!), ...more];
    const both = [...rested(here), ...rested(turns)];
    const latencies = (await timesInTurns(both, { ...options, runs, warmup })).map(summaryOf);
    return models.map((_, i) => ({
      quantab: { ...newest[i]!, ...latencies[i]! },
      onnxRuntime: latencies[models.length + i]!,
    }));
  });
}
