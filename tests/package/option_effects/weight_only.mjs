// The options of MatMulNBitsQuantizer and of MatMulBnb4Quantizer.
import { expect } from '@jest/globals';
import { f32, makeModel } from './model_text.mjs';

const round = Math.fround;
const numbers = Array.from({ length: 32 }, (_, i) => i);

/** A column that rises from -7.5 by halves to 8, and one that falls from 15 to -16. */
const blocks = {
  model: makeModel({
    nodes: ['y = MatMul(x, w)'],
    inputs: { x: [1, 32] },
    outputs: { y: [1, 2] },
    weights: {
      w: f32(
        [32, 2],
        numbers.flatMap((i) => [i / 2 - 7.5, 15 - i]),
      ),
    },
  }),
  samples: [],
};

/** Two of them, named as what they make, and a table. */
const several = {
  model: makeModel({
    nodes: ['e = Gather(t, i)', 'h = MatMul(e, w)', 'y = MatMul(h, v)'],
    inputs: { i: { dtype: 'int64', dims: [1] } },
    outputs: { y: [1, 2] },
    weights: {
      t: f32([2, 32], numbers.concat(numbers.map((i) => -i / 4))),
      w: f32(
        [32, 2],
        numbers.flatMap((i) => [i, -i]),
      ),
      v: f32([2, 2], [1, -2, 0.5, 0.25]),
    },
  }),
  samples: [],
};

const nibbles = (bytes) => bytes.flatMap((byte) => [byte & 15, byte >> 4]);

export const nbits = {
  bits: [
    {
      says: 'there are 15 steps in the range of 4 bits, 3 in that of 2 and 255 in that of 8',
      ...blocks,
      with: { blockSize: 32 },
      value: 8,
      check(after, before) {
        expect(before.weights.w_scales.numbers).toEqual([round(15.5 / 15), round(31 / 15)]);
        expect(after.weights.w_scales.numbers).toEqual([round(15.5 / 255), round(31 / 255)]);
        expect(after.weights.w_Q8.dims).toEqual([2, 1, 32]);
        expect(after.maker('y')).toMatchObject({ name: 'y_Q8', opType: 'MatMulNBits' });
        expect(after.maker('y').attributes).toEqual({ K: 32, N: 2, bits: 8, block_size: 32 });
      },
    },
    {
      says: 'two bits lie four to a byte, the first in the low ones',
      ...blocks,
      with: { blockSize: 16, isSymmetric: true },
      value: 2,
      check(after) {
        expect(after.weights.w_Q2.dims).toEqual([2, 2, 4]);
        // Up to -6 / 3.75 + 2 = 0.4, up to -2 / 3.75 + 2 = 1.47, and from there on.
        const codes = after.weights.w_Q2.numbers.slice(0, 4).map((byte) => byte.toString(4));
        expect(after.weights.w_scales.numbers.slice(0, 2)).toEqual([3.75, -4]);
        expect(codes.map((code) => code.padStart(4, '0'))).toEqual([
          '0000',
          '1111',
          '1111',
          '2222',
        ]);
      },
    },
  ],
  block_size: {
    says: 'rows of a column share a scale',
    ...blocks,
    value: 16,
    check(after, before) {
      expect([before, after].map(({ weights }) => weights.w_Q4.dims)).toEqual([
        [2, 1, 64],
        [2, 2, 8],
      ]);
      // From -7.5 to 0, from 0 to 8, from 0 to 15, and from -16 to 0.
      expect(after.weights.w_scales.numbers).toEqual([7.5 / 15, 8 / 15, 1, 16 / 15].map(round));
    },
  },
  is_symmetric: {
    says: 'zero is 8, and no zero points are written',
    ...blocks,
    with: { blockSize: 16 },
    value: true,
    check(after, before) {
      expect(before.weights.w_zero_points.dims).toEqual([2, 1]);
      expect(nibbles(before.weights.w_zero_points.numbers)).toEqual([15, 0, 0, 15]);
      expect(before.maker('y').inputs).toEqual(['x', 'w_Q4', 'w_scales', 'w_zero_points']);
      expect(after.maker('y').inputs).toEqual(['x', 'w_Q4', 'w_scales']);
      // The number farthest from zero becomes -8.
      expect(after.weights.w_scales.numbers).toEqual([7.5, -8, -15, 16].map((v) => round(v / 8)));
      // 15 / -1.875 + 8 = 0, and 0 / -1.875 + 8 = 8.
      const falling = nibbles(after.weights.w_Q4.numbers).slice(32, 48);
      expect([falling[0], falling[15]]).toEqual([0, 8]);
    },
  },
  accuracy_level: {
    says: 'it is an attribute',
    ...blocks,
    value: 4,
    check(after, before) {
      expect(before.maker('y').attributes).not.toHaveProperty('accuracy_level');
      expect(after.maker('y').attributes.accuracy_level).toBe(4);
    },
  },
  nodes_to_exclude: {
    says: 'the node stays as it was',
    ...several,
    value: ['y'],
    check(after, before) {
      expect(before.operators).toEqual(['Gather', 'MatMulNBits', 'MatMulNBits']);
      expect(after.operators).toEqual(['Gather', 'MatMulNBits', 'MatMul']);
    },
  },
  nodes_to_include: {
    says: 'a node of another type than those that were asked for is quantized as well',
    ...several,
    value: ['e'],
    check: (after) =>
      expect(after.operators).toEqual(['GatherBlockQuantized', 'MatMulNBits', 'MatMulNBits']),
  },
  quant_format: [
    {
      says: 'QOperator is MatMulNBits of com.microsoft',
      ...blocks,
      value: 'QOperator',
      check: (after) => expect(after.opsets).toEqual({ '': 17, 'com.microsoft': 1 }),
    },
    {
      says: 'QDQ is DequantizeLinear with blocks, of operator set 21',
      ...blocks,
      with: { blockSize: 16 },
      value: 'QDQ',
      check(after) {
        expect(after.opsets).toEqual({ '': 21 });
        expect(after.operators).toEqual(['DequantizeLinear', 'MatMul']);
        expect(after.nodes[0].inputs).toEqual(['w_DQ_Q4', 'w_DQ_scales', 'w_DQ_zero_points']);
        expect(after.nodes[0].attributes).toEqual({ axis: 0, block_size: 16 });
        expect(after.weights.w_DQ_Q4).toMatchObject({ dtype: 'uint4', dims: [32, 2] });
        // A column that rises by a step for each row, beside one that falls so.
        expect(after.weights.w_DQ_Q4.numbers.slice(0, 32)).toEqual(
          numbers.slice(0, 16).flatMap((i) => [i, 15 - i]),
        );
        expect(after.weights.w_DQ_zero_points.numbers).toEqual([15, 0, 0, 15]);
      },
    },
  ],
  op_types_to_quantize: {
    says: 'tables of Gather become those of GatherBlockQuantized',
    ...several,
    with: { blockSize: 16 },
    value: ['Gather'],
    check(after) {
      expect(after.operators).toEqual(['GatherBlockQuantized', 'MatMul', 'MatMul']);
      expect(after.maker('e')).toMatchObject({
        inputs: ['t_Q4', 'i', 't_scales', 't_zero_points'],
        attributes: { block_size: 16, gather_axis: 0, quantize_axis: 1 },
      });
      expect(after.weights.t_Q4).toMatchObject({ dtype: 'uint4', dims: [2, 32] });
      // Up to 15, up to 31, down to -3.75 and down to -7.75.
      expect(after.weights.t_scales.numbers).toEqual([1, 31 / 15, 0.25, 7.75 / 15].map(round));
      expect(after.weights.t_zero_points.numbers).toEqual([0, 0, 15, 15]);
    },
  },
  quant_axes: {
    says: "a table's blocks lie along another axis",
    ...several,
    with: { blockSize: 16, opTypesToQuantize: ['Gather'] },
    value: { Gather: 0 },
    check(after, before) {
      expect([before, after].map(({ weights }) => weights.t_scales.dims)).toEqual([
        [2, 2],
        [1, 32],
      ]);
      expect(after.maker('e').attributes.quantize_axis).toBe(0);
    },
  },
};

