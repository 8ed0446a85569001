// Functions of one element.
import { FLOATS, HALVES, isFloat } from '../dtypes.mjs';
import { between, moved, unknown } from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { largest } from '../numbers.mjs';

const SIGNED = ['float32', 'float64', 'float16', 'int64', 'int32', 'int8'];
const NUMBERS = [...SIGNED, 'uint8'];

/** An operator whose result is exact, or rounded once. `image` gives the bounds, and the unit if there is one. */
const exact = (op, image, { types = FLOATS, want = {}, attributes, since, until } = {}) => ({
  op,
  since,
  until,
  make(g) {
    const x = g.take({ types, same: true, special: true, wide: true, ...want });
    const range = { same: x.same, special: x.special, rounded: true, ...image(x) };
    const output = { dtype: x.dtype, dims: x.dims, ...range };
    return g.one(op, [x], output, { attributes: attributes?.(g, x) });
  },
});

/** One that is approximated. `domain` are the bounds of what it takes, `image` of what it gives. */
const rough = (op, domain, image, { attributes, since, magnitude, types = HALVES } = {}) => ({
  op,
  since,
  make(g) {
    const x = g.take({ types, ...domain });
    const range = { ...unknown(x), ...image(x) };
    const options = { attributes: attributes?.(g), magnitude };
    return g.one(op, [x], { dtype: x.dtype, dims: x.dims, ...range }, options);
  },
});

const absolute = ({ low, high }) => ({
  low: low > 0 ? low : high < 0 ? -high : 0,
  high: Math.max(Math.abs(low), Math.abs(high)),
});
const kept = ({ low, high, unit }) => ({ low, high, unit });
const positive = (x) => ({ ...kept(x), low: Math.max(0, x.low), high: Math.max(0, x.high) });
const toWhole = (x) => ({ low: Math.floor(x.low), high: Math.ceil(x.high), unit: 1 });
const increasing = (f) => (x) => ({ low: f(x.low), high: f(x.high) });
const anywhere = {};
/** ONNX Runtime approximates some by fractions whose error is relative to the largest value, 1. */
const one = () => 1;
const bounds = (low, high) => () => ({ low, high });
const expanding = (x) => ({ low: Math.min(-8, 3 * x.low), high: Math.max(8, 3 * x.high) });
const some = (g, low, high) => float32(Math.fround(low + (high - low) * (g.choices.below(9) / 8)));
const alpha = (g) => (g.choices.chance(50) ? { alpha: some(g, 0.25, 1.5) } : {});

const toBool = (op, types, options) => ({
  op,
  ...options,
  make(g) {
    const x = g.take({ types, special: true, same: true });
    const attributes = options?.attributes?.(g) ?? {};
    return g.one(op, [x], { dtype: 'bool', dims: x.dims, ...between(0, 1, x) }, { attributes });
  },
});

/** Bounds as inputs, either of which may be left out. */
function clip(g) {
  const x = g.take({
    types: ['float32', 'float64', 'int64', 'int32', 'int8', 'uint8'],
    special: true,
  });
  const whole = !isFloat(x.dtype);
  const low = whole ? g.choices.int(0, 2) : g.choices.int(-6, 2) / 4;
  const high = low + g.choices.int(whole ? 0 : 1, 6) / (whole ? 1 : 4);
  const bound = (value) =>
    g.choices.chance(75) ? { ...g.numbers(x.dtype, [], [value]), unit: whole ? 1 : 0.25 } : null;
  const [least, most] = [bound(low), bound(high)];
  const range = {
    low: least ? Math.max(low, x.low) : x.low,
    high: most ? Math.min(high, x.high) : x.high,
    unit: Math.min(x.unit, 0.25),
  };
  const sorted = { low: Math.min(range.low, range.high), high: Math.max(range.low, range.high) };
  const output = { ...moved(x), ...range, ...sorted };
  return g.one('Clip', [x, least, most], { dtype: x.dtype, dims: x.dims, ...output });
}

/** A slope for each element, or for what broadcasts to it from one side. */
function prelu(g) {
  const x = g.take({ types: ['float32'], rank: [1, 4] });
  const slope = g.take({ types: ['float32'], dims: g.narrower(x.dims), low: -2, high: 2 });
  const output = {
    ...moved(x),
    low: Math.min(x.low, x.low * 2, -x.high * 2),
    high: Math.max(x.high, -x.low * 2),
    unit: x.unit * slope.unit,
    same: x.same && slope.same,
  };
  return g.one('PRelu', [x, slope], { dtype: 'float32', dims: x.dims, ...output });
}

