// What is known of a value's elements before anything has run. It decides which operators may take it and how closely two runtimes
// must agree on it.
//
//   low, high   all elements are within
//   unit        a power of two that divides all elements; 0 where there is none
//   same        both runtimes have the same bits: the elements are given, or every operation since was exact, or rounded once in
//               the way IEEE 754 and ONNX prescribe
//   special     may have NaN or infinite elements
//   step        a quantized value that may be off by one step
import { digitsOf, isFloat, largestOf, limitsOf } from './dtypes.mjs';

const size = ({ low, high }) => Math.max(Math.abs(low), Math.abs(high));

/** Whether sums of elements up to `most`, all multiples of `unit`, are exact in a type, in whatever order they are taken. */
const fits = (dtype, unit, most) =>
  unit > 0 && most / unit <= 2 ** digitsOf(dtype) && most <= largestOf(dtype) && unit >= 2 ** -24;

/**
 * The range of an operator's output in its type. `sums`: the largest sum of absolute terms on the way to an element, for what
 * accumulates; `rounded`: prescribed to be the true result, rounded once.
 */
export function settle(dtype, range) {
  const { low, high, unit = 0, same, special = false, step = false, sums, rounded } = range;
  if (!isFloat(dtype)) {
    const limits = limitsOf(dtype);
    const over = !(low >= limits.low && high <= limits.high);
    const bounds = over ? { low: limits.low, high: limits.high } : { low, high };
    return { ...bounds, unit: 1, same, special: false, step };
  }
  const most = Math.max(size({ low, high }), sums ?? 0);
  const exact = fits(dtype, unit, most);
  // Halves are computed as floats, and where a runtime rounds to halves between operators is its own affair.
  const once = (rounded ?? false) && dtype !== 'float16';
  return {
    low,
    high,
    unit: exact ? unit : 0,
    same: same && (exact || once),
    special: special || !(most < largestOf(dtype)),
    step: false,
  };
}

/** Of tensors that are joined, or one of which is taken. */
export const joined = (values) => ({
  low: Math.min(...values.map(({ low }) => low)),
  high: Math.max(...values.map(({ high }) => high)),
  unit: Math.min(...values.map(({ unit }) => unit)),
  same: values.every(({ same }) => same),
  special: values.some(({ special }) => special),
  step: values.some(({ step }) => step),
});

/** The same elements in other places, and perhaps zeros. */
export const moved = ({ low, high, unit, same, special, step }) => ({
  low,
  high,
  unit,
  same,
  special,
  step,
  rounded: true,
});
export const padded = (value) => ({
  ...moved(value),
  low: Math.min(0, value.low),
  high: Math.max(0, value.high),
});

const both = (a, b) => ({ same: a.same && b.same, special: a.special || b.special });
const within = (ends) => {
  // 0 * Infinity, where a bound is not known, is 0.
  const known = ends.map((end) => (Number.isNaN(end) ? 0 : end));
  return { low: Math.min(...known), high: Math.max(...known) };
};

export const sumOf = (a, b) => ({
  low: a.low + b.low,
  high: a.high + b.high,
  unit: Math.min(a.unit, b.unit),
  ...both(a, b),
});
export const differenceOf = (a, b) => sumOf(a, { ...b, low: -b.high, high: -b.low });
export const productOf = (a, b) => ({
  ...within([a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]),
  unit: a.unit * b.unit,
  ...both(a, b),
});

/** A sum of `terms` products, or of `terms` elements when there is no `b`. */
export function accumulated(terms, a, b = { low: 1, high: 1, unit: 1, same: true }) {
  const term = productOf(a, b);
  const count = Math.max(terms, 1);
  return {
    ...term,
    low: Math.min(0, term.low * count, term.low),
    high: Math.max(0, term.high * count, term.high),
    sums: count * size(term),
  };
}

/** Nothing is known but which inputs it came from. */
export const unknown = (...values) => ({
  low: -Infinity,
  high: Infinity,
  same: values.every(({ same }) => same),
});

/** An inexact function with values between two bounds. */
export const between = (low, high, ...values) => ({ ...unknown(...values), low, high });
