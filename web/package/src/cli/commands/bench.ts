// quantab bench MODEL...: how long models take.
import { openModel, type Latency, type TensorMap } from '../../index.node.js';
import { integer } from '../arguments.js';
import type { Command } from '../command.js';
import { humanBytes, humanNumber, table } from '../console.js';
import { samplesIn } from '../sample_folder.js';

const MOST_RUNS = 1_000_000;

interface BenchResult {
  models: (Latency & { model: string })[];
}

export const command: Command<BenchResult> = {
  async run(invocation) {
    const { positionals, value, call } = invocation;
    const runs = integer(invocation, 'runs', 20, 1, MOST_RUNS);
    const warmup = integer(invocation, 'warmup', 2, 0, MOST_RUNS);
    const data = value('data');
    const result: BenchResult = { models: [] };
    for (const file of positionals) {
      using model = await openModel(file, call);
      let feeds: TensorMap | undefined;
      if (data !== undefined) {
        for await (feeds of samplesIn(data, model.info.inputs)) break;
      }
      const latency = await model.benchmark({ runs, warmup, ...(feeds && { feeds }), ...call });
      result.models.push({ ...latency, model: file });
    }
    return result;
  },

  text({ models }) {
    const first = models[0]!.median;
    const rows = models.map(({ model, min, median, p95, peakActivationBytes, constantBytes }) => [
      model,
      humanNumber(min),
      humanNumber(median),
      humanNumber(p95),
      humanNumber(median / first, 3),
      humanBytes(peakActivationBytes),
      humanBytes(constantBytes),
    ]);
    return table([
      ['model', 'min ms', 'median ms', 'p95 ms', 'ratio', 'activations', 'weights'],
      ...rows,
    ]);
  },
};