export default [
  exact('Abs', (x) => ({ ...absolute(x), unit: x.unit }), { types: NUMBERS }),
  exact('Neg', ({ low, high, unit }) => ({ low: -high, high: -low, unit }), { types: SIGNED }),
  exact('Relu', positive, { types: FLOATS, want: { special: false, same: false }, until: 13 }),
  exact('Relu', positive, {
    types: [...FLOATS, 'int32', 'int8'],
    want: { special: false, same: false },
    since: 14,
  }),
  exact('Identity', kept, { types: [...NUMBERS, 'bool'], want: { same: false } }),
  exact('Ceil', toWhole),
  exact('Floor', toWhole),
  exact('Round', toWhole),
  exact('Sign', () => ({ low: -1, high: 1, unit: 1, special: false }), {
    types: NUMBERS,
    want: { special: false },
  }),
  exact('Sqrt', increasing(Math.sqrt), { types: ['float32', 'float64'], want: { low: 0 } }),
  exact('Reciprocal', (x) => ({ low: 1 / x.high, high: 1 / x.low }), {
    types: ['float32', 'float64'],
    want: { low: 0.25, special: false },
  }),
  exact('LeakyRelu', (x) => ({ low: Math.min(2 * x.low, x.low), high: x.high }), {
    types: ['float32'],
    want: { special: false },
    attributes: alpha,
  }),
  exact('ThresholdedRelu', kept, {
    types: ['float32'],
    want: { special: false },
    attributes: (g) => ({ alpha: float32(g.choices.int(1, 8) / 4) }),
  }),
  exact('Shrink', expanding, {
    types: ['float32'],
    want: { special: false },
    attributes: (g) => ({
      lambd: some(g, 0.25, 1),
      ...(g.choices.chance(50) ? { bias: some(g, 0, 1) } : {}),
    }),
  }),
  exact('Not', kept, { types: ['bool'] }),
  exact('BitwiseNot', bounds(-Infinity, Infinity), {
    types: ['int32', 'int64', 'uint8', 'int8'],
    since: 18,
  }),
  rough('Exp', { high: 20, low: -40 }, increasing(Math.exp), {
    types: ['float32', 'float64', 'float16'],
  }),
  rough('Log', { low: 0.125 }, increasing(Math.log), { types: ['float32', 'float64'] }),
  rough('Sin', anywhere, bounds(-1, 1)),
  rough('Cos', anywhere, bounds(-1, 1)),
  rough('Tan', { low: -1.25, high: 1.25 }, increasing(Math.tan)),
  rough('Asin', { low: -1, high: 1, same: true }, increasing(Math.asin)),
  rough('Acos', { low: -1, high: 1, same: true }, bounds(0, 3.15)),
  rough('Atan', anywhere, bounds(-1.58, 1.58)),
  rough('Sinh', { low: -20, high: 20 }, increasing(Math.sinh)),
  rough('Cosh', { low: -20, high: 20 }, bounds(1, 3e8)),
  rough('Asinh', { low: -1000, high: 1000 }, increasing(Math.asinh)),
  rough('Acosh', { low: 1.25 }, increasing(Math.acosh)),
  rough('Atanh', { low: -0.875, high: 0.875 }, increasing(Math.atanh)),
  rough('Erf', anywhere, bounds(-1, 1), { magnitude: one }),
  rough('Sigmoid', anywhere, bounds(0, 1), {
    magnitude: one,
    types: ['float32', 'float64', 'float16'],
  }),
  rough('Tanh', anywhere, bounds(-1, 1), {
    magnitude: one,
    types: ['float32', 'float64', 'float16'],
  }),
  rough('Elu', anywhere, expanding, { attributes: alpha }),
  rough('Selu', anywhere, expanding, {
    attributes: (g) =>
      g.choices.chance(50) ? { alpha: some(g, 0.5, 1.5), gamma: some(g, 0.5, 1.5) } : {},
  }),
  rough('Celu', anywhere, expanding, { attributes: alpha, types: ['float32'] }),
  rough('HardSigmoid', anywhere, bounds(0, 1), {
    attributes: (g) =>
      g.choices.chance(50) ? { alpha: some(g, 0.125, 0.5), beta: some(g, 0, 1) } : {},
  }),
  rough('HardSwish', anywhere, expanding, { since: 14 }),
  rough('Softplus', anywhere, (x) => ({ low: 0, high: Math.max(0, x.high) + 1 }), {
    magnitude: one,
  }),
  rough('Softsign', anywhere, bounds(-1, 1)),
  rough('Mish', anywhere, expanding, { since: 18 }),
  rough('Gelu', anywhere, expanding, {
    since: 20,
    magnitude: ([numbers]) => largest(numbers),
    attributes: (g) =>
      g.choices.chance(50) ? { approximate: g.choices.pick(['none', 'tanh']) } : {},
  }),
  toBool('IsNaN', ['float32', 'float16', 'float64']),
  toBool('IsInf', ['float32', 'float64'], {
    attributes: (g) => g.choices.pick([{}, { detect_negative: 0 }, { detect_positive: 0 }]),
  }),
  { op: 'Clip', weight: 2, make: clip },
  { op: 'PRelu', make: prelu },
];
