// Runs models here and in onnxruntime-web in one thread, away from the page's own.
import { openModel, type Model, type Progress, type TensorMap } from 'quantab/direct';
import { benchmarkBesideOnnxRuntime } from 'quantab/onnxruntime';
import { loadOnnxRuntime, version } from './load';
import type { Beside } from './table';

export interface Request {
  /** The page's address. */
  base: string;
  float: File;
  quantized: File;
  externalData: File[];
  feeds: TensorMap | undefined;
  runs: number;
}

export type Reply = { progress: Progress } | { beside: Beside } | { failure: string };

const post = (reply: Reply) => self.postMessage(reply);

async function opened(request: Request): Promise<[Model, Model]> {
  const { float, quantized, externalData } = request;
  return [await openModel(float), await openModel(quantized, { externalData })];
}

/** How many threads compute here: they are made for the first run. */
async function threadsOf(model: Model, feeds: TensorMap | undefined): Promise<number> {
  await model.benchmark({ runs: 1, warmup: 0, feeds });
  return (await model.capabilities()).threads;
}

async function measure(request: Request): Promise<Beside> {
  const { base, feeds, runs } = request;
  const models = await opened(request);
  const threads = await threadsOf(models[0], feeds);
  const [float, quantized] = await benchmarkBesideOnnxRuntime(models, {
    ort: () => loadOnnxRuntime(base, threads),
    runs,
    warmup: 1,
    ...(feeds && { feeds }),
    // What it says of itself comes back as an error.
    sessionOptions: { executionProviders: ['wasm'], logSeverityLevel: 4 },
    onProgress: (progress) => post({ progress }),
  });
  return {
    version,
    threads,
    threadsThere: threads,
    isMadeUp: feeds === undefined,
    float: float!,
    quantized: quantized!,
  };
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  measure(data).then(
    (beside) => post({ beside }),
    (error: unknown) => post({ failure: error instanceof Error ? error.message : String(error) }),
  );
};
