// Weights quantized alone: the results run in onnxruntime-node as here, and near the float model.
import { expect, test } from '@jest/globals';
import ort from 'onnxruntime-node';
import { openModel } from 'quantab';
import { keep } from './keep.mjs';
import { hex } from './lib.mjs';
import { f32, i64, makeModel } from './option_effects/model_text.mjs';

/** The same numbers, of a normal distribution, each time. */
function normal(count, seed) {
  let state = seed;
  const uniform = () => ((state = (state * 48271) % 2147483647) - 0.5) / 2147483647;
  return Array.from(
    { length: count },
    () => 0.2 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

const weight = (dims, seed) =>
  f32(
    dims,
    normal(
      dims.reduce((a, b) => a * b),
      seed,
    ),
  );

/** A table, a weight whose rows fill no block, one below a leading 1, and one that two nodes read. */
const file = makeModel({
  nodes: [
    'e = Gather(t, i)',
    'a = MatMul(e, u)',
    'b = Relu(a)',
    'c = MatMul(b, v)',
    'd = MatMul(c, w)',
    'f = Relu(d)',
    'y = MatMul(f, w)',
  ],
  inputs: { i: { dtype: 'int64', dims: [5] } },
  outputs: { y: [1, 5, 33] },
  weights: {
    t: weight([20, 70], 1),
    u: weight([70, 48], 2),
    v: weight([1, 48, 33], 3),
    w: weight([33, 33], 4),
  },
});
const ids = [3, 19, 0, 7, 7];

async function inOnnxRuntime(model) {
  const session = await ort.InferenceSession.create(await model.bytes(), { logSeverityLevel: 3 });
  const { y } = await session.run({ i: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt)) });
  return y;
}

async function here(model) {
  const i = { dtype: 'int64', dims: [5], data: i64([5], ids).raw };
  return (await model.run({ i })).y;
}

/** The root of the mean square of the difference as a part of that of `a`. */
function apart(a, b) {
  const sum = (each) => Math.sqrt(Array.from(a, (x, i) => each(x, b[i])).reduce((s, x) => s + x));
  return sum((x, y) => (x - y) ** 2) / sum((x) => x ** 2);
}

const KINDS = [
  ['4 bits', 0.25, (model) => model.quantizeMatMulNBits({ blockSize: 32 })],
  [
    '4 bits, symmetric',
    0.25,
    (model) => model.quantizeMatMulNBits({ blockSize: 32, isSymmetric: true }),
  ],
  ['8 bits', 0.02, (model) => model.quantizeMatMulNBits({ bits: 8 })],
  ['2 bits', 1, (model) => model.quantizeMatMulNBits({ bits: 2, blockSize: 16 })],
  [
    'with tables',
    0.3,
    (model) =>
      model.quantizeMatMulNBits({ blockSize: 16, opTypesToQuantize: ['MatMul', 'Gather'] }),
  ],
  // onnxruntime-node makes MatMulNBits of it that computes in int8.
  ['QDQ', 0.25, (model) => model.quantizeMatMulNBits({ blockSize: 32, quantFormat: 'QDQ' }), 0.02],
  ['NF4', 0.25, (model) => model.quantizeMatMulBnb4()],
  ['FP4', 0.3, (model) => model.quantizeMatMulBnb4({ quantType: 'FP4', blockSize: 16 })],
  [
    '4 bits and half precision',
    0.25,
    (model) =>
      model.convert({
        quantize_matmul_nbits: { block_size: 32, is_symmetric: true },
        convert_float_to_float16: { keep_io_types: true },
      }),
    0.01,
  ],
  [
    'float4 and half precision',
    0.25,
    (model) =>
      model.convert({
        quantize_matmul_bnb4: {},
        convert_float_to_float16: { keep_io_types: true },
      }),
    0.01,
  ],
];

test.each(KINDS)('%s', async (_, most, make, between = 1e-4) => {
  const float = await keep(openModel(file));
  const model = await keep(make(float));
  const [expected, ours, theirs] = [
    await here(float),
    await here(model),
    await inOnnxRuntime(model),
  ];
  expect(ours.dims).toEqual([...theirs.dims]);
  expect(apart(theirs.data, ours.data)).toBeLessThan(between);
  const error = apart(expected.data, ours.data);
  expect(error).toBeGreaterThan(0);
  expect(error).toBeLessThan(most);
});

test('a recipe for weights alone, and half precision after it, does both, one after the other', async () => {
  const float = await keep(openModel(file));
  const recipe = {
    quantize_matmul_nbits: { is_symmetric: true },
    convert_float_to_float16: { keep_io_types: true },
  };
  const model = await keep(float.convert(recipe));
  expect(model.recipe).toEqual(recipe);
  const weights = await keep(float.quantizeMatMulNBits({ isSymmetric: true }));
  const both = await keep(weights.convertFloatToFloat16({ keepIoTypes: true }));
  expect(hex(await model.bytes())).toBe(hex(await both.bytes()));
  expect(model.info.operators.map(({ opType }) => opType)).toContain('MatMulNBits');
  expect(model.byteLength).toBeLessThan(weights.byteLength);
  // An option of the call counts more than the recipe's.
  const again = await keep(float.quantizeMatMulNBits({ recipe, isSymmetric: false }));
  expect(again.recipe.quantize_matmul_nbits).toEqual({});
  expect(again.recipe.convert_float_to_float16).toEqual({ keep_io_types: true });
});
