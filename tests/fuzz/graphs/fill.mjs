// Elements for inputs and initializers.
import { numbersFrom } from './choices.mjs';
import { encode, isFloat, largestOf, limitsOf } from './dtypes.mjs';

const SPECIAL = [NaN, Infinity, -Infinity, -0, 0, 1e-42, -1e-42, 1e30, -1e30, 0.5, -1.5, 2.5];

/** The largest power of two that gives at least eight steps between two numbers, but at most a quarter. */
function unitWithin(low, high) {
  let unit = 0.25;
  while ((high - low) / unit < 8 && unit > 2 ** -12) unit /= 2;
  return unit;
}

function steps(next, low, high, unit) {
  const first = Math.ceil(low / unit);
  const last = Math.floor(high / unit);
  return () => unit * (first + Math.floor(next() * (last - first + 1)));
}

// How floats are made: each gives a function that makes one, and what is known of them.
const FLOATING = {
  whole: (next, low, high) => ({ make: steps(next, Math.ceil(low), Math.floor(high), 1), unit: 1 }),
  grid(next, low, high) {
    const unit = unitWithin(low, high);
    return { make: steps(next, low, high, unit), unit };
  },
  real: (next, low, high) => ({ make: () => Math.fround(low + next() * (high - low)), unit: 0 }),
  special(next, low, high) {
    const usual = steps(next, low, high, 0.25);
    const make = () => (next() < 0.3 ? SPECIAL[Math.floor(next() * SPECIAL.length)] : usual());
    return { make, unit: 0, special: true };
  },
};

function floatKind(choices, low, high, want) {
  const wholes = Math.floor(high) - Math.ceil(low) >= 2;
  return choices.weighted([
    [5, 'grid'],
    ...(wholes ? [[2, 'whole']] : []),
    ...(want.exact ? [] : [[2, 'real']]),
    ...(want.special ? [[1, 'special']] : []),
  ]);
}

function fillFloats(choices, dtype, count, next, want) {
  const low = Math.max(want.low ?? -4, -4);
  const high = Math.min(want.high ?? Infinity, Math.max(4, low + 4));
  const kind = floatKind(choices, low, high, want);
  const { make, unit, special = false } = FLOATING[kind](next, low, high);
  const data = encode(dtype, Array.from({ length: count }, make));
  const bounds = special ? { low: -largestOf(dtype), high: largestOf(dtype) } : { low, high };
  // Rounding to a half may lead out of the bounds by one part in two thousand.
  const loose = dtype === 'float16' && unit === 0 && !special;
  const widened = loose ? { low: low - 0.002, high: high + 0.002 } : bounds;
  return { data, ...widened, unit, special };
}

function fillIntegers(choices, dtype, count, next, want) {
  const limits = limitsOf(dtype);
  const narrow = limits.high < 256 || want.wide;
  const wide = narrow && choices.chance(dtype === 'bool' || limits.high < 256 ? 70 : 30);
  const low = Math.max(limits.low, want.low ?? (wide ? limits.low : -5));
  const high = Math.min(limits.high, want.high ?? (wide ? limits.high : 5));
  const data = encode(dtype, Array.from({ length: count }, steps(next, low, high, 1)));
  return { data, low, high, unit: 1, special: false };
}

/**
 * Elements of a type within `want.low` and `want.high`; `want.exact` for multiples of some unit, `want.special` where NaN and the
 * like may be among them, `want.wide` where integers may be large.
 */
export function fill(choices, dtype, count, want = {}) {
  const next = numbersFrom(choices.below(2 ** 31));
  const make = isFloat(dtype) ? fillFloats : fillIntegers;
  return { ...make(choices, dtype, count, next, want), same: true, step: false };
}
