// Numbers to a tensor's elements.
import { QuantabError } from '../core/error.js';
import { elementCount, Tensor, type DType } from '../core/tensor.js';

/** Types that a sample can be made of from plain numbers. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;

/** Least and most of the integer types. */
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

const bits = new DataView(new ArrayBuffer(4));

/** The bits of the IEEE 754 half that is nearest, ties to even. */
export function halfOf(value: number): number {
  bits.setFloat32(0, value);
  const all = bits.getUint32(0);
  const sign = (all >>> 16) & 0x8000;
  const magnitude = all & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below the smallest normal number, halves are multiples of 2^-24.
  if (magnitude < 0x38800000) {
    const steps = Math.abs(Math.fround(value)) * 2 ** 24;
    const down = Math.floor(steps);
    const rest = steps - down;
    return sign | (down + (rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? 1 : 0));
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/**
 * A tensor of `dtype` of real numbers in row-major order. With `clamp`, numbers are rounded and limited to what an integer
 * type can hold; else those that it cannot hold are an error, which names the tensor as `what`.
 */
export function tensorOf(
  dtype: string,
  dims: readonly number[],
  values: ArrayLike<number>,
  what: string,
  clamp = false,
): Tensor {
  if (values.length !== elementCount(dims)) {
    throw new QuantabError(
      'InvalidArgument',
      `${what} has ${values.length} values, expected ${elementCount(dims)} for shape [${dims.join(',')}].`,
    );
  }
  const limits = LIMITS[dtype];
  if (limits !== undefined) values = wholeNumbers(values, limits, dtype, what, clamp);
  if (dtype === 'float16') {
    return new Tensor('float16', dims, Uint16Array.from(values, halfOf));
  }
  if (dtype === 'bool') return new Tensor('bool', dims, Uint8Array.from(values));
  if (dtype === 'int64') return new Tensor('int64', dims, BigInt64Array.from(values, BigInt));
  if (dtype === 'uint64') return new Tensor('uint64', dims, BigUint64Array.from(values, BigInt));
  if (!Object.hasOwn(ARRAYS, dtype)) {
    throw new QuantabError(
      'Unsupported',
      `${what} has the type '${dtype}', which cannot be made of plain numbers. Give .npz or .pb files.`,
    );
  }
  const array = ARRAYS[dtype as keyof typeof ARRAYS];
  return new Tensor(dtype as DType, dims, array.from(values as ArrayLike<number>)) as Tensor;
}

function wholeNumbers(
  values: ArrayLike<number>,
  [least, most]: readonly [number, number],
  dtype: string,
  what: string,
  clamp: boolean,
): number[] {
  return Array.from(values, (value) => {
    if (clamp) return Math.max(least, Math.min(most, Math.round(value)));
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new QuantabError(
      'InvalidArgument',
      `${what} holds ${value}, expected whole numbers of type ${dtype}. Correct the value or the column.`,
    );
  });
}
