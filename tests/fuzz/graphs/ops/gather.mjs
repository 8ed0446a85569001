// Elements taken from, and put to, places that are given.
import { countOf } from '../dtypes.mjs';
import { accumulated, joined, moved, productOf } from '../ranges.mjs';
import { anything } from './shape.mjs';

const TYPES = ['float32', 'int64', 'int32', 'uint8', 'bool', 'float64'];
const nonEmpty = { test: ({ dims }) => countOf(dims) > 0 };

/** Whole numbers that are places along a dimension, counted from either end. */
function places(g, dims, most) {
  const { choices } = g;
  const type = choices.pick(['int64', 'int32']);
  const negative = choices.chance(40);
  const low = negative ? -most : 0;
  return g.take({ types: [type], dims, low, high: most - 1, same: true });
}

function gather(g) {
  const x = g.take({ ...anything, rank: [1, 4], ...nonEmpty });
  if (countOf(x.dims) === 0) return null;
  const axis = g.choices.below(x.dims.length);
  const indices = places(g, g.shape([0, 2]), x.dims[axis]);
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  if (countOf(dims) > 5000) return null;
  const attributes =
    axis === 0 && g.choices.chance(50) ? {} : { axis: g.written(axis, x.dims.length) };
  return g.one('Gather', [x, indices], { ...moved(x), dtype: x.dtype, dims }, { attributes });
}

/** Dimensions of which none but one is larger than those of `dims`. */
function withinBut(g, dims, axis) {
  return dims.map((dim, i) =>
    i === axis ? g.dim() : g.choices.chance(60) ? dim : g.choices.int(1, dim),
  );
}

function gatherElements(g) {
  const x = g.take({ ...anything, rank: [1, 4], ...nonEmpty });
  if (countOf(x.dims) === 0) return null;
  const axis = g.choices.below(x.dims.length);
  const dims = withinBut(g, x.dims, axis);
  const indices = places(g, dims, x.dims[axis]);
  const attributes = { axis: g.written(axis, x.dims.length) };
  return g.one(
    'GatherElements',
    [x, indices],
    { ...moved(x), dtype: x.dtype, dims },
    { attributes },
  );
}

/** Index tuples into the leading dimensions of `dims`, as a tensor of shape [...outer, depth]. */
function tuples(g, dims, outer, { distinct = false } = {}) {
  const { choices } = g;
  const count = countOf(outer);
  const space = countOf(dims);
  if (distinct && count > space) return null;
  const order = distinct
    ? choices.shuffled(Array.from({ length: space }, (_, i) => i)).slice(0, count)
    : Array.from({ length: count }, () => choices.below(space));
  const negative = choices.chance(30);
  const numbers = order.flatMap((place) => {
    const tuple = [];
    let rest = place;
    for (let i = dims.length - 1; i >= 0; i--) {
      tuple.unshift((rest % dims[i]) - (negative ? dims[i] : 0));
      rest = Math.floor(rest / dims[i]);
    }
    return tuple;
  });
  return g.numbers('int64', [...outer, dims.length], numbers);
}

function gatherND(g) {
  const { choices } = g;
  const x = g.take({ types: TYPES, special: true, rank: [1, 4], ...nonEmpty });
  if (countOf(x.dims) === 0) return null;
  const rank = x.dims.length;
  const batch = choices.chance(60) ? 0 : choices.int(0, rank - 1);
  const depth = choices.int(1, rank - batch);
  const outer = Array.from({ length: choices.int(1, 2) }, () => choices.int(1, 3));
  const indices = tuples(g, x.dims.slice(batch, batch + depth), [
    ...x.dims.slice(0, batch),
    ...outer,
  ]);
  const dims = [...x.dims.slice(0, batch), ...outer, ...x.dims.slice(batch + depth)];
  if (countOf(dims) > 5000) return null;
  const attributes = batch === 0 ? {} : { batch_dims: batch };
  return g.one('GatherND', [x, indices], { ...moved(x), dtype: x.dtype, dims }, { attributes });
}