export const bnb4 = {
  quant_type: [
    {
      says: 'NF4 has quantiles of the normal distribution',
      ...blocks,
      with: { blockSize: 16 },
      value: 'NF4',
      check(after) {
        expect(after.maker('y')).toMatchObject({
          name: 'y_Bnb4',
          opType: 'MatMulBnb4',
          inputs: ['x', 'w_Bnb4', 'w_absmax'],
          attributes: { K: 32, N: 2, block_size: 16, quant_type: 1 },
        });
        expect(after.weights.w_absmax.numbers).toEqual([7.5, 8, 15, 16]);
        // -1, -0.93, -0.87, -0.8: beyond -0.848 the next value is nearer. The first is in the high bits.
        expect(after.weights.w_Bnb4.numbers.slice(0, 2)).toEqual([0x00, 0x01]);
      },
    },
    {
      says: 'FP4 has a sign, two bits of exponent and one of mantissa',
      ...blocks,
      with: { blockSize: 16 },
      value: 'FP4',
      check(after) {
        expect(after.maker('y').attributes.quant_type).toBe(0);
        // -1, -0.93, -0.87, and -0.8, which is nearer to -2/3 than to -1.
        expect(after.weights.w_Bnb4.numbers.slice(0, 2)).toEqual([0xbb, 0xba]);
      },
    },
  ],
  block_size: {
    says: 'as many numbers of a column share a magnitude',
    ...blocks,
    value: 32,
    check(after, before) {
      expect(before.weights.w_absmax.numbers).toEqual([16]);
      expect(after.weights.w_absmax.numbers).toEqual([8, 16]);
    },
  },
  nodes_to_exclude: {
    says: 'the node stays as it was',
    ...several,
    value: ['h'],
    check(after, before) {
      expect(before.operators).toEqual(['Gather', 'MatMulBnb4', 'MatMulBnb4']);
      expect(after.operators).toEqual(['Gather', 'MatMul', 'MatMulBnb4']);
    },
  },
};
