// The models that options are shown on, small enough to work out by hand what must come of them.
import { f32, makeModel } from './model_text.mjs';

/** Samples for the input x. */
export const samplesOf = (dims, ...rows) =>
  rows.map((row) => ({ x: { dtype: 'float32', dims, data: Float32Array.from(row) } }));

/** Columns within [-0.5, 1] and [-4, 3]. */
const columns = f32([4, 2], [1, 3, -0.5, -4, 0.25, 2, 0, 0.5]);

/** x within [-1, 3], and y within [-0.75, 0.5]. */
export const product = {
  model: makeModel({
    nodes: ['y = MatMul(x, w)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2] },
    weights: { w: columns },
  }),
  samples: samplesOf([1, 4], [-1, 0, 1, 3]),
};

/** The same with x from -1 to 3, from -2 to 2, and from 0 to 7. */
export const three = {
  ...product,
  samples: samplesOf([1, 4], [-1, 0, 1, 3], [-2, 0, 1, 2], [0, 0, 0, 7]),
};

/** Two products of the same x. */
export const products = {
  model: makeModel({
    nodes: ['y = MatMul(x, w)', 'z = MatMul(x, v)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2], z: [1, 2] },
    weights: { w: columns, v: columns },
  }),
  samples: product.samples,
};

/** A layer with the biases b and -b. */
export const layerWithBias = (b) => ({
  model: makeModel({
    nodes: ['y = Gemm(x, w, b)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2] },
    weights: { w: columns, b: f32([2], [b, -b]) },
  }),
  samples: product.samples,
});

/** The product of two computed matrices. */
export const transposed = {
  model: makeModel({
    nodes: ['t = Transpose(x) {"perm": [1, 0]}', 'y = MatMul(x, t)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 1] },
  }),
  samples: product.samples,
};

/** Two MatMuls, named as what they make, h and y. */
export const chain = {
  model: makeModel({
    nodes: ['h = MatMul(x, w)', 'r = Relu(h)', 'y = MatMul(r, v)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2] },
    weights: { w: columns, v: f32([2, 2], [1, -2, 0.5, 0.25]) },
  }),
  samples: product.samples,
};

/** A Conv and a MatMul. */
export const twoKinds = {
  model: makeModel({
    nodes: ['c = Conv(x, k)', 'y = MatMul(c, v)'],
    inputs: { x: [1, 1, 2, 2] },
    outputs: { y: [1, 1, 2, 2] },
    weights: { k: f32([1, 1, 1, 1], [2]), v: f32([2, 2], [1, -2, 0.5, 0.25]) },
  }),
  samples: samplesOf([1, 1, 2, 2], [-1, 0, 1, 3]),
};

/** Rows of a constant, within [-1, 2], are looked up. */
export const table = {
  model: makeModel({
    nodes: ['y = Gather(t, i)'],
    inputs: { i: { dtype: 'int64', dims: [2] } },
    outputs: { y: [2, 2] },
    weights: { t: f32([2, 2], [-1, 0.5, 2, 1]) },
  }),
  samples: [{ i: { dtype: 'int64', dims: [2], data: BigInt64Array.of(0n, 1n) } }],
};

/** A MatMul in either body of an If. */
export const branches = {
  model: makeModel({
    nodes: [
      [
        'y = If(c)',
        {
          then_branch: { nodes: ['t = MatMul(x, w)'], outputs: { t: [1, 2] } },
          else_branch: { nodes: ['e = MatMul(x, w)'], outputs: { e: [1, 2] } },
        },
      ],
    ],
    inputs: { c: { dtype: 'bool', dims: [] }, x: [1, 4] },
    outputs: { y: [1, 2] },
    weights: { w: columns },
  }),
  samples: product.samples.map(({ x }) => ({
    x,
    c: { dtype: 'bool', dims: [], data: Uint8Array.of(1) },
  })),
};

/** A MatMul between operators that nobody knows. */
export const custom = {
  model: makeModel({
    nodes: ['a = acme:Unknown(x)', 'b = MatMul(a, w)', 'y = acme:Unknown(b)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2] },
    weights: { w: columns },
    domains: { acme: 1 },
  }),
  samples: product.samples,
};

/** x is spread over [-32, 29.09] as cubes are, denser near zero. */
export const spread = {
  model: makeModel({
    nodes: ['y = MatMul(x, w)'],
    inputs: { x: [1, 64] },
    outputs: { y: [1, 1] },
    weights: { w: f32([64, 1], [1, ...Array(63).fill(0)]) },
  }),
  samples: samplesOf(
    [1, 64],
    Array.from({ length: 64 }, (_, k) => (k - 32) ** 3 / 1024),
  ),
};

/** A layer of two inputs and outputs, and one sample for it. */
export const layerOf = (weight, x, bias) => ({
  model: makeModel({
    nodes: [bias ? 'y = Gemm(x, w, b)' : 'y = MatMul(x, w)'],
    inputs: { x: [1, 2] },
    outputs: { y: [1, 2] },
    weights: { w: f32([2, 2], weight), ...(bias && { b: f32([2], bias) }) },
  }),
  samples: samplesOf([1, 2], x),
});

/** A Conv and the BatchNormalization of its results. */
export const normalizedConv = {
  model: makeModel({
    nodes: ['c = Conv(x, k)', 'y = BatchNormalization(c, scale, bias, mean, variance)'],
    inputs: { x: ['N', 1, 2, 2] },
    outputs: { y: ['N', 1, 2, 2] },
    weights: {
      k: f32([1, 1, 1, 1], [2]),
      scale: f32([1], [3]),
      bias: f32([1], [0.5]),
      mean: f32([1], [1]),
      variance: f32([1], [4]),
    },
  }),
};
