// The options of convert_float_to_float16, of both Python tools and of our own variant.
import { expect } from '@jest/globals';
import { f32, makeModel } from './model_text.mjs';

const VARIANTS = ['quantab', 'onnxruntime', 'onnxconverter_common'];

/** Relu, Exp and Mul by what is nearer to zero, and further from it, than float16 can hold. */
const half = {
  model: makeModel({
    nodes: ['r = Relu(x)', 'e = Exp(r)', 'y = Mul(e, w)'],
    inputs: { x: [4] },
    outputs: { y: [4] },
    weights: { w: f32([4], [1e-9, -1e5, 0.0001, 2]) },
  }),
};

/** Max, which all variants leave in float32, and Relu. */
const blocked = {
  model: makeModel({
    nodes: ['m = Max(x, w)', 'y = Relu(m)'],
    inputs: { x: [2] },
    outputs: { y: [2] },
    weights: { w: f32([2], [1, 2]) },
  }),
};

/** GroupNorm, whose last inputs stay in float32. */
const normalized = {
  model: makeModel({
    nodes: ['y = com.microsoft:GroupNorm(x, g, b) {"groups": 1, "activation": 0, "epsilon": 0.5}'],
    inputs: { x: [1, 2, 2, 4] },
    outputs: { y: [1, 2, 2, 4] },
    weights: { g: f32([4], [1, 2, 3, 4]), b: f32([4], [1, 2, 3, 4]) },
    domains: { 'com.microsoft': 1 },
  }),
};

/** Float16 between two Casts. */
const mixed = {
  model: makeModel({
    nodes: ['h = Cast(x) {"to": 10}', 'f = Cast(h) {"to": 1}', 'y = Relu(f)'],
    inputs: { x: [2] },
    outputs: { y: [2] },
  }),
};

const casts = ({ nodes }) =>
  nodes.filter(({ opType }) => opType === 'Cast').map(({ name }) => name);
const typesOf = ({ inputs, outputs }) => [inputs.x.dtype, outputs.y.dtype];

/** One case for each variant; `build` is given its name, and how many there were before. */
const inAll = (build, variants = VARIANTS) =>
  variants.map((variant) => {
    const each = build(variant, VARIANTS.indexOf(variant));
    return { ...each, says: `${variant}: ${each.says}`, with: { ...each.with, variant } };
  });

/** What Casts around the node e are called. */
const AROUND = [
  ['r_float32_cast', 'e_float16_cast'],
  ['r_cast_to_fp32_node', 'e_cast_to_fp16_node'],
  ['e_input_cast0', 'e_output_cast0'],
];

