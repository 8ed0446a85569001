// quantab bench MODEL...: how long models take.
import {
  benchmarkInTurns,
  openModel,
  type Latency,
  type Model,
  type Profile,
  type TensorMap,
} from '../../index.node.js';
import { integer } from '../arguments.js';
import type { Command, Invocation } from '../command.js';
import { humanBytes, humanNumber, table } from '../console.js';
import { samplesIn } from '../sample_folder.js';

const MOST_RUNS = 1_000_000;

interface BenchResult {
  models: (Latency & { model: string; profile?: Profile })[];
  /** How many computed. */
  threads: number;
}

interface Candidate {
  model: Model;
  feeds: TensorMap | undefined;
}

async function firstOf(
  data: string,
  model: Model,
  invocation: Invocation,
): Promise<TensorMap | undefined> {
  const samples = await samplesIn(data, model.info.inputs, invocation);
  for await (const sample of samples) return sample;
  return undefined;
}

/** Opens the models into `candidates`. Throws for one that cannot run, before any is timed. */
async function openAll(invocation: Invocation, candidates: Candidate[]): Promise<void> {
  const { positionals, value, call, start } = invocation;
  const data = value('data');
  for (const file of positionals) {
    const candidate: Candidate = { model: await openModel(file, start), feeds: undefined };
    candidates.push(candidate);
    if (data !== undefined) candidate.feeds = await firstOf(data, candidate.model, invocation);
  }
  for (const { model, feeds } of candidates) {
    if (model.info.unsupported.length === 0) continue;
    await model.benchmark({ runs: 1, warmup: 0, feeds, signal: call.signal });
  }
}

/** So many nodes are listed for people; --json lists all. */
const MOST_LISTED = 20;

function profileText(model: string, { nodes }: Profile): string {
  const rows = nodes
    .slice(0, MOST_LISTED)
    .map(({ node, opType, median, share, kernels }) => [
      node,
      opType,
      humanNumber(median),
      humanNumber(100 * share, 3),
      kernels.length === 0 ? '-' : kernels.join(', '),
    ]);
  const others = nodes.length - rows.length;
  const more = others > 0 ? `and ${others} more; --json lists all\n` : '';
  const head = ['node', 'op', 'median ms', 'share %', 'kernels'];
  return `\n${model}\n${table([head, ...rows])}${more}`;
}

export const command: Command<BenchResult> = {
  async run(invocation) {
    const { positionals, flag, call } = invocation;
    const runs = integer(invocation, 'runs', 20, 1, MOST_RUNS);
    const warmup = integer(invocation, 'warmup', 2, 0, MOST_RUNS);
    const result: BenchResult = { models: [], threads: 1 };
    const candidates: Candidate[] = [];
    try {
      await openAll(invocation, candidates);
      const latencies = await benchmarkInTurns(
        candidates.map(({ model }) => model),
        { ...call, runs, warmup, feeds: candidates.map(({ feeds }) => feeds) },
      );
      for (const [i, { model, feeds }] of candidates.entries()) {
        const timed = { ...latencies[i]!, model: positionals[i]! };
        result.models.push(
          flag('profile')
            ? { ...timed, profile: await model.profile({ runs, warmup, feeds, ...call }) }
            : timed,
        );
        result.threads = (await model.capabilities(call)).threads;
      }
    } finally {
      for (const { model } of candidates) model.close();
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
    const profiles = models.map(({ model, profile }) => profile && profileText(model, profile));
    return (
      table([
        ['model', 'min ms', 'median ms', 'p95 ms', 'ratio', 'activations', 'weights'],
        ...rows,
      ]) + profiles.join('')
    );
  },
};
