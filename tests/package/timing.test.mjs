// How long models take: in turns, and node by node.
import { describe, expect, test } from '@jest/globals';
import { benchmarkInTurns } from 'quantab';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';
import { digitSamples, digitsPath } from './lib.mjs';

describe.each(openers)('%s', (_, open) => {
  test('models are timed in turns', async () => {
    const model = await keep(open(digitsPath));
    const quantized = await keep(model.quantizeDynamic());
    const other = await keep(open(digitsPath));
    const progress = [];
    const [sample] = digitSamples(1);
    const latencies = await benchmarkInTurns([model, quantized, other], {
      runs: 4,
      warmup: 1,
      feeds: sample,
      onProgress: ({ stage, done, total }) => progress.push(`${stage} ${done}/${total}`),
    });
    expect(latencies).toHaveLength(3);
    for (const latency of latencies) {
      const { min, median, p95, peakActivationBytes } = latency;
      expect(latency.runs).toBe(4);
      expect([min, median, p95]).toEqual([min, median, p95].toSorted((a, b) => a - b));
      expect(peakActivationBytes).toBeGreaterThan(0);
    }
    expect(latencies[1].constantBytes).toBeLessThan(latencies[0].constantBytes);
    expect(progress).toHaveLength(15);
    expect(progress.at(-1)).toBe('benchmark 15/15');
    expect(await benchmarkInTurns([])).toEqual([]);
  });

  test('each model can have feeds of its own', async () => {
    const model = await keep(open(digitsPath));
    const other = await keep(open(digitsPath));
    const [{ image }] = digitSamples(1);
    const many = { image: { ...image, dims: [9, 1, 8, 8], data: new Float32Array(9 * 64) } };
    const [one, nine] = await benchmarkInTurns([model, other], {
      runs: 1,
      feeds: [{ image }, many],
    });
    expect(nine.peakActivationBytes).toBeGreaterThan(4 * one.peakActivationBytes);
  });

  test('a profile has every node that runs, with its kernels', async () => {
    const model = await keep(open(digitsPath));
    const [feeds] = digitSamples(1);
    const profile = await model.profile({ feeds, runs: 3, warmup: 1 });
    expect(profile.runs).toBe(3);
    const medians = profile.nodes.map(({ median }) => median);
    expect(medians).toEqual(medians.toSorted((a, b) => b - a));
    expect(medians.reduce((a, b) => a + b)).toBeCloseTo(profile.total, 9);
    expect(profile.nodes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    const kernels = profile.nodes.flatMap(({ kernels }) => kernels);
    expect(kernels).toEqual(expect.arrayContaining([expect.stringMatching(/^f32_/)]));

    const quantized = await keep(model.quantizeDynamic());
    const integers = (await quantized.profile({ feeds, runs: 1 })).nodes;
    expect(integers.flatMap(({ kernels }) => kernels)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^i8_/)]),
    );
  });

  test('what is wrong is said', async () => {
    const model = await keep(open(digitsPath));
    await expect(benchmarkInTurns([model, {}])).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: 'Models to time must be an array of Models.',
    });
    await expect(benchmarkInTurns([model], { runs: 0 })).rejects.toMatchObject({
      message: 'runs must be a whole number of at least 1, got 0.',
    });
    await expect(model.profile({ runs: 0 })).rejects.toMatchObject({
      message: 'runs must be a whole number of at least 1, got 0.',
    });
    const signal = AbortSignal.abort();
    await expect(benchmarkInTurns([model], { signal })).rejects.toMatchObject({
      code: 'Cancelled',
    });
  });
});
