// Outputs of the executor against onnxruntime-node's, on float and quantized models.
//
// Differences are taken relative to the largest value of an output. Float: 1e-5, as sums are taken in another order. Quantized:
// both sides round to the same grid, but a value that lies on a boundary may fall on either side of it and move what follows, so
// the tolerance is 2 %, about five steps of a grid of 256.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import ort from 'onnxruntime-node';
import { openModel } from 'quantab';
import { keep } from './keep.mjs';
import { digitSamples, digitsPath, furthest, modelNames, modelPath, samplesOf } from './lib.mjs';

const FLOAT = 1e-5;
const INT8 = 2e-2;
/** The least that counts as the largest value: an output of zeros has no size of its own. */
const FLOOR = 1e-3;

async function theirs(bytes, feeds) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, dims, data }]) => [
      name,
      new ort.Tensor(dtype, data, dims),
    ]),
  );
  return session.run(tensors);
}

async function expectAgreement(model, feeds, tolerance) {
  const expected = await theirs(await model.bytes(), feeds);
  const actual = await model.run(feeds);
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    expect({ name, dims: actual[name].dims }).toEqual({ name, dims: tensor.dims });
    const largest = tensor.data.reduce((most, value) => Math.max(most, Math.abs(Number(value))), 0);
    const worst = furthest(actual[name].data, tensor.data) / Math.max(largest, FLOOR);
    expect({ name, worst, fine: worst <= tolerance }).toEqual({ name, worst, fine: true });
  }
}

const { cases } = JSON.parse(
  fs.readFileSync(new URL('../parity/golden/index.json', import.meta.url), 'utf8'),
);
/** Models whose quantized form ONNX Runtime itself cannot make or run. */
const refused = (mode) =>
  new Set(cases.filter((c) => c.mode === mode && !c.runs).map(({ model }) => model));

describe('float', () => {
  test.each(modelNames)('%s', async (name) => {
    const model = await keep(openModel(modelPath(name)));
    for (const feeds of await samplesOf(name)) await expectAgreement(model, feeds, FLOAT);
  });

  test('digits', async () => {
    const model = await keep(openModel(digitsPath));
    for (const feeds of digitSamples(20, 'heldout.npy')) await expectAgreement(model, feeds, FLOAT);
  });
});

describe.each(['dynamic', 'static'])('%s', (mode) => {
  const quantize = (model, calibrationData, options) =>
    mode === 'dynamic'
      ? model.quantizeDynamic(options)
      : model.quantizeStatic({ calibrationData, activationType: 'QUInt8', ...options });

  test.each(modelNames.filter((name) => !refused(mode).has(name)))('%s', async (name) => {
    const samples = await samplesOf(name);
    const model = await keep(openModel(modelPath(name)));
    const quantized = await keep(quantize(model, samples, { weightType: 'QInt8' }));
    for (const feeds of samples) await expectAgreement(quantized, feeds, INT8);
  });

  test('digits, per channel', async () => {
    const model = await keep(openModel(digitsPath));
    const quantized = await keep(
      quantize(model, digitSamples(50), { perChannel: mode === 'static' }),
    );
    for (const feeds of digitSamples(20, 'heldout.npy'))
      await expectAgreement(quantized, feeds, INT8);
  });
});
