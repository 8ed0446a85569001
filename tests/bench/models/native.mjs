// The native program beside onnxruntime-node, one thread each.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import ort from 'onnxruntime-node';
import { root } from '../../../scripts/lib/paths.mjs';
import { medianTime, rounds } from './rounds.mjs';

const program = path.join(root, 'build', 'release', 'quantab');

async function ours(file, runs) {
  const args = ['bench', file, '--json', '--threads', '1', '--runs', String(runs), '--warmup', '3'];
  const { stdout } = await promisify(execFile)(program, args);
  return JSON.parse(stdout).models[0].median;
}

/** [{ quantab, peer }], milliseconds. The program makes up its own sample of the same shapes. */
export async function nativeRounds(file, feeds) {
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { dtype, dims, data }]) => [
        name,
        new ort.Tensor(dtype, data, dims),
      ]),
    );
    const run = () => session.run(tensors);
    const runs = Math.max(3, Math.round(rounds.budget / (await medianTime(run, rounds.budget))));
    const results = [];
    for (let i = 0; i < rounds.count; ++i) {
      results.push({
        quantab: await ours(file, runs),
        peer: await medianTime(run, rounds.budget),
      });
    }
    return results;
  } finally {
    await session.release();
  }
}
