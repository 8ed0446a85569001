// Times a result and its float model here and in onnxruntime-web. Loaded when it is asked for.
import type { Model, TensorMap } from 'quantab';
import type { Run } from '../runs';
import { firstSample, type SampleSource } from '../samples';
import { untilAborted } from '../until_aborted';
import type { Reply, Request } from './beside_worker';
import type { Measure } from './offer';
import { besideRuns } from './runs_for';
import type { Beside } from './table';

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
  const sample = samples && (await untilAborted(firstSample(samples), signal));
  const [main, ...externalData] = run.files!.map(({ name, blob }) => new File([blob], name));
  return {
    base: document.baseURI,
    float: new File([await model.blob({ signal })], model.name || 'model.onnx'),
    quantized: main!,
    externalData,
    feeds: sample && plain(sample),
    runs: besideRuns(run),
  };
}

export const measureBeside: Measure = async (model, run, samples, signal, onProgress) => {
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
};
