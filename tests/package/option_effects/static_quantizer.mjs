// quantize_static's options of what is quantized, and how.
import { expect } from '@jest/globals';
import { f32, makeModel } from './model_text.mjs';
import {
  branches,
  chain,
  layerWithBias,
  product,
  products,
  samplesOf,
  transposed,
  twoKinds,
} from './models.mjs';

const round = Math.fround;
const int8 = (range, zero) => ({ scale: round(range / 255), zero, dtype: 'int8' });
const weight = (scale, zero, dtype) => ({ scale: round(scale), zero, dtype });
const domains = (graph) => new Set(graph.nodes.map(({ domain }) => domain));

/** The standard deviation of all finite numbers of float8e4m3fn, by numpy. */
const FLOAT8_DEVIATION = 100.057724;

export const staticQuantizer = {
  op_types_to_quantize: {
    says: 'a Conv that is not listed stays in float',
    ...twoKinds,
    value: ['MatMul'],
    check(after, before) {
      expect([before.quantization('k'), before.quantization('v')]).not.toContain(undefined);
      expect([after.quantization('k'), after.quantization('x')]).toEqual([undefined, undefined]);
      expect(after.maker('c').inputs).toEqual(['x', 'k']);
      expect(after.quantization('v').scale).toBe(round(2 / 127));
      expect(before.ranges.text).toContain(' x\n');
      expect(after.ranges.text).not.toContain(' x\n');
    },
  },
  per_channel: {
    says: 'each column has its own scale',
    ...product,
    value: true,
    check(after, before) {
      expect(before.quantization('w').scale).toBe(round(4 / 127));
      expect(after.quantization('w').scale).toEqual([round(1 / 127), round(4 / 127)]);
      expect(after.maker('w_DequantizeLinear_Output').attributes).toEqual({ axis: 1 });
    },
  },
  reduce_range: {
    says: 'weights are within -64 and 64, with a scale that is as much larger; activations are not',
    ...product,
    value: true,
    check(after, before) {
      expect(after.quantization('w').scale).toBe(round(4 / 64));
      expect(after.numbers('w_quantized')).toEqual([16, 48, -8, -64, 4, 32, 0, 8]);
      expect(after.quantization('x')).toEqual(before.quantization('x'));
    },
  },
  // x is within [-1, 3].
  activation_type: [
    ...[
      ['QInt8', weight(4 / 255, -64, 'int8')],
      ['QUInt8', weight(4 / 255, 64, 'uint8')],
      ['QInt16', weight(4 / 65535, -16384, 'int16')],
      ['QUInt16', weight(4 / 65535, 16384, 'uint16')],
    ].map(([value, expected]) => ({
      says: value,
      ...product,
      value,
      check: (after) => expect(after.quantization('x')).toEqual(expected),
    })),
    {
      says: 'QFLOAT8E4M3FN has a scale by the standard deviation, and no zero point',
      ...product,
      with: { calibrateMethod: 'Distribution', weightType: 'QFLOAT8E4M3FN' },
      value: 'QFLOAT8E4M3FN',
      refused: /QFLOAT8E4M3FN goes with itself only/,
      check(after) {
        const { scale, ...rest } = after.quantization('x');
        const [, deviation] = after.ranges.text.match(/ x\n {2}moments \S+ (\S+)/);
        expect(Math.abs(scale / (deviation / FLOAT8_DEVIATION) - 1)).toBeLessThan(1e-6);
        expect(rest).toEqual({ zero: 0, dtype: 'float8e4m3fn' });
        expect(after.opsets['']).toBe(19);
      },
    },
  ],
  // w is within [-4, 3].
  weight_type: [
    ...[
      ['QInt8', weight(8 / 254, 0, 'int8'), [32, 95, -16, -127, 8, 64, 0, 16]],
      ['QUInt8', weight(7 / 255, 146, 'uint8'), [182, 255, 128, 0, 155, 219, 146, 164]],
      ['QInt16', weight(8 / 65534, 0, 'int16'), [8192, 24575, -4096, -32767, 2048, 16384, 0, 4096]],
      [
        'QUInt16',
        weight(7 / 65535, 37449, 'uint16'),
        [46811, 65535, 32768, 0, 39790, 56173, 37449, 42130],
      ],
      // In float32, -4 / (8 / 15) is a hair above -7.5.
      ['QInt4', weight(8 / 15, 0, 'int4'), [2, 6, -1, -7, 0, 4, 0, 1]],
      ['QUInt4', weight(7 / 15, 9, 'uint4'), [11, 15, 8, 0, 10, 13, 9, 10]],
    ].map(([value, expected, numbers]) => ({
      says: value,
      ...product,
      with: { activationType: 'QUInt8' },
      value,
      check(after) {
        expect(after.quantization('w')).toEqual(expected);
        expect(after.numbers('w_quantized')).toEqual(numbers);
      },
    })),
    {
      says: 'QFLOAT8E4M3FN has a scale by the standard deviation, and no zero point',
      ...product,
      with: { calibrateMethod: 'Distribution', activationType: 'QFLOAT8E4M3FN' },
      value: 'QFLOAT8E4M3FN',
      refused: /QFLOAT8E4M3FN goes with itself only/,
      check(after) {
        // The deviation of w, by numpy.
        const { scale, ...rest } = after.quantization('w');
        expect(Math.abs(scale / (1.934221 / FLOAT8_DEVIATION) - 1)).toBeLessThan(1e-6);
        expect(rest).toEqual({ zero: 0, dtype: 'float8e4m3fn' });
      },
    },
  ],
  nodes_to_quantize: {
    says: 'others stay in float',
    ...chain,
    value: ['y'],
    check(after) {
      expect(after.maker('h').inputs).toEqual(['x', 'w']);
      expect(after.quantization('v').scale).toBe(round(2 / 127));
    },
  },
  nodes_to_exclude: {
    says: 'the node stays in float',
    ...chain,
    value: ['y'],
    check(after, before) {
      expect(before.maker('y').opType).toBe('DequantizeLinear');
      expect(after.maker('y').opType).toBe('MatMul');
      expect(after.maker('y').inputs[1]).toBe('v');
      expect(after.quantization('w').scale).toBe(round(4 / 127));
    },
  },
  quant_format: [
    {
      says: 'QDQ: the product is of dequantized values',
      ...product,
      value: 'QDQ',
      check: (after) =>
        expect(after.maker('y_QuantizeLinear_Input')).toMatchObject({
          opType: 'MatMul',
          inputs: ['x_DequantizeLinear_Output', 'w_DequantizeLinear_Output'],
        }),
    },
    {
      says: 'QOperator: the product is of integers',
      ...product,
      value: 'QOperator',
      check: (after) =>
        expect(after.operators).toEqual(['QuantizeLinear', 'QLinearMatMul', 'DequantizeLinear']),
    },
  ],
  activation_symmetric: {
    says: 'the range [-1, 3] becomes [-3, 3], and zero is 0',
    ...product,
    value: true,
    check: (after) => expect(after.quantization('x')).toEqual(weight(6 / 254, 0, 'int8')),
  },
  activation_restricted_asymmetric: [
    {
      says: 'a range on both sides of zero has the zero point 128',
      ...product,
      with: { activationType: 'QUInt8' },
      value: true,
      // max(1 / 128, 3 / 127)
      check: (after) => expect(after.quantization('x')).toEqual(weight(3 / 127, 128, 'uint8')),
    },
    {
      says: 'so has one below zero, while one above it has 0',
      ...product,
      samples: samplesOf([1, 4], [0, -1, -1, -2]),
      with: { activationType: 'QUInt8' },
      value: true,
      check(after, before) {
        expect(before.quantization('x')).toEqual(weight(2 / 255, 255, 'uint8'));
        expect(after.quantization('x')).toEqual(weight(2 / 128, 128, 'uint8'));
        // y is within [0.25, 1].
        expect(after.quantization('y')).toEqual(weight(1 / 255, 0, 'uint8'));
      },
    },
  ],
  weight_symmetric: [
    {
      says: 'false: int8 weights have a zero point',
      ...product,
      value: false,
      check: (after) => expect(after.quantization('w')).toEqual(int8(7, 18)),
    },
    {
      says: "true: uint8 weights have the type's middle for zero",
      ...product,
      with: { activationType: 'QUInt8', weightType: 'QUInt8' },
      value: true,
      check: (after) => expect(after.quantization('w')).toEqual(weight(8 / 255, 128, 'uint8')),
    },
  ],
  minimum_real_range: {
    says: 'the upper end of a range is that much above its lower end, at least',
    ...product,
    value: 10,
    check(after) {
      // [-1, 3] becomes [-1, 9].
      expect(after.quantization('x')).toEqual(int8(10, -102));
      // [-4, 3] becomes [-4, 6], and symmetric.
      expect(after.quantization('w').scale).toBe(round(12 / 254));
    },
  },
  block_size: {
    says: 'two rows share a scale in each column',
    ...product,
    value: 2,
    check(after) {
      expect(after.weights.w_scale.dims).toEqual([2, 2]);
      expect(after.numbers('w_scale')).toEqual([1, 4, 0.25, 2].map((most) => round(most / 127)));
      expect(after.maker('w_DequantizeLinear_Output').attributes).toEqual({
        axis: 0,
        block_size: 2,
      });
      expect(after.opsets['']).toBe(21);
    },
  },
  matmul_const_b_only: {
    says: 'the product of two computed matrices stays in float',
    ...transposed,
    value: true,
    check(after, before) {
      expect(before.maker('y').opType).toBe('DequantizeLinear');
      expect(after.operators).toEqual(['Transpose', 'MatMul']);
    },
  },
  // Bodies are not calibrated; onnxruntime ends with a TypeError there.
  enable_subgraph: {
    says: 'bodies stay in float, and a warning says so',
    ...branches,
    with: { quantFormat: 'QOperator' },
    value: true,
    idle: true,
    check(after, before) {
      expect(before.log).toEqual([]);
      expect(after.log).toEqual([expect.stringMatching(/^The bodies of If, .* stay in float/)]);
      expect(after.maker('y').attributes.then_branch.operators).toEqual(['MatMul']);
    },
  },
  force_quantize_no_input_check: {
    says: 'a Transpose of what is not quantized is quantized',
    model: makeModel({
      nodes: ['y = Transpose(x) {"perm": [1, 0]}'],
      inputs: { x: [1, 4] },
      outputs: { y: [4, 1] },
    }),
    samples: product.samples,
    value: true,
    check(after, before) {
      expect(before.operators).toEqual(['Transpose']);
      expect(after.quantization('x')).toEqual(int8(4, -64));
      expect(after.maker('y').opType).toBe('DequantizeLinear');
    },
  },
  default_tensor_type: {
    says: 'a value whose type cannot be inferred is taken for float, and quantized',
    model: makeModel({
      nodes: ['a = com.microsoft:FastGelu(x)', 'y = MatMul(a, w)'],
      inputs: { x: [1, 1] },
      outputs: { y: [1, 1] },
      weights: { w: f32([1, 1], [1]) },
      domains: { 'com.microsoft': 1 },
    }),
    samples: samplesOf([1, 1], [1]),
    value: 1,
    check(after, before) {
      expect(before.readers('a')[0].opType).toBe('MatMul');
      expect(before.log).toEqual([expect.stringMatching(/^Tensor 'a' stays as it is: its type/)]);
      expect(after.readers('a')[0].opType).toBe('QuantizeLinear');
      expect(after.log).toEqual([]);
    },
  },
  quantize_bias: {
    says: 'false: the bias stays in float',
    ...layerWithBias(1),
    value: false,
    check(after, before) {
      expect(before.weights.b_quantized.dtype).toBe('int32');
      expect(after.weights.b).toMatchObject({ dtype: 'float32', numbers: [1, -1] });
      expect(after.nodes.find(({ opType }) => opType === 'Gemm').inputs[2]).toBe('b');
    },
  },
  add_qdq_pair_to_weight: {
    says: 'the weight stays in float, and is quantized and dequantized in the graph',
    ...product,
    value: true,
    check(after, before) {
      expect(before.weights.w_quantized.dtype).toBe('int8');
      expect(after.weights.w.dtype).toBe('float32');
      expect(after.weights.w_quantized).toBeUndefined();
      expect(after.maker('w_DequantizeLinear_Output').inputs[0]).toBe('w_QuantizeLinear_Output');
      expect(after.maker('w_QuantizeLinear_Output').inputs[0]).toBe('w');
    },
  },
  dedicated_qdq_pair: {
    says: 'each reader of a value has its own pair',
    ...products,
    value: true,
    check(after, before) {
      expect(before.readers('x')).toHaveLength(1);
      expect(before.readers('x_DequantizeLinear_Output')).toHaveLength(2);
      expect(after.readers('x').map(({ name }) => name)).toEqual([
        'x_QuantizeLinear_1',
        'x_QuantizeLinear_2',
      ]);
      for (const i of [1, 2]) {
        expect(after.readers(`x_DequantizeLinear_Output_${i}`)).toHaveLength(1);
      }
    },
  },
  use_qdq_contrib_ops: {
    says: 'QuantizeLinear and DequantizeLinear are of com.microsoft',
    ...product,
    value: true,
    check(after, before) {
      expect(domains(before)).toEqual(new Set(['']));
      expect(domains(after)).toEqual(new Set(['com.microsoft', '']));
      expect(after.maker('y_QuantizeLinear_Output').domain).toBe('com.microsoft');
      expect(after.opsets['com.microsoft']).toBe(1);
    },
  },
  qdq_keep_removable_activations: {
    says: 'a Relu whose range begins at the smallest integer stays',
    ...chain,
    value: true,
    check(after, before) {
      expect([before.count('Relu'), after.count('Relu')]).toEqual([0, 1]);
    },
  },
  qdq_disable_weight_adjust_for_int32_bias: {
    says: 'the scale of a weight stays, though its bias does not fit in int32',
    ...layerWithBias(1e7),
    value: true,
    check(after, before) {
      expect(after.quantization('w').scale).toBe(round(4 / 127));
      // The smallest scale of a bias with which 1e7 fits, over that of x.
      const least = (1.0001 * 2 * 1e7) / (2 ** 32 - 2) / (4 / 255);
      expect(before.quantization('w').scale / least).toBeCloseTo(1, 6);
      expect(before.numbers('b_quantized').map(Math.abs)).not.toContain(2 ** 31 - 1);
    },
  },
  op_types_to_exclude_output_quantization: {
    says: 'what the operator makes stays in float',
    ...product,
    value: ['MatMul'],
    check(after) {
      expect(after.maker('y').opType).toBe('MatMul');
      expect(after.quantization('y')).toBeUndefined();
      expect(after.quantization('x')).toEqual(int8(4, -64));
    },
  },
  qdq_op_type_per_channel_support_to_axis: {
    says: 'each row has its own scale',
    ...product,
    with: { perChannel: true },
    value: { MatMul: 0 },
    check: (after) =>
      expect(after.quantization('w').scale).toEqual(
        [3, 4, 2, 0.5].map((most) => round(most / 127)),
      ),
  },
  sigmoid_nnapi: {
    says: 'the output of a Sigmoid has the scale 1/256 and the zero point 0',
    model: makeModel({ nodes: ['y = Sigmoid(x)'], inputs: { x: [1, 4] }, outputs: { y: [1, 4] } }),
    samples: product.samples,
    with: { quantFormat: 'QOperator', activationType: 'QUInt8' },
    value: true,
    check(after, before) {
      expect(before.quantization('y').scale).not.toBe(1 / 256);
      expect(after.quantization('y')).toEqual({ scale: 1 / 256, zero: 0, dtype: 'uint8' });
    },
  },
  extra_options: {
    says: "options go by onnxruntime's names",
    ...product,
    value: { ActivationSymmetric: true },
    check: (after) => expect(after.quantization('x')).toEqual(weight(6 / 254, 0, 'int8')),
  },
};
