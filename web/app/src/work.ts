// From settings to a judged result: quantize, compare on the samples, time both models.
import type { Comparison, Latency, Model, Progress, TensorMap } from 'quantab';
import type { ImageOptions } from 'quantab/samples';
import type { Method } from './option_fields';
import { samplesOf, type SampleSet } from './samples';

export interface Job {
  method: Method;
  options: Record<string, unknown>;
  samples: SampleSet;
  image: ImageOptions | undefined;
  /** Number of made-up samples to use in place of the user's; 0 for none. */
  random: number;
}

export interface Outcome {
  job: Job;
  quantized: Model;
  blob: Blob;
  /** Absent when there was nothing to compare on, or the model cannot run here. */
  comparison: Comparison | undefined;
  latency: { float: Latency; quantized: Latency } | undefined;
  /** Sentences the core had to say. */
  log: string[];
}

const RUNS = 20;

async function* randomSamples(model: Model, count: number): AsyncGenerator<TensorMap> {
  for (let seed = 0; seed < count; ++seed) yield await model.randomSample(seed);
}

export async function work(
  model: Model,
  job: Job,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Outcome> {
  const log: string[] = [];
  const call = {
    signal,
    onProgress,
    onLog: (_: string, message: string) => void log.push(message),
  };
  const samples = () =>
    job.random > 0
      ? randomSamples(model, job.random)
      : samplesOf(job.samples, model.info.inputs, job.image);
  const hasSamples = job.random > 0 || job.samples.tensors.length + job.samples.images.length > 0;

  const quantized =
    job.method === 'dynamic'
      ? await model.quantizeDynamic({ ...job.options, ...call })
      : await model.quantizeStatic({ ...job.options, ...call, calibrationData: samples() });
  try {
    const blob = await quantized.blob(call);
    const runs = model.info.unsupported.length + quantized.info.unsupported.length === 0;
    let comparison: Comparison | undefined;
    let latency: Outcome['latency'];
    if (runs) {
      let feeds: TensorMap | undefined;
      if (hasSamples) {
        comparison = await model.compare(quantized, samples(), call);
        for await (const sample of samples()) {
          feeds = sample;
          break;
        }
      }
      const options = { ...call, runs: RUNS, ...(feeds && { feeds }) };
      latency = {
        float: await model.benchmark(options),
        quantized: await quantized.benchmark(options),
      };
    }
    return { job, quantized, blob, comparison, latency, log };
  } catch (error) {
    quantized.close();
    throw error;
  }
}
