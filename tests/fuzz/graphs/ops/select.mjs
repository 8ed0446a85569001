// Orders and selections, some of which have as many elements as only running tells.
import { countOf, encode } from '../dtypes.mjs';
import { between, joined, moved } from '../ranges.mjs';

const some = ({ dims }) => countOf(dims) > 0;

function topK(g) {
  const { choices } = g;
  const x = g.take({
    types: ['float32', 'int64', 'int32', 'float64'],
    rank: [1, 4],
    same: true,
    test: some,
  });
  if (!some(x)) return null;
  const rank = x.dims.length;
  const axis = choices.below(rank);
  const k = choices.int(g.empties ? 0 : Math.min(1, x.dims[axis]), x.dims[axis]);
  const dims = x.dims.with(axis, k);
  const sorted = choices.chance(85);
  const attributes = {
    ...(axis === rank - 1 && choices.chance(50) ? {} : { axis: g.written(axis, rank) }),
    ...(choices.chance(50) ? { largest: choices.below(2) } : {}),
    ...(sorted ? {} : { sorted: 0 }),
  };
  const range = between(0, Math.max(0, x.dims[axis] - 1), x);
  // In which order they come when not sorted is not prescribed: then only all of them are sure.
  const lone = sorted || k === 1;
  return g.node(
    'TopK',
    [x, g.numbers('int64', [1], [k])],
    [
      { ...moved(x), dtype: x.dtype, dims },
      { dtype: 'int64', dims, ...range },
    ],
    { attributes: lone ? attributes : { ...attributes, sorted: 1 } },
  );
}

function oneHot(g) {
  const { choices } = g;
  const depth = choices.int(1, 6);
  // The types that ONNX Runtime has: of the indices, the depth and the values.
  const [type, depthType, valueType] = choices.pick([
    ['int64', 'int64', 'float32'],
    ['int64', 'int64', 'int64'],
    ['float32', 'int64', 'int64'],
    ['float32', 'float32', 'float32'],
    ['int32', 'int32', 'float32'],
  ]);
  // Beyond the range, all is off.
  const beyond = choices.chance(30) ? 2 : 0;
  const dims = g.shape([1, 3]);
  const numbers = Array.from({ length: countOf(dims) }, () =>
    choices.int(-depth - beyond, depth - 1 + beyond),
  );
  const indices = g.numbers(type, dims, numbers);
  const axis = choices.int(0, dims.length);
  const values = g.take({ types: [valueType], dims: [2] });
  const outDims = [...dims.slice(0, axis), depth, ...dims.slice(axis)];
  const count = g.numbers(depthType, choices.chance(50) ? [] : [1], [depth]);
  const attributes =
    axis === dims.length && choices.chance(50) ? {} : { axis: g.written(axis, outDims.length) };
  const output = { ...moved(values), dtype: values.dtype, dims: outDims };
  return g.one('OneHot', [indices, count, values], output, { attributes });
}

function nonZero(g) {
  const x = g.take({
    types: ['float32', 'int64', 'int32', 'bool', 'uint8'],
    rank: [1, 4],
    same: true,
    special: true,
  });
  return g.one('NonZero', [x], {
    dtype: 'int64',
    dims: undefined,
    ...between(0, Math.max(0, ...x.dims), x),
  });
}

function compress(g) {
  const { choices } = g;
  const x = g.take({ types: ['float32', 'int64', 'uint8'], rank: [1, 4], special: true });
  const axis = choices.chance(70) ? choices.below(x.dims.length) : undefined;
  const most = axis === undefined ? countOf(x.dims) : x.dims[axis];
  const flags = Array.from({ length: choices.int(0, Math.min(most, 40)) }, () => choices.below(2));
  if (flags.length === 0) return null;
  const condition = g.numbers('bool', [flags.length], flags);
  const taken = flags.reduce((sum, flag) => sum + flag, 0);
  const dims = axis === undefined ? [taken] : x.dims.with(axis, taken);
  const attributes = axis === undefined ? {} : { axis: g.written(axis, x.dims.length) };
  return g.one('Compress', [x, condition], { ...moved(x), dtype: x.dtype, dims }, { attributes });
}

