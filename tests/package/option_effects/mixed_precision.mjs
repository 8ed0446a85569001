// What convert_float_to_float16 does with samples: auto_convert_mixed_precision of onnxconverter-common.
import { expect } from '@jest/globals';
import { f32, makeModel } from './model_text.mjs';
import { samplesOf } from './models.mjs';
import { done, shown } from './programs.mjs';

const ON_SAMPLES = ['float16', 'm.onnx', '-o', 'out.onnx', '--calibration-data', 'samples'];

const scalars = (x, nodes, weights) => ({
  model: makeModel({
    nodes,
    inputs: { x: [1] },
    outputs: { y: [1] },
    weights: Object.fromEntries(
      Object.entries(weights).map(([name, value]) => [name, f32([1], [value])]),
    ),
  }),
  samples: samplesOf([1], [x]),
});

/** Types of constants, without an option and with it. */
const types = (says, source, given, option, before, after) =>
  shown(says, source, async ({ quantab, read }) => {
    for (const [args, expected] of [
      [given, before],
      [[...given, ...option], after],
    ]) {
      expect(await quantab(...args)).toMatchObject(done);
      const { weights } = read('out.onnx');
      const found = Object.entries(weights).map(([name, { dtype }]) => [name, dtype]);
      expect(Object.fromEntries(found)).toEqual(expected);
    }
  });

const FLOAT = 'float32';
const HALF = 'float16';

/** 1e5 in between is beyond float16. */
const overflowing = scalars(100, ['h = Mul(x, w)', 'y = Mul(h, v)'], { w: 1000, v: 2 ** -10 });
/** 0.1 is 0.09998 in float16: 2.4e-5 less, 2.4e-4 of it. */
const inexact = scalars(1, ['y = Mul(x, w)'], { w: 0.1 });
/** 4097 is 4096 in float16; what comes after is exact there. */
const partly = scalars(1, ['a = Add(x, t)', 'b = Sub(a, t)', 'c = Mul(b, p)', 'y = Mul(c, p)'], {
  t: 4096,
  p: 2,
});

export const mixedPrecision = {
  calibration_data: types(
    'nodes that make more than float16 holds stay in float32',
    overflowing,
    ON_SAMPLES.slice(0, 4),
    ON_SAMPLES.slice(4),
    { w: HALF, v: HALF },
    { w: FLOAT, v: FLOAT },
  ),
  rtol: types(
    'a node whose output is further off, as a share, stays in float32',
    inexact,
    [...ON_SAMPLES, '--keep-io-types', '--atol', '0'],
    ['--rtol', '1e-4'],
    { w: HALF },
    { w: FLOAT },
  ),
  atol: types(
    'a node whose output is further off stays in float32',
    inexact,
    [...ON_SAMPLES, '--keep-io-types', '--rtol', '0'],
    ['--atol', '1e-5'],
    { w: HALF },
    { w: FLOAT },
  ),
  max_trials: types(
    'without trials to tell nodes apart, all stay in float32',
    partly,
    [...ON_SAMPLES, '--keep-io-types'],
    ['--max-trials', '2'],
    { t: FLOAT, p: HALF },
    { t: FLOAT, p: FLOAT },
  ),
};
