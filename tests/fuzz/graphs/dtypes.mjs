// The element types that graphs are made of: ONNX's number, the array each is held in, and what its values can be.

/** `digits` are the bits of a float's significand. */
const TYPES = {
  float32: { code: 1, array: Float32Array, digits: 24 },
  uint8: { code: 2, array: Uint8Array, low: 0, high: 255 },
  int8: { code: 3, array: Int8Array, low: -128, high: 127 },
  uint16: { code: 4, array: Uint16Array, low: 0, high: 65535 },
  int16: { code: 5, array: Int16Array, low: -32768, high: 32767 },
  int32: { code: 6, array: Int32Array, low: -(2 ** 31), high: 2 ** 31 - 1 },
  int64: { code: 7, array: BigInt64Array, low: -(2 ** 53), high: 2 ** 53 },
  bool: { code: 9, array: Uint8Array, low: 0, high: 1 },
  float16: { code: 10, array: Uint16Array, digits: 11 },
  float64: { code: 11, array: Float64Array, digits: 53 },
  uint32: { code: 12, array: Uint32Array, low: 0, high: 2 ** 32 - 1 },
  uint4: { code: 21, array: Uint8Array, low: 0, high: 15 },
  int4: { code: 22, array: Uint8Array, low: -8, high: 7 },
  uint64: { code: 13, array: BigUint64Array, low: 0, high: 2 ** 53 },
};

/** For what ONNX Runtime has for float32 alone; halves are widened to it. */
export const HALVES = ['float32', 'float16'];
export const FLOATS = ['float32', 'float64', 'float16'];
export const codeOf = (dtype) => TYPES[dtype].code;
export const digitsOf = (dtype) => TYPES[dtype].digits;
export const isFloat = (dtype) => digitsOf(dtype) !== undefined;
export const isBig = (dtype) => dtype === 'int64' || dtype === 'uint64';
/** The least and greatest value, as far as a Number has them. */
export const limitsOf = (dtype) => TYPES[dtype];
/** The largest finite value of a float type. */
export const largestOf = (dtype) =>
  ({ float16: 65504, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE })[dtype];
/** The smallest number above 0 of a float type. */
export const leastOf = (dtype) =>
  ({ float16: 2 ** -24, float32: 2 ** -149, float64: 2 ** -1074 })[dtype];
/** Half the distance from 1 to the next number: how far a rounded result may be from the true one, relatively. */
export const roundingOf = (dtype) => 2 ** -digitsOf(dtype);

function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The bits of the half that is nearest to a number, ties to even. */
export function toHalf(value) {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundHalfEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  const steps = roundHalfEven(size * 2 ** (10 - exponent));
  return sign | (((exponent + 15) << 10) + steps - 1024);
}

export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Numbers as the array of a type. */
export function encode(dtype, numbers) {
  const { array } = TYPES[dtype];
  if (dtype === 'float16') return array.from(numbers, toHalf);
  return array.from(numbers, isBig(dtype) ? (value) => BigInt(value) : undefined);
}

/** The elements of a tensor as Numbers. */
export function decode({ dtype, data }) {
  if (dtype === 'float16') return Array.from(data, fromHalf);
  return Array.from(data, Number);
}

export const bytesOf = ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
export const countOf = (dims) => dims.reduce((product, dim) => product * dim, 1);
