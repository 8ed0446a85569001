// Random small graphs give what onnxruntime-node gives, in both flavours: a fixed part of what `npm run fuzz:graphs` looks through.
import { expect, test } from '@jest/globals';
import path from 'node:path';
import { relaxedNode } from '../../scripts/lib/node.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { fuzzGraphs } from '../fuzz/graphs/fuzz.mjs';

const SEEDS = 300;

test('300 random graphs agree with onnxruntime-node', async () => {
  const lines = [];
  const options = {
    first: 1,
    last: SEEDS,
    until: Number.MAX_SAFE_INTEGER,
    packageFolder: path.join(root, 'web', 'package', 'dist'),
    folder: path.join(root, 'build', 'fuzz'),
  };
  const { counts } = await fuzzGraphs(options, relaxedNode(), (line) => lines.push(line));
  expect(lines).toEqual([]);
  expect(counts.disagreed).toBe(0);
  expect(counts.agreed).toBeGreaterThan(SEEDS / 2);
}, 120_000);