function unique(g) {
  const { choices } = g;
  const x = g.take({ types: ['float32', 'int64', 'int8'], rank: [1, 3], same: true, test: some });
  if (!some(x)) return null;
  const axis = choices.chance(40) ? choices.below(x.dims.length) : undefined;
  const attributes = {
    ...(axis === undefined ? {} : { axis: g.written(axis, x.dims.length) }),
    ...(choices.chance(50) ? { sorted: choices.below(2) } : {}),
  };
  const index = { dtype: 'int64', dims: undefined, ...between(0, countOf(x.dims), x) };
  const outputs = [{ ...moved(x), dtype: x.dtype, dims: undefined }, index, index, index];
  return g.node('Unique', [x], outputs.slice(0, choices.int(1, 4)), { attributes });
}

function range(g) {
  const { choices } = g;
  const dtype = choices.pick(['int64', 'int32', 'float32', 'float64']);
  const unit = dtype.startsWith('int') ? 1 : 0.25;
  const start = unit * choices.int(-8, 8);
  const delta = unit * choices.pick([1, 2, 3, -1, -2]);
  const count = choices.int(g.empties ? 0 : 1, 9);
  const limit = start + delta * count;
  const scalar = (value) => g.numbers(dtype, [], [value]);
  const bounds = { low: Math.min(start, limit), high: Math.max(start, limit), unit, same: true };
  const inputs = [scalar(start), scalar(limit), scalar(delta)];
  return g.one('Range', inputs, { dtype, dims: [count], ...bounds, rounded: true });
}

function eyeLike(g) {
  const { choices } = g;
  const x = g.take({ types: ['float32', 'int64', 'int32'], rank: [2, 2], special: true });
  const to = choices.pick([undefined, { dtype: 'float32', code: 1 }, { dtype: 'int64', code: 7 }]);
  const k = choices.chance(50) ? choices.int(-3, 3) : undefined;
  const attributes = { ...(to ? { dtype: to.code } : {}), ...(k === undefined ? {} : { k }) };
  const output = {
    low: 0,
    high: 1,
    unit: 1,
    same: true,
    dtype: to?.dtype ?? x.dtype,
    dims: x.dims,
  };
  return g.one('EyeLike', [x], output, { attributes });
}

function constantOfShape(g) {
  const { choices } = g;
  const dims = g.shape([0, 4]);
  const dtype = choices.pick(['float32', 'int64', 'int32', 'uint8', 'bool', 'float16']);
  const number = dtype === 'bool' ? 1 : choices.int(0, 5);
  const given = choices.chance(70);
  const value = { dtype, dims: [1], data: encode(dtype, [number]) };
  const shape = g.numbers('int64', [dims.length], dims);
  const all = given ? number : 0;
  const output = {
    low: all,
    high: all,
    unit: 1,
    same: true,
    dtype: given ? dtype : 'float32',
    dims,
  };
  return g.one('ConstantOfShape', [shape], output, { attributes: given ? { value } : {} });
}

/** The values of one input in the places of another's. */
function castLike(g) {
  const a = g.take({ types: ['float32', 'int32'], low: -100, high: 100, exact: true });
  const b = g.take({ types: ['float32', 'int64', 'float64'], special: true });
  if (a.dtype === 'float32' && b.dtype === 'int64' && a.unit < 1) return null;
  const output = { ...moved(joined([a])), dtype: b.dtype, dims: a.dims };
  return g.one('CastLike', [a, b], output);
}

export default [
  { op: 'TopK', weight: 3, make: topK },
  { op: 'OneHot', weight: 2, make: oneHot },
  { op: 'NonZero', make: nonZero },
  { op: 'Compress', make: compress },
  { op: 'Unique', make: unique },
  { op: 'Range', make: range },
  { op: 'EyeLike', make: eyeLike },
  { op: 'ConstantOfShape', make: constantOfShape },
  { op: 'CastLike', since: 15, make: castLike },
];
