// The elements of a tensor as numbers.
import type { TensorMap } from 'quantab';

type Tensor = TensorMap[string];

/** The value of IEEE 754 half-precision bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Types whose elements are numbers as their arrays hold them. */
const PLAIN = /^(u?int(8|16|32|64)|float(32|64)|bool)$/;

/** In row-major order; undefined for texts, complex numbers and packed types. */
export function numbersOf({ dtype, data }: Tensor): Float64Array | undefined {
  if (dtype === 'float16') return Float64Array.from(data as Uint16Array, half);
  if (!PLAIN.test(dtype)) return undefined;
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

export interface Statistic {
  least: number;
  most: number;
  mean: number;
  /** Elements that are no finite numbers, which the others leave out. */
  strange: number;
}

export function statisticOf(values: Float64Array): Statistic {
  let [least, most, sum, strange] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) strange++;
    else {
      least = Math.min(least, value);
      most = Math.max(most, value);
      sum += value;
    }
  }
  return { least, most, mean: sum / (values.length - strange), strange };
}
