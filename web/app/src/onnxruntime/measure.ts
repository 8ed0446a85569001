// Times a result and its float model here and in onnxruntime-web. Loaded when it is asked for.
import type { CallOptions, Model, TensorMap } from 'quantab';
import type { Run } from '../runs';
import { firstSample, type SampleSource } from '../samples';
import type { Beside } from './table';
import type { Reply, Request } from './beside_worker';

/** Milliseconds for all runs, about; runs there are taken for so many times as long as here. */
const BUDGET = 10_000;
const SLOWNESS = 3;
const MOST_RUNS = 50;
const FEWEST_RUNS = 3;

function runsFor({ judgement }: Run): number {
  const { float, quantized } = judgement?.latency ?? {};
  const round = (1 + SLOWNESS) * ((float?.median ?? 0) + (quantized?.median ?? 0));
  return Math.max(FEWEST_RUNS, Math.min(MOST_RUNS, Math.floor(BUDGET / round)));
}

/** Without what cannot be sent to a worker. */
const plain = (sample: TensorMap): TensorMap =>
  Object.fromEntries(
    Object.entries(sample).map(([name, { dtype, dims, data }]) => [name, { dtype, dims, data }]),
  );

async function requestFor(
  model: Model,
  run: Run,
  samples: SampleSource | undefined,
  signal: AbortSignal,
): Promise<Request> {
  const sample = samples && (await firstSample(samples));
  const [main, ...externalData] = run.files!.map(({ name, blob }) => new File([blob], name));
  return {
    base: document.baseURI,
    float: new File([await model.blob({ signal })], model.name || 'model.onnx'),
    quantized: main!,
    externalData,
    feeds: sample && plain(sample),
    runs: runsFor(run),
  };
}

/** Rejects with the signal's reason once it is aborted. The run's files are there. */
export async function measureBeside(
  model: Model,
  run: Run,
  samples: SampleSource | undefined,
  signal: AbortSignal,
  onProgress: NonNullable<CallOptions['onProgress']>,
): Promise<Beside> {
  const request = await requestFor(model, run, samples, signal);
  signal.throwIfAborted();
  const worker = new Worker(new URL('./beside_worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<Beside>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.onmessage = ({ data }: MessageEvent<Reply>) => {
        if ('progress' in data) onProgress(data.progress);
        else if ('beside' in data) resolve(data.beside);
        else reject(new Error(data.failure));
      };
      worker.onerror = (event) => {
        // It is told by the rejection.
        event.preventDefault();
        reject(
          new Error(`The comparison ended early: ${event.message || 'its script is missing'}.`),
        );
      };
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
