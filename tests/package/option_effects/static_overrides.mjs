// quantize_static's TensorQuantOverrides, key by key.
import { expect } from '@jest/globals';
import { chain, product, products } from './models.mjs';

const round = Math.fround;
const uint16 = (scale, zero) => ({ scale: round(scale), zero, dtype: 'uint16' });

/** x, within [-1, 3], in 16 bits as well, with one more key. */
const converted = (keys, says, override, expected) => ({
  says: `convert: ${says}`,
  keys,
  ...product,
  with: { activationType: 'QUInt8' },
  value: { x: [{ convert: { quantType: 'QUInt16', ...override } }] },
  check(after) {
    const [scale, zero] = [after.weights.x_scale_convert, after.weights.x_zero_point_convert];
    expect({ scale: scale.numbers[0], zero: zero.numbers[0], dtype: zero.dtype }).toEqual(expected);
    expect(after.quantization('x').dtype).toBe('uint8');
  },
});

export const staticOverrides = {
  tensor_quant_overrides: [
    {
      says: 'quantType',
      keys: ['quantType'],
      ...product,
      value: { x: [{ quantType: 'QUInt16' }] },
      check(after) {
        expect(after.quantization('x')).toEqual(uint16(4 / 65535, 16384));
        expect(after.quantization('y').dtype).toBe('int8');
      },
    },
    {
      says: 'scale and zeroPoint take the place of the range',
      keys: ['scale', 'zeroPoint'],
      ...product,
      value: { x: [{ scale: 0.5, zeroPoint: 3 }] },
      check: (after) =>
        expect(after.quantization('x')).toEqual({ scale: 0.5, zero: 3, dtype: 'int8' }),
    },
    {
      says: 'symmetric: [-1, 3] becomes [-3, 3]',
      keys: ['symmetric'],
      ...product,
      value: { x: [{ symmetric: true }] },
      check: (after) =>
        expect(after.quantization('x')).toEqual({ scale: round(6 / 254), zero: 0, dtype: 'int8' }),
    },
    {
      says: 'reduceRange: this weight is within -64 and 64',
      keys: ['reduceRange'],
      ...chain,
      value: { w: [{ reduceRange: true }] },
      check(after) {
        expect(after.quantization('w').scale).toBe(round(4 / 64));
        expect(after.quantization('v').scale).toBe(round(2 / 127));
      },
    },
    {
      says: 'rmin and rmax take the place of what was measured',
      keys: ['rmin', 'rmax'],
      ...product,
      value: { x: [{ rmin: -2, rmax: 8 }] },
      check: (after) =>
        expect(after.quantization('x')).toEqual({
          scale: round(10 / 255),
          zero: -77,
          dtype: 'int8',
        }),
    },
    {
      says: 'axis: this weight has a scale for each column',
      keys: ['axis'],
      ...chain,
      value: { w: [{ axis: 1 }] },
      check(after) {
        expect(after.quantization('w').scale).toEqual([round(1 / 127), round(4 / 127)]);
        expect(after.quantization('v').scale).toBe(round(2 / 127));
      },
    },
    converted(['convert', 'convert.quantType'], 'quantType', {}, uint16(4 / 65535, 16384)),
    converted(
      ['convert.scale', 'convert.zeroPoint'],
      'scale and zeroPoint',
      { scale: 0.5, zeroPoint: 7 },
      uint16(0.5, 7),
    ),
    converted(['convert.symmetric'], 'symmetric', { symmetric: true }, uint16(6 / 65535, 32768)),
    {
      says: 'convert: reduceRange is refused, as it is for constants',
      keys: ['convert.reduceRange'],
      ...product,
      value: { x: [{ convert: { quantType: 'QUInt16', reduceRange: true } }] },
      refuses: /'reduce_range' is for constants, and this is an activation/,
    },
    converted(
      ['convert.rmin', 'convert.rmax'],
      'rmin and rmax',
      { rmin: 0, rmax: 1 },
      uint16(1 / 65535, 0),
    ),
    {
      says: 'convert: recvNodes read the second type, and others the first',
      keys: ['convert.recvNodes'],
      ...products,
      with: { activationType: 'QUInt8' },
      value: { x: [{ convert: { quantType: 'QUInt16', recvNodes: ['z'] } }] },
      check(after) {
        const readers = (value) => after.readers(value).map(({ name }) => name);
        expect(readers('x_convert_DequantizeLinear_Output')).toEqual(['z']);
        expect(readers('x_DequantizeLinear_Output')).toEqual(['y']);
      },
    },
  ],
};
