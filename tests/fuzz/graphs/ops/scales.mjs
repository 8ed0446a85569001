// Scales and zero points. Powers of two make quantized arithmetic exact on both sides, ties included; other scales round.
import { limitsOf } from '../dtypes.mjs';

export const BYTES = ['uint8', 'int8'];

/**
 * Parameters for a tensor of `dtype`: { scale, zero, scales, zeros, exact }; `zero` may be null. `count` many, or one when undefined
 * (a scalar, or unless `scalar` a vector of one). `reach` is the largest magnitude that values should have.
 */
export function quantizer(
  g,
  dtype,
  { count, reach, constant = false, exact, symmetric = false, scalar = false } = {},
) {
  const { choices } = g;
  const limits = limitsOf(dtype);
  const range = limits.high - limits.low;
  const powers = exact ?? choices.chance(50);
  const wanted = reach && Number.isFinite(reach) && reach > 0 ? (2 * reach) / range : 2 ** -4;
  const one = () =>
    powers
      ? 2 ** (Math.round(Math.log2(wanted)) + choices.int(-1, 1))
      : Math.fround(wanted * (0.5 + choices.below(1000) / 1000));
  const zeroOf = () =>
    choices.weighted([
      [2, 0],
      [2, Math.round((limits.low + limits.high) / 2)],
      [2, choices.int(limits.low, limits.high)],
    ]);
  const length = count ?? 1;
  const scales = Array.from({ length }, one);
  const none = choices.chance(symmetric ? 50 : 15);
  const single = choices.chance(70);
  const shared = zeroOf();
  const zeros = Array.from({ length }, () => (none || symmetric ? 0 : single ? shared : zeroOf()));
  const dims = count === undefined ? (scalar || !choices.chance(15) ? [] : [1]) : [count];
  return {
    scale: g.numbers('float32', dims, scales, { constant }),
    zero: none && dtype === 'uint8' ? null : g.numbers(dtype, dims, zeros, { constant }),
    scales,
    zeros,
    exact: powers,
    dtype,
  };
}

/** What a dequantized tensor can be. */
export function dequantized(x, { scales, zeros, exact, dtype }) {
  const limits = dtype === 'int32' ? x : limitsOf(dtype);
  const ends = scales.flatMap((scale, i) =>
    [limits.low, limits.high].map((end) => (end - zeros[i]) * scale),
  );
  return {
    low: Math.min(...ends),
    high: Math.max(...ends),
    unit: exact ? Math.min(...scales) : 0,
    same: x.same && !x.step,
    rounded: true,
  };
}

/** What a quantized tensor is, when its values `x` are known to be the same, or only nearly so. */
export const quantized = (dtype, same) => ({ ...limitsOf(dtype), dtype, same, step: !same });

/** A constant tensor of bytes. */
export const constantBytes = (g, dtype, dims) => g.source(dtype, dims, { constant: true });

export const sizeOf = ({ low, high }) => Math.max(Math.abs(low), Math.abs(high));
