// Histograms of float against quantized values, through the worker and without it.
import { describe, expect, test } from '@jest/globals';
import { BAD, convNet, images } from './conv_net.mjs';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';

/** Ranges of half of what the pictures have. */
const halves = images.map(({ r0: { dtype, dims, data } }) => ({
  r0: { dtype, dims, data: data.map((x) => x / 2) },
}));

const sum = (counts) => counts.reduce((a, b) => a + b, 0);

/** By the definition. */
function counted(values, { min, max }, bins) {
  const counts = Array(bins).fill(0);
  for (const value of values) {
    counts[Math.min(bins - 1, Math.floor((value - min) * (bins / (max - min))))]++;
  }
  return counts;
}

describe.each(openers)('%s', (_, open) => {
  test('values and weights are counted in both models', async () => {
    const model = await keep(open(convNet()));
    const quantized = await keep(model.quantizeStatic({ calibrationData: halves }));
    const names = [`r${BAD + 1}`, `w${BAD}`, 'r0'];
    const progress = [];
    const all = await model.layerHistograms(quantized, images, {
      names,
      bins: 16,
      onProgress: ({ stage, done, total }) => progress.push(`${stage} ${done}/${total}`),
    });
    expect(progress.at(-1)).toBe('compare 8/8');
    expect(all.map(({ name }) => name)).toEqual(names);
    expect(all.map(({ kind }) => kind)).toEqual(['activation', 'weight', 'activation']);
    for (const { min, max, reference, quantized: other } of all) {
      expect(sum(reference.counts)).toBe(reference.elements);
      expect(sum(other.counts)).toBe(other.elements);
      expect(min).toBe(Math.min(reference.min, other.min));
      expect(max).toBe(Math.max(reference.max, other.max));
    }
    const { layers, weights } = await model.layerReport(quantized, images);
    const figures = layers.find(({ name }) => name === names[0]);
    expect(all[0].reference).toMatchObject({ elements: 4 * 256, min: figures.min });
    expect(all[0].quantized).toMatchObject({ max: figures.accumulated.max, notFinite: 0 });
    expect(all[1].reference.elements).toBe(144);
    expect(all[1].clipped).toBe(0);
    expect(weights[0].name).toBe(names[1]);

    // An input: the float values are those that were given, and half of their range was measured.
    const [, , r0] = all;
    const values = images.flatMap((image) => [...image.r0.data]);
    expect(r0.reference.counts).toEqual(counted(values, r0, 16));
    const half = (r0.limits.max - r0.limits.min) / 255 / 2;
    const isClipped = (x) => x < r0.limits.min - half || x > r0.limits.max + half;
    expect(r0.clipped).toBe(values.filter(isClipped).length);
    expect(r0.clipped).toBeGreaterThan(400);
    expect(r0.quantized.min).toBeCloseTo(r0.limits.min, 5);

    // A model of another family.
    const other = await keep(open(await quantized.bytes()));
    expect(await model.layerHistograms(other, images, { names, bins: 16 })).toEqual(all);
  });

  test('weights need no samples, and nothing limits what is not quantized itself', async () => {
    const model = await keep(open(convNet()));
    const quantized = await keep(model.quantizeDynamic({ opTypesToQuantize: ['Conv'] }));
    const [w1] = await model.layerHistograms(quantized, [], { names: ['w1'] });
    expect(w1.reference.counts).toHaveLength(64);
    expect(w1.limits.max).toBeGreaterThan(0);
    const [r1] = await model.layerHistograms(quantized, images, { names: ['r1'] });
    expect(r1).toMatchObject({ limits: null, clipped: null });
  });

  test('what is wrong is said', async () => {
    const model = await keep(open(convNet()));
    const quantized = await keep(model.quantizeDynamic({ opTypesToQuantize: ['Conv'] }));
    const refused = (message, data, call, other = quantized) =>
      expect(model.layerHistograms(other, data, call)).rejects.toMatchObject({
        code: 'InvalidArgument',
        message: expect.stringMatching(message),
      });
    await refused(/^names must be an array/, images, {});
    await refused(/^names must be an array/, images, { names: 'r1' });
    await refused(/^'nothing' is neither a value/, images, { names: ['nothing'] });
    await refused(/^bins must be a whole number/, images, { names: ['r1'], bins: 0 });
    await refused(/^There was no sample/, [], { names: ['r1'] });
    await refused(/reads the samples again and again/, images.values(), { names: ['r1'] });
    await refused(/^Layer histograms need the quantized Model\.$/, images, { names: ['r1'] }, {});
  });
});
