// quant_pre_process's options, and what make_dynamic_shape_fixed and update_onnx_opset do.
import { expect } from '@jest/globals';
import { f32, i64, makeModel } from './model_text.mjs';
import { normalizedConv } from './models.mjs';

/** An operator of com.microsoft, of which ONNX's own inference knows nothing. */
const foreign = {
  model: makeModel({
    nodes: ['a = com.microsoft:FastGelu(x)', 'b = Relu(x)', 'y = MatMul(a, b)'],
    inputs: { x: [1, 1] },
    outputs: { y: [1, 1] },
    domains: { 'com.microsoft': 1 },
  }),
};

/** A sum of values with dimensions of different names. */
const summed = {
  model: makeModel({
    nodes: ['a = Relu(x)', 'b = Relu(z)', 'c = Add(a, b)', 'y = Exp(c)'],
    inputs: { x: ['batch', 8], z: ['n', 8] },
    outputs: { y: ['m', 8] },
  }),
};

/** The first 1000 rows of an unknown number. */
const sliced = {
  model: makeModel({
    nodes: ['a = Relu(x)', 'b = Slice(a, begin, end, begin)', 'y = Exp(b)'],
    inputs: { x: ['n', 8] },
    outputs: { y: ['m', 8] },
    weights: { begin: i64([1], [0]), end: i64([1], [1000]) },
  }),
};

const unknown = {
  model: makeModel({
    nodes: ['a = acme:Unknown(x)', 'y = Exp(a)'],
    inputs: { x: ['n', 8] },
    outputs: { y: {} },
    domains: { acme: 1 },
  }),
};

/** Gelu, as five operators. */
const gelu = {
  model: makeModel({
    nodes: [
      'd = Div(x, root)',
      'e = Erf(d)',
      'p = Add(e, one)',
      'm = Mul(x, p)',
      'y = Mul(m, half)',
    ],
    inputs: { x: [4] },
    outputs: { y: [4] },
    weights: { root: f32([], [Math.SQRT2]), one: f32([], [1]), half: f32([], [0.5]) },
  }),
};

const fixed = (after) => {
  expect(after.inputs.x.dims).toEqual([3, 1, 2, 2]);
  expect(after.values.c.dims).toEqual([3, 1, 2, 2]);
  expect(after.outputs.y.dims).toEqual([3, 1, 2, 2]);
};

export const preprocess = {
  skip_optimization: {
    says: 'a BatchNormalization stays behind its Conv',
    ...normalizedConv,
    value: true,
    check(after, before) {
      expect(before.operators).toEqual(['Conv']);
      expect(after.operators).toEqual(['Conv', 'BatchNormalization']);
    },
  },
  skip_onnx_shape: [
    {
      says: 'without either inference no types are declared',
      ...foreign,
      with: { skipSymbolicShape: true },
      value: true,
      check(after, before) {
        expect(Object.keys(before.values)).toEqual(['b']);
        expect(after.values).toEqual({});
      },
    },
    {
      says: 'the symbolic inference finds all by itself',
      ...foreign,
      value: true,
      idle: true,
      check: (after) => expect(Object.keys(after.values).sort()).toEqual(['a', 'b']),
    },
  ],
  skip_symbolic_shape: {
    says: "the type of what an operator of com.microsoft makes isn't found",
    ...foreign,
    value: true,
    check(after, before) {
      expect(before.values.a).toEqual({ dtype: 'float32', dims: [1, 1] });
      expect(Object.keys(after.values)).toEqual(['b']);
    },
  },
  auto_merge: {
    says: 'two names of one dimension become one',
    ...summed,
    value: true,
    check(after, before) {
      const names = ({ values: { a, b, c } }) => [a, b, c].map(({ dims }) => dims[0]);
      expect(names(before).slice(0, 2)).toEqual(['batch', 'n']);
      expect(names(after)).toEqual(['batch', 'batch', 'batch']);
    },
  },
  int_max: {
    says: 'a Slice that ends behind the largest dimension there can be is taken out',
    ...sliced,
    value: 1000,
    check(after, before) {
      expect(before.operators).toEqual(['Relu', 'Slice', 'Exp']);
      expect(after.operators).toEqual(['Relu', 'Exp']);
    },
  },
  guess_output_rank: {
    says: 'what an unknown operator makes has as many dimensions as its first input',
    ...unknown,
    value: true,
    check(after, before) {
      expect(before.values.a).toEqual({ dtype: 'float32', dims: undefined });
      expect(after.values.a.dims).toHaveLength(2);
    },
  },
  skip_passes: {
    says: 'the rewrite is left out',
    ...normalizedConv,
    value: ['fuse_conv_batch_normalization'],
    check: (after) => expect(after.operators).toEqual(['Conv', 'BatchNormalization']),
  },
  optional_passes: {
    says: 'the rewrite is added',
    ...gelu,
    value: ['fuse_contrib_gelu'],
    check(after, before) {
      expect(before.operators).toHaveLength(5);
      expect(after.operators).toEqual(['Gelu']);
      expect(after.nodes[0].domain).toBe('com.microsoft');
    },
  },
  dim_params: {
    says: 'the dimension has its size in inputs, inside, and in outputs',
    ...normalizedConv,
    with: { skipOptimization: true },
    value: { N: 3 },
    check: fixed,
  },
  input_shapes: [
    {
      says: 'the input has its shape, and what follows from it',
      ...normalizedConv,
      with: { skipOptimization: true },
      value: { x: [3, 1, 2, 2] },
      check: fixed,
    },
    {
      says: 'another size than a fixed one is refused',
      ...normalizedConv,
      value: { x: [3, 2, 2, 2] },
      refuses: /'x'/,
    },
  ],
  inputs_to_make_channel_last: {
    says: 'the input is (N, ..., C), with a Transpose behind it',
    ...normalizedConv,
    value: ['x'],
    check(after, before) {
      expect(before.inputs.x.dims).toEqual(['N', 1, 2, 2]);
      expect(after.inputs.x.dims).toEqual(['N', 2, 2, 1]);
      expect(after.readers('x')).toMatchObject([
        { opType: 'Transpose', attributes: { perm: [0, 3, 1, 2] } },
      ]);
    },
  },
  outputs_to_make_channel_last: {
    says: 'the output is (N, ..., C), with a Transpose before it',
    ...normalizedConv,
    value: ['y'],
    check(after) {
      expect(after.outputs.y.dims).toEqual(['N', 2, 2, 1]);
      expect(after.maker('y')).toMatchObject({
        opType: 'Transpose',
        attributes: { perm: [0, 2, 3, 1] },
      });
    },
  },
  opset_version: {
    says: 'operators are those of the operator set',
    model: makeModel({
      nodes: ['y = ReduceMean(x) {"axes": [1], "keepdims": 0}'],
      inputs: { x: [1, 4] },
      outputs: { y: [1] },
    }),
    value: 18,
    check(after, before) {
      expect([before.opsets[''], after.opsets['']]).toEqual([17, 18]);
      expect(before.nodes[0].attributes).toEqual({ axes: [1], keepdims: 0 });
      // Since 18, the axes are an input.
      expect(after.nodes[0].attributes).toEqual({ keepdims: 0 });
      expect(after.numbers(after.nodes[0].inputs[1])).toEqual([1]);
    },
  },
};
