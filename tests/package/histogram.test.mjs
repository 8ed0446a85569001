// Histograms of weights, through the worker and without it.
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';
import { digitsPath } from './lib.mjs';
import { f32, makeModel } from './option_effects/model_text.mjs';

const values = [-1, -0.5, 0, 0, 0.25, 3];
const net = () =>
  makeModel({
    nodes: ['y = Add(x, w)'],
    inputs: { x: [6] },
    outputs: { y: [6] },
    weights: { w: f32([6], values) },
  });

describe.each(openers)('%s', (_, open) => {
  test('counts the elements of a weight', async () => {
    const model = await keep(open(net()));
    expect(await model.weightHistogram('w', { bins: 4 })).toEqual({
      name: 'w',
      dtype: 'float32',
      dims: [6],
      elements: 6,
      notFinite: 0,
      zeros: 2,
      min: -1,
      max: 3,
      mean: expect.closeTo(1.75 / 6, 10),
      deviation: expect.closeTo(Math.sqrt(10.3125 / 6 - (1.75 / 6) ** 2), 10),
      counts: [2, 3, 0, 1],
    });
  });

  test('refuses other names, and impossible numbers of bins', async () => {
    const model = await keep(open(net()));
    await expect(model.weightHistogram('x')).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/^Weight 'x' is not stored in the model's main graph\./),
    });
    for (const bins of [0, 4097, 1.5]) {
      await expect(model.weightHistogram('w', { bins })).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    }
  });
});

test('all weights of a real model add up', async () => {
  const model = await keep(openModel(digitsPath));
  const stored = new Set(model.info.nodes.flatMap(({ inputs }) => inputs));
  for (const { outputs } of model.info.nodes) outputs.forEach((name) => stored.delete(name));
  for (const { name } of model.info.inputs) stored.delete(name);
  let elements = 0;
  for (const name of stored) {
    const histogram = await model.weightHistogram(name).catch(({ message }) => {
      expect(message).toMatch(/ is int64\. Histograms are of float32 and float16\.$/);
    });
    if (histogram === undefined) continue;
    expect(histogram.counts).toHaveLength(64);
    expect(histogram.counts.reduce((a, b) => a + b)).toBe(histogram.elements);
    elements += histogram.elements;
  }
  expect(elements).toBeGreaterThan(0.99 * model.info.parameters);
});