/** How what is put meets what is there: the attribute, and the bounds. */
function meeting(g, x, updates, since) {
  const { choices, opset } = g;
  const sums = opset >= since && x.dtype !== 'bool' && choices.chance(50);
  const extremes = opset >= 18 && x.dtype !== 'bool';
  const kinds = [
    'none',
    ...(sums ? ['add', 'mul'] : []),
    ...(sums && extremes ? ['min', 'max'] : []),
  ];
  const reduction = choices.pick(kinds);
  const range = { ...joined([x, updates]), rounded: true };
  if (reduction === 'add')
    Object.assign(range, accumulated(countOf(updates.dims) + 1, range), { rounded: false });
  if (reduction === 'mul') {
    const product = productOf(x, updates);
    Object.assign(range, {
      low: -Infinity,
      high: Infinity,
      unit: 0,
      same: product.same,
      rounded: false,
    });
    if (countOf(updates.dims) > 1) range.same = false;
  }
  return { attributes: reduction === 'none' ? {} : { reduction }, range };
}

/** Without NaN, whose order in a reduction is not prescribed. */
const SCATTERED = ['float32', 'int64', 'int32', 'float64', 'uint8', 'bool'];

function scatterND(g) {
  const { choices } = g;
  const x = g.take({ types: SCATTERED, rank: [1, 4], ...nonEmpty });
  if (countOf(x.dims) === 0) return null;
  const depth = choices.int(1, x.dims.length);
  const outer = Array.from({ length: choices.int(1, 2) }, () => choices.int(1, 3));
  const types = [x.dtype];
  const updates = g.take({ types, dims: [...outer, ...x.dims.slice(depth)], low: -8, high: 255 });
  const { attributes, range } = meeting(g, x, updates, 16);
  const distinct = attributes.reduction === undefined;
  const indices = tuples(g, x.dims.slice(0, depth), outer, { distinct });
  if (!indices) return null;
  return g.one(
    'ScatterND',
    [x, indices, updates],
    { ...range, dtype: x.dtype, dims: x.dims },
    { attributes },
  );
}

function scatterElements(g) {
  const { choices } = g;
  const x = g.take({ types: SCATTERED, rank: [1, 4], ...nonEmpty });
  if (countOf(x.dims) === 0) return null;
  const axis = choices.below(x.dims.length);
  const dims = x.dims.map((dim) => choices.int(1, dim));
  const updates = g.take({ types: [x.dtype], dims, low: -8, high: 255 });
  const { attributes, range } = meeting(g, x, updates, 16);
  // Without a reduction the places must differ: along the axis, those of each line are a permutation.
  const lines = new Map();
  const inner = countOf(dims.slice(axis + 1));
  const numbers = Array.from({ length: countOf(dims) }, (_, i) => {
    if (attributes.reduction) return choices.int(-x.dims[axis], x.dims[axis] - 1);
    const line = `${Math.floor(i / (inner * dims[axis]))},${i % inner}`;
    if (!lines.has(line))
      lines.set(line, choices.shuffled(Array.from({ length: x.dims[axis] }, (_, at) => at)));
    return lines.get(line).pop();
  });
  const indices = g.numbers(choices.pick(['int64', 'int32']), dims, numbers);
  const all = { axis: g.written(axis, dims.length), ...attributes };
  return g.one(
    'ScatterElements',
    [x, indices, updates],
    { ...range, dtype: x.dtype, dims: x.dims },
    { attributes: all },
  );
}

export default [
  { op: 'Gather', weight: 3, make: gather },
  { op: 'GatherElements', weight: 2, make: gatherElements },
  { op: 'GatherND', weight: 2, make: gatherND },
  { op: 'ScatterND', weight: 2, make: scatterND },
  { op: 'ScatterElements', weight: 2, make: scatterElements },
];
