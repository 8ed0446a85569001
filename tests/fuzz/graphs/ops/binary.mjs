// Arithmetic, logic and comparison of two or more tensors, with broadcasting.
import { largest } from '../numbers.mjs';
import { isFloat } from '../dtypes.mjs';
import { between, differenceOf, joined, moved, productOf, sumOf, unknown } from '../ranges.mjs';

const ARITHMETIC = ['float32', 'float64', 'int64', 'int32', 'float16'];

/** Two values that broadcast, in either order, and the shape of both. */
function operands(g, want, other = want) {
  const first = g.take({ ...want, rank: [0, 4] });
  const { other: second, dims } = g.partner(first, { ...other, types: [first.dtype] });
  const swapped = other === want && g.choices.chance(50);
  return { a: swapped ? second : first, b: swapped ? first : second, dims };
}

/** What the error of a sum is relative to. */
const termSize = (inputs) => Math.max(...inputs.map(largest));

const arithmetic = (op, range, { types = ARITHMETIC, want = {}, other } = {}) => ({
  op,
  weight: 2,
  make(g) {
    const wanted = { types, special: true, ...want };
    const { a, b, dims } = operands(g, wanted, other ? { ...wanted, ...other } : wanted);
    const output = { dtype: a.dtype, dims, ...range(a, b), rounded: true };
    return g.one(op, [a, b], output, { magnitude: termSize });
  },
});

/** By what is not near zero. */
function divide(g) {
  const types = ['float32', 'float64', 'int32', 'int64'];
  const a = g.take({ types, special: true });
  const divisor = isFloat(a.dtype) ? { low: 0.25 } : { low: 1 };
  const { other: b, dims } = g.partner(a, { types: [a.dtype], ...divisor });
  const most = 4 * Math.max(Math.abs(a.low), Math.abs(a.high));
  const range = { ...joined([a, b]), low: -most, high: most, unit: 0, rounded: true };
  return g.one('Div', [a, b], { dtype: a.dtype, dims, ...range });
}

function power(g) {
  const a = g.take({ types: ['float32', 'float64', 'int32', 'int64'], low: 0, high: 6 });
  const types = isFloat(a.dtype) ? ['float32', 'int32', 'int64'] : ['int32', 'int64', 'float32'];
  const { other: b, dims } = g.partner(a, {
    types,
    low: isFloat(a.dtype) ? -2 : 0,
    high: 3,
    same: true,
  });
  const zeroes = a.low <= 0 && b.low < 0;
  const range = { ...between(0, 6 ** 4, a, b), special: zeroes };
  return g.one('Pow', [a, b], { dtype: a.dtype, dims, ...range });
}

/** Whole numbers may have either sign; the remainder's follows the divisor, or with fmod the dividend. */
function modulo(g) {
  const types = ['int64', 'int32', 'float32', 'int8', 'uint8'];
  const a = g.take({ types, same: true });
  const { other: b, dims } = g.partner(a, {
    types: [a.dtype],
    low: isFloat(a.dtype) ? 0.25 : 1,
    same: true,
  });
  const fmod = isFloat(a.dtype) ? 1 : g.choices.below(2);
  const negative = a.dtype !== 'uint8' && g.choices.chance(30);
  const divisor = negative
    ? g.one('Neg', [b], { ...moved(b), dtype: b.dtype, dims: b.dims, low: -b.high, high: -b.low })
    : b;
  const most = Math.max(Math.abs(a.low), Math.abs(a.high));
  const range = { ...joined([a, b]), low: -most, high: most, rounded: true };
  return g.one('Mod', [a, divisor], { dtype: a.dtype, dims, ...range }, { attributes: { fmod } });
}

/** ONNX Runtime compares only the lower halves of int64 in Min and Max. */
export const narrow = ({ dtype, low, high }) =>
  dtype !== 'int64' || (low > -(2 ** 31) && high < 2 ** 31);