export const float16 = {
  variant: VARIANTS.map((value, index) => ({
    says: `${value} names Casts in its way`,
    ...half,
    with: { opBlockList: ['Exp'] },
    value,
    check: (after) => expect(casts(after)).toEqual(AROUND[index]),
  })),
  keep_io_types: inAll((_, index) => ({
    says: 'inputs and outputs stay in float32, behind Casts',
    ...half,
    value: true,
    check(after, before) {
      expect(typesOf(before)).toEqual(['float16', 'float16']);
      expect(typesOf(after)).toEqual(['float32', 'float32']);
      expect(casts(after)).toEqual(
        [
          ['x_float16_cast', 'y_cast'],
          ['graph_input_cast0', 'graph_output_cast0'],
          ['x_cast_to_r', 'y_cast_to_y'],
        ][index],
      );
    },
  })),
  keep_io_names: inAll(() => ({
    says: 'the named output stays in float32',
    ...half,
    value: ['y'],
    check(after) {
      expect(typesOf(after)).toEqual(['float16', 'float32']);
      expect(after.count('Cast')).toBe(1);
    },
  })),
  // The Python tools then do not see that the values around a node that is left out are float32.
  disable_shape_infer: [
    ...inAll(
      () => ({
        says: 'a node whose values have no declared type is not left out',
        ...half,
        with: { opBlockList: ['Exp'] },
        value: true,
        check(after, before) {
          expect([before.count('Cast'), after.count('Cast')]).toEqual([2, 0]);
          expect(after.log).toContainEqual(
            expect.stringMatching(/^Node 'e' computes in float16, though it was to be left out/),
          );
        },
      }),
      VARIANTS.slice(1),
    ),
    ...inAll(
      () => ({
        says: 'types are found all the same',
        ...half,
        with: { opBlockList: ['Exp'] },
        value: true,
        idle: true,
        check: (after) => expect(after.count('Cast')).toBe(2),
      }),
      VARIANTS.slice(0, 1),
    ),
  ],
  op_block_list: [
    ...inAll((_, index) => ({
      says: 'nodes of the type stay in float32',
      ...half,
      value: ['Exp'],
      check(after, before) {
        expect(casts(before)).toEqual([]);
        expect(casts(after)).toEqual(AROUND[index]);
      },
    })),
    ...inAll(() => ({
      says: 'those of the usual list do no longer',
      ...blocked,
      value: [],
      check(after, before) {
        expect(before.weights.w.dtype).toBe('float32');
        expect(before.count('Cast')).toBe(2);
        expect(after.operators).toEqual(['Max', 'Relu']);
        expect(after.weights.w.dtype).toBe('float16');
      },
    })),
  ],
  node_block_list: inAll((_, index) => ({
    says: 'the node stays in float32',
    ...half,
    value: ['e'],
    check: (after) => expect(casts(after)).toEqual(AROUND[index]),
  })),
  // 2^-24, and 1e-7 in float16; then 0.001 in float16.
  min_positive_val: inAll((_, index) => ({
    says: 'a constant nearer to zero becomes this',
    ...half,
    value: 0.001,
    check(after, before) {
      const [least] = before.numbers('w');
      expect(least).toBe([2 ** -24, 2 ** -24, 2 ** -23][index]);
      const [first, , third] = after.numbers('w');
      expect([first, third]).toEqual([1049 * 2 ** -20, 1049 * 2 ** -20]);
    },
  })),
  max_finite_val: inAll((_, index) => ({
    says: 'a constant further from zero becomes this',
    ...half,
    value: 100,
    check(after, before) {
      expect(before.numbers('w')[1]).toBe([-65504, -65504, -10000][index]);
      expect(after.numbers('w')[1]).toBe(-100);
    },
  })),
  check_fp16_ready: {
    says: 'onnxconverter_common: false: a model with float16 in it is converted',
    ...mixed,
    with: { variant: 'onnxconverter_common' },
    value: false,
    refused: /has float16 already\. Set 'check_fp16_ready' to false/,
    check: (after) => expect(typesOf(after)).toEqual(['float16', 'float16']),
  },
  force_fp16_initializers: inAll(() => ({
    says: 'a constant of a node that stays in float32 is stored as float16',
    ...blocked,
    value: true,
    check(after, before) {
      expect(before.weights.w.dtype).toBe('float32');
      expect(after.weights.w.dtype).toBe('float16');
      expect(after.readers('w')[0].attributes).toEqual({ to: 1 });
    },
  })),
  // onnxconverter_common knows no such inputs, and converts all.
  force_fp16_inputs: inAll(
    () => ({
      says: 'inputs that an operator has in float32 otherwise',
      ...normalized,
      value: { GroupNorm: [1, 2] },
      check(after, before) {
        const types = ({ weights }) => [weights.g.dtype, weights.b.dtype];
        expect(types(before)).toEqual(['float32', 'float32']);
        expect(types(after)).toEqual(['float16', 'float16']);
      },
    }),
    VARIANTS.slice(0, 2),
  ),
  use_bfloat16_as_blocked_nodes_dtype: {
    says: 'onnxruntime: a node that is left out is given bfloat16',
    ...half,
    with: { variant: 'onnxruntime', opBlockList: ['Exp'] },
    value: true,
    check(after, before) {
      expect(before.maker('r_cast_to_fp32').attributes).toEqual({ to: 1 });
      expect(after.maker('r_cast_to_fp32').attributes).toEqual({ to: 16 });
    },
  },
};
