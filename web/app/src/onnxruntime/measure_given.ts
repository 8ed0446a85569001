// Times a result and its float model here and in an onnxruntime-web of somebody else's, which runs where it was loaded: in the page
// itself. Loaded when it is asked for.
import { benchmarkBesideOnnxRuntime, type OnnxRuntime } from 'quantab/onnxruntime';
import { openResult } from '../result_model';
import { firstSample } from '../samples';
import { untilAborted } from '../until_aborted';
import type { Measure } from './offer';
import { besideRuns } from './runs_for';

/** What the module says of itself; whoever made another one of the same kind may leave it out. */
interface Environment {
  versions?: { web?: string };
  wasm?: { numThreads?: number };
}

const environmentOf = (ort: OnnxRuntime): Environment =>
  (ort as OnnxRuntime & { env?: Environment }).env ?? {};

/** `load` hears how many threads compute here. */
export const measureWith =
  (load: (threads: number) => Promise<OnnxRuntime>): Measure =>
  async (model, run, samples, signal, onProgress) => {
    const feeds = samples && (await untilAborted(firstSample(samples), signal));
    const result = (await openResult(run, signal))!;
    try {
      // Threads are made for the first run.
      await model.benchmark({ runs: 1, warmup: 0, feeds, signal });
      const { threads } = await model.capabilities();
      const ort = await untilAborted(load(threads), signal);
      const [float, quantized] = await benchmarkBesideOnnxRuntime([model, result], {
        ort,
        runs: besideRuns(run),
        warmup: 1,
        ...(feeds && { feeds }),
        // What it says of itself comes back as an error.
        sessionOptions: { logSeverityLevel: 4 },
        signal,
        onProgress,
      });
      const { versions, wasm } = environmentOf(ort);
      return {
        version: versions?.web,
        threads,
        threadsThere: wasm?.numThreads,
        isMadeUp: feeds === undefined,
        float: float!,
        quantized: quantized!,
      };
    } finally {
      result.close();
    }
  };