/** One to four tensors. */
const variadic = (op, range, { types, special = false } = {}) => ({
  op,
  make(g) {
    const test = narrow;
    const first = g.take({ types, special, test });
    const inputs = [first];
    const more = g.choices.weighted([
      [1, 0],
      [4, 1],
      [3, 2],
      [1, 3],
    ]);
    let { dims } = first;
    for (let i = 0; i < more; i++) {
      const next = g.partner({ dims }, { types: [first.dtype], special, test });
      inputs.push(next.other);
      ({ dims } = next);
    }
    const output = { dtype: first.dtype, dims, ...range(inputs) };
    return g.one(op, g.choices.shuffled(inputs), output, { magnitude: termSize });
  },
});

const total = (values) => values.reduce((sum, value) => sumOf(sum, value));
const mean = (values) => {
  const { low, high, unit, same, special } = total(values);
  const power = (values.length & (values.length - 1)) === 0;
  return {
    low: joined(values).low,
    high: joined(values).high,
    unit: power ? unit / values.length : 0,
    same,
    special,
    sums: Math.max(-low, high),
  };
};
const chosen = (values) => ({ ...joined(values), rounded: true });

const compare = (op, types, since) => ({
  op,
  since,
  make(g) {
    const { a, b, dims } = operands(g, { types, special: true, same: true });
    return g.one(op, [a, b], { dtype: 'bool', dims, ...between(0, 1, a, b) });
  },
});

const bits = (op, types, since) => ({
  op,
  since,
  make(g) {
    const { a, b, dims } = operands(g, { types, wide: true });
    return g.one(op, [a, b], { dtype: a.dtype, dims, ...unknown(a, b) });
  },
});

function shift(g) {
  const a = g.take({ types: ['uint8', 'uint32', 'uint64'], low: 0 });
  const { other: b, dims } = g.partner(a, { types: [a.dtype], low: 0, high: 7 });
  const attributes = { direction: g.choices.pick(['LEFT', 'RIGHT']) };
  return g.one('BitShift', [a, b], { dtype: a.dtype, dims, ...unknown(a, b) }, { attributes });
}

function where(g) {
  const types = ['float32', 'int64', 'int32', 'uint8'];
  const { a, b, dims } = operands(g, { types, special: true, wide: true });
  const condition = g.take({ types: ['bool'], dims: g.narrower(dims) });
  const range = { ...joined([a, b]), same: a.same && b.same && condition.same, rounded: true };
  return g.one('Where', [condition, a, b], { dtype: a.dtype, dims, ...range });
}

const EXTREMES = ['float32', 'float64', 'int64', 'int32', 'float16', 'uint8', 'int8'];
const INTEGERS = ['int32', 'int64', 'uint8', 'int8'];
const ORDERED = ['float32', 'float64', 'int32', 'int64'];

export default [
  arithmetic('Add', sumOf),
  arithmetic('Sub', differenceOf),
  arithmetic('Mul', productOf),
  { op: 'Div', weight: 2, make: divide },
  { op: 'Pow', weight: 2, make: power },
  { op: 'Mod', make: modulo },
  variadic(
    'Sum',
    (values) => ({ ...total(values), sums: Math.max(-total(values).low, total(values).high) }),
    { types: ['float32', 'float64'] },
  ),
  variadic('Mean', mean, { types: ['float32'] }),
  variadic('Max', chosen, { types: EXTREMES, special: true }),
  variadic('Min', chosen, { types: EXTREMES, special: true }),
  compare('Equal', [...ORDERED, 'bool', 'uint8']),
  compare('Greater', ORDERED),
  compare('Less', ORDERED),
  compare('GreaterOrEqual', ORDERED),
  compare('LessOrEqual', ORDERED),
  ...['And', 'Or', 'Xor'].map((op) => bits(op, ['bool'])),
  ...['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].map((op) => bits(op, INTEGERS, 18)),
  { op: 'BitShift', make: shift },
  { op: 'Where', weight: 3, make: where },
];
