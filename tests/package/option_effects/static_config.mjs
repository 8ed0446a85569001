// quantize_static's ready-made configurations: get_qdq_config and get_qnn_qdq_config.
import { expect } from '@jest/globals';
import { makeModel } from './model_text.mjs';
import { chain, product } from './models.mjs';

/** An operator that quantize_static leaves alone by itself. */
const exponential = {
  model: makeModel({ nodes: ['y = Exp(x)'], inputs: { x: [1, 4] }, outputs: { y: [1, 4] } }),
  samples: product.samples,
};

const typesOf = (graph) => ['x', 'w'].map((name) => graph.quantization(name).dtype);
const conversions = ({ nodes }) =>
  nodes.map(({ name }) => name).filter((name) => name.endsWith('_convert_QuantizeLinear'));

export const staticConfig = {
  config: [
    {
      says: 'none: int8 on both sides',
      ...product,
      value: 'none',
      check: (after) => expect(typesOf(after)).toEqual(['int8', 'int8']),
    },
    {
      says: 'qdq: every operator is quantized, activations as uint8',
      ...exponential,
      value: 'qdq',
      check(after, before) {
        expect(before.operators).toEqual(['Exp']);
        expect(after.quantization('x')).toEqual({
          scale: Math.fround(4 / 255),
          zero: 64,
          dtype: 'uint8',
        });
        expect(after.maker('y').opType).toBe('DequantizeLinear');
      },
    },
    {
      says: 'qnn: uint8 on both sides',
      ...product,
      value: 'qnn',
      check: (after) => expect(typesOf(after)).toEqual(['uint8', 'uint8']),
    },
  ],
  add_qtype_converts: {
    says: 'false: nothing is converted to and from the type of an override',
    ...chain,
    with: { config: 'qnn', tensorQuantOverrides: { h: [{ quantType: 'QUInt16' }] } },
    value: false,
    check(after, before) {
      expect(conversions(before)).toEqual(['x_convert_QuantizeLinear', 'r_convert_QuantizeLinear']);
      expect(conversions(after)).toEqual([]);
    },
  },
};
