// quantize_dynamic's options.
import { expect } from '@jest/globals';
import { f32, makeModel } from './model_text.mjs';
import { branches, chain, custom, product, table, transposed, twoKinds } from './models.mjs';

const round = Math.fround;

export const dynamic = {
  op_types_to_quantize: {
    says: 'a Conv that is not listed stays in float',
    ...twoKinds,
    value: ['MatMul'],
    check(after, before) {
      expect([before.count('ConvInteger'), before.count('MatMulInteger')]).toEqual([1, 1]);
      expect([after.count('Conv'), after.count('MatMulInteger')]).toEqual([1, 1]);
    },
  },
  per_channel: {
    says: 'each column has its own scale',
    ...product,
    value: true,
    check(after, before) {
      expect(before.quantization('w').scale).toBe(round(4 / 127));
      expect(after.quantization('w')).toEqual({
        scale: [round(1 / 127), round(4 / 127)],
        zero: [0, 0],
        dtype: 'int8',
      });
      expect(after.numbers('w_quantized')).toEqual([127, 95, -64, -127, 32, 64, 0, 16]);
    },
  },
  reduce_range: {
    says: 'weights are within -64 and 64, with a scale that is as much larger',
    ...product,
    value: true,
    check(after, before) {
      expect(before.quantization('w').scale).toBe(round(4 / 127));
      expect(after.quantization('w').scale).toBe(round(4 / 64));
      expect(after.numbers('w_quantized')).toEqual([16, 48, -8, -64, 4, 32, 0, 8]);
    },
  },
  weight_type: [
    {
      says: 'QInt8 is symmetric',
      ...product,
      value: 'QInt8',
      check: (after) =>
        expect(after.quantization('w')).toEqual({ scale: round(4 / 127), zero: 0, dtype: 'int8' }),
    },
    {
      says: 'QUInt8 has a zero point',
      ...product,
      value: 'QUInt8',
      check: (after) =>
        // 4 / (7 / 255) = 145.7
        expect(after.quantization('w')).toEqual({
          scale: round(7 / 255),
          zero: 146,
          dtype: 'uint8',
        }),
    },
  ],
  nodes_to_quantize: {
    says: 'others stay in float',
    ...chain,
    value: ['y'],
    check(after, before) {
      expect([before.count('MatMulInteger'), before.count('MatMul')]).toEqual([2, 0]);
      expect(after.maker('h').opType).toBe('MatMul');
      expect(after.count('MatMulInteger')).toBe(1);
      expect(after.weights.w.dtype).toBe('float32');
      expect(after.weights.v_quantized.dtype).toBe('int8');
    },
  },
  nodes_to_exclude: {
    says: 'the node stays in float',
    ...chain,
    value: ['y'],
    check(after) {
      expect(after.maker('y').opType).toBe('MatMul');
      expect(after.maker('y').inputs).toEqual(['r', 'v']);
      expect(after.count('MatMulInteger')).toBe(1);
    },
  },
  activation_symmetric: {
    says: "a table of Gather, which is quantized like an activation, has uint8's middle for zero",
    ...table,
    value: true,
    check(after, before) {
      expect(before.quantization('t')).toEqual({ scale: round(3 / 255), zero: 85, dtype: 'uint8' });
      expect(after.quantization('t')).toEqual({ scale: round(4 / 255), zero: 128, dtype: 'uint8' });
    },
  },
  weight_symmetric: [
    {
      says: 'false: int8 weights have a zero point',
      ...product,
      value: false,
      check: (after) =>
        // -128 + 4 / (7 / 255) = 17.7
        expect(after.quantization('w')).toEqual({ scale: round(7 / 255), zero: 18, dtype: 'int8' }),
    },
    {
      says: "true: uint8 weights have the type's middle for zero",
      ...product,
      with: { weightType: 'QUInt8' },
      value: true,
      check: (after) =>
        expect(after.quantization('w')).toEqual({
          scale: round(8 / 255),
          zero: 128,
          dtype: 'uint8',
        }),
    },
  ],
  minimum_real_range: {
    says: 'the upper end of a range is that much above its lower end, at least',
    ...product,
    value: 10,
    check: (after) =>
      // [-4, 3] becomes [-4, 6], and symmetric.
      expect(after.quantization('w').scale).toBe(round(12 / 254)),
  },
  matmul_const_b_only: {
    says: 'false: two computed matrices are multiplied in integers',
    ...transposed,
    value: false,
    check(after, before) {
      expect(before.operators).toEqual(['Transpose', 'MatMul']);
      expect(after.count('MatMulInteger')).toBe(1);
      expect(after.count('DynamicQuantizeLinear')).toBe(2);
    },
  },
  enable_subgraph: {
    says: 'the bodies of an If are quantized too',
    ...branches,
    value: true,
    check(after, before) {
      const bodies = (graph) =>
        ['then_branch', 'else_branch'].map((name) => graph.maker('y').attributes[name]);
      expect(bodies(before).map(({ operators }) => operators)).toEqual([['MatMul'], ['MatMul']]);
      expect(bodies(after).map((body) => body.count('MatMulInteger'))).toEqual([1, 1]);
      expect(after.count('DynamicQuantizeLinear')).toBe(1);
    },
  },
  force_quantize_no_input_check: {
    says: 'a constant that is only transposed is quantized',
    model: makeModel({
      nodes: ['y = Transpose(w)', 'z = Identity(x)'],
      inputs: { x: [1] },
      outputs: { y: [2, 2], z: [1] },
      weights: { w: f32([2, 2], [-1, 0.5, 2, 1]) },
    }),
    value: true,
    check(after, before) {
      expect(before.maker('y').opType).toBe('Transpose');
      expect(after.maker('y_quantized').inputs).toEqual(['w_quantized']);
      expect(after.maker('y').opType).toBe('DequantizeLinear');
    },
  },
  default_tensor_type: {
    says: 'what an unknown operator makes is taken for float16, and left alone',
    ...custom,
    value: 10,
    check(after, before) {
      expect(before.count('MatMulInteger')).toBe(1);
      expect(after.operators).toEqual(['Unknown', 'MatMul', 'Unknown']);
    },
  },
  extra_options: {
    says: "options go by onnxruntime's names",
    ...product,
    value: { WeightSymmetric: false },
    check: (after) => expect(after.quantization('w').zero).toBe(18),
  },
};
