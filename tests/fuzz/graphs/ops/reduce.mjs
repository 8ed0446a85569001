// Reductions along axes.
import { largest } from '../numbers.mjs';
import { countOf, HALVES, isFloat } from '../dtypes.mjs';
import { accumulated, between, moved, productOf, unknown } from '../ranges.mjs';

/** Axes to reduce, and what is left of the shape. `axes` is undefined for all. */
export function reduction(g, dims) {
  const { choices } = g;
  const every = dims.map((_, axis) => axis);
  const axes = choices.chance(80)
    ? choices.shuffled(choices.subset(every, Math.min(1, dims.length)))
    : undefined;
  const reduced = axes?.length ? axes : every;
  const keep = choices.weighted([
    [2, undefined],
    [1, 1],
    [2, 0],
  ]);
  const left = dims.map((dim, axis) => (reduced.includes(axis) ? 1 : dim));
  const outDims = keep === 0 ? left.filter((_, axis) => !reduced.includes(axis)) : left;
  const count = countOf(reduced.map((axis) => dims[axis]));
  return { axes, keep: keep === undefined ? {} : { keepdims: keep }, dims: outDims, count };
}

/** Adds a reduction's node: axes were an attribute before operator set `since`. */
function reduce(g, op, x, { axes, keep, dims }, range, since, magnitude) {
  const asInput = g.opset >= since;
  const written = axes?.map((axis) => g.written(axis, x.dims.length));
  const inputs = [x, asInput && written ? g.numbers('int64', [written.length], written) : null];
  const attributes = { ...keep, ...(asInput || !written?.length ? {} : { axes: written }) };
  return g.one(op, inputs, { dtype: x.dtype, dims, ...range }, { attributes, magnitude });
}

/** Those that are the identity on single elements. */
const IDLE = ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'];
const some = ({ dims }) => countOf(dims) > 0;
/** Sums of whole numbers that leave the type are not prescribed. */
const summable = (x) => some(x) && (isFloat(x.dtype) || (x.low > -1e5 && x.high < 1e5));

/** Axes that are given and none, which noop_with_empty_axes takes for none at all. */
function reduceNothing(g, op, x, since) {
  const attributes = {
    noop_with_empty_axes: 1,
    ...(g.choices.chance(50) ? { keepdims: g.choices.below(2) } : {}),
  };
  const axes = g.opset >= since && g.choices.chance(50) ? g.numbers('int64', [0], []) : null;
  return g.one(op, [x, axes], { ...moved(x), dtype: x.dtype, dims: x.dims }, { attributes });
}

const reducer = (op, range, { types, want = {}, since = 18, terms } = {}) => ({
  op,
  make(g) {
    const x = g.take({ types, test: summable, ...want });
    if (!some(x)) return null;
    if (IDLE.includes(op) && g.opset >= since && g.choices.chance(5))
      return reduceNothing(g, op, x, since);
    const how = reduction(g, x.dims);
    const magnitude = terms && (([numbers]) => terms(largest(numbers), how.count));
    return reduce(g, op, x, how, range(x, how.count), since, magnitude);
  },
});

const bySize = (size, count) => size * count;
const mean = (x, count) => {
  const { unit, same, sums } = accumulated(count, x);
  const power = (count & (count - 1)) === 0;
  return { low: x.low, high: x.high, unit: power ? unit / count : 0, same, sums };
};
const squares = (x, count) => ({ ...accumulated(count, x, x), low: 0 });
const root = (range) => ({ ...range, high: Math.sqrt(range.high), unit: 0, same: false });
const product = (x, count) => {
  let all = { low: 1, high: 1, unit: 1, same: true, special: false };
  for (let i = 0; i < count; i++) all = productOf(all, x);
  return all;
};
const logarithm = (x, count) => between(Math.log(x.low), Math.log(x.high * Math.max(1, count)), x);

const NUMBERS = ['float32', 'float64', 'int32', 'int64'];
const EXTREME = ['float32', 'float64', 'int32', 'int64', 'int8', 'uint8'];

/** The place of the largest or smallest element along an axis. */
const place = (op) => ({
  op,
  make(g) {
    const x = g.take({
      types: ['float32', 'float64', 'int32', 'int8', 'uint8'],
      rank: [1, 4],
      same: true,
      test: some,
    });
    if (!some(x)) return null;
    const rank = x.dims.length;
    const axis = g.choices.below(rank);
    const keep = g.choices.weighted([
      [2, undefined],
      [1, 1],
      [2, 0],
    ]);
    const dims = keep === 0 ? x.dims.filter((_, i) => i !== axis) : x.dims.with(axis, 1);
    const attributes = {
      ...(axis === 0 && g.choices.chance(30) ? {} : { axis: g.written(axis, rank) }),
      ...(keep === undefined ? {} : { keepdims: keep }),
      ...(g.choices.chance(40) ? { select_last_index: g.choices.below(2) } : {}),
    };
    const range = between(0, Math.max(0, x.dims[axis] - 1), x);
    return g.one(op, [x], { dtype: 'int64', dims, ...range }, { attributes });
  },
});

function cumSum(g) {
  const x = g.take({ types: ['float32', 'float64', 'int32', 'int64'], rank: [1, 4] });
  const rank = x.dims.length;
  const axis = g.choices.below(rank);
  const attributes = g.choices.pick([
    {},
    { exclusive: 1 },
    { reverse: 1 },
    { exclusive: 1, reverse: 1 },
  ]);
  const where = g.numbers(g.choices.pick(['int64', 'int32']), [], [g.written(axis, rank)]);
  const range = accumulated(x.dims[axis], x);
  const magnitude = ([numbers]) => largest(numbers) * x.dims[axis];
  return g.one(
    'CumSum',
    [x, where],
    { dtype: x.dtype, dims: x.dims, ...range },
    { attributes, magnitude },
  );
}

export default [
  reducer('ReduceSum', (x, count) => accumulated(count, x), {
    types: NUMBERS,
    since: 13,
    terms: bySize,
  }),
  reducer('ReduceMean', mean, { types: [...HALVES, 'float64'], terms: (size) => size }),
  reducer('ReduceMax', moved, { types: EXTREME }),
  reducer('ReduceMin', moved, { types: EXTREME }),
  reducer('ReduceProd', product, { types: NUMBERS, want: { low: -2, high: 2 } }),
  reducer('ReduceL1', (x, count) => ({ ...accumulated(count, x), low: 0 }), {
    types: ['float32', 'int32'],
    terms: bySize,
  }),
  reducer('ReduceL2', (x, count) => root(squares(x, count)), { types: HALVES }),
  reducer('ReduceSumSquare', squares, {
    types: ['float32', 'int32'],
    want: { high: 100, low: -100 },
  }),
  reducer('ReduceLogSum', logarithm, {
    types: HALVES,
    want: { low: 0.25 },
    terms: (_, count) => count,
  }),
  reducer(
    'ReduceLogSumExp',
    (x, count) => ({ ...unknown(x), low: x.low, high: x.high + Math.log(Math.max(1, count)) }),
    {
      types: [...HALVES, 'float64'],
      want: { low: -60, high: 60 },
      terms: (size, count) => size + count,
    },
  ),
  place('ArgMax'),
  place('ArgMin'),
  { op: 'CumSum', weight: 2, make: cumSum },
];
