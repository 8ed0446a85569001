// Parts of tensors, and tensors of parts.
import { countOf } from '../dtypes.mjs';
import { joined, moved, padded } from '../ranges.mjs';
import { anything, move } from './shape.mjs';

/** Start and end as Slice takes them, beyond the ends too, and how many elements they take. */
function slice1(choices, dim) {
  const step = choices.weighted([
    [6, 1],
    [2, 2],
    [1, 3],
    [3, -1],
    [2, -2],
  ]);
  const start = choices.weighted([
    [4, choices.int(-dim - 2, dim + 2)],
    [1, step > 0 ? -1e9 : 1e9],
    [3, step > 0 ? 0 : -1],
  ]);
  const end = choices.weighted([
    [4, choices.int(-dim - 2, dim + 2)],
    [3, step > 0 ? 1e9 : -1e9],
  ]);
  const at = (written) => (written < 0 ? written + dim : written);
  const within = (value, low, high) => Math.min(high, Math.max(low, value));
  const [first, last] =
    step > 0
      ? [within(at(start), 0, dim), within(at(end), 0, dim)]
      : [within(at(start), 0, dim - 1), within(at(end), -1, dim - 1)];
  return { start, end, step, count: Math.max(0, Math.ceil((last - first) / step)) };
}

function slice(g) {
  const { choices } = g;
  const x = g.take({ ...anything, rank: [1, 4], test: ({ dims }) => !dims.includes(0) });
  if (x.dims.includes(0)) return null;
  const rank = x.dims.length;
  const all = x.dims.map((_, axis) => axis);
  const given = choices.chance(70);
  const axes = given
    ? choices.shuffled(choices.subset(all, 1))
    : all.slice(0, choices.int(1, rank));
  const parts = axes.map((axis) => slice1(choices, x.dims[axis]));
  const dims = [...x.dims];
  parts.forEach(({ count }, i) => (dims[axes[i]] = count));
  if (dims.includes(0) && !g.empties) return null;
  const type = choices.pick(['int64', 'int32']);
  const list = (numbers) => g.numbers(type, [numbers.length], numbers);
  const steps = parts.some(({ step }) => step !== 1) || choices.chance(30);
  const written = axes.map((axis) => g.written(axis, rank));
  const inputs = [
    x,
    list(parts.map(({ start }) => start)),
    list(parts.map(({ end }) => end)),
    given ? list(written) : null,
    steps ? list(parts.map(({ step }) => step)) : null,
  ];
  return move(g, 'Slice', inputs, dims);
}

function split(g) {
  const { choices } = g;
  const x = g.take({ types: ['float32', 'int64', 'int32', 'uint8'], special: true, rank: [1, 4] });
  const axis = choices.below(x.dims.length);
  const dim = x.dims[axis];
  const parts = Math.max(1, Math.min(choices.int(1, 3), dim));
  const even = dim > 0 && dim % parts === 0 && choices.chance(40);
  let sizes = Array(parts).fill(dim / parts);
  const attributes = { axis: g.written(axis, x.dims.length) };
  let given = null;
  if (even || (g.opset >= 18 && dim > 0 && choices.chance(30))) {
    if (g.opset >= 18) attributes.num_outputs = parts;
    const each = Math.ceil(dim / parts);
    sizes = Array.from({ length: parts }, (_, i) => Math.min(each, dim - each * i));
    if (sizes.some((part) => part <= 0) && dim > 0) return null;
  } else {
    let rest = dim;
    sizes = sizes.map((_, i) => {
      const part = i === parts - 1 ? rest : choices.int(g.empties ? 0 : 1, rest - (parts - 1 - i));
      rest -= part;
      return part;
    });
    if (sizes.some((part) => part < 0)) return null;
    given = g.numbers('int64', [parts], sizes);
  }
  const outputs = sizes.map((part) => ({
    ...moved(x),
    dtype: x.dtype,
    dims: x.dims.with(axis, part),
  }));
  return g.node('Split', [x, given], outputs, { attributes });
}

function concat(g) {
  const { choices } = g;
  const first = g.take({ ...anything, rank: [1, 4] });
  const axis = choices.below(first.dims.length);
  const inputs = [first];
  for (let i = choices.int(0, 3); i > 0; i--) {
    const test = ({ dims }) => dims.every((dim, at) => at === axis || dim === first.dims[at]);
    const makeDims = () => first.dims.with(axis, g.dim());
    const rank = [first.dims.length, first.dims.length];
    inputs.push(g.take({ ...anything, types: [first.dtype], rank, test, makeDims }));
  }
  const dims = first.dims.with(
    axis,
    inputs.reduce((sum, { dims }) => sum + dims[axis], 0),
  );
  if (countOf(dims) > 5000) return null;
  const output = { ...joined(inputs), rounded: true, dtype: first.dtype, dims };
  const attributes = { axis: g.written(axis, dims.length) };
  return g.one('Concat', choices.shuffled(inputs), output, { attributes });
}

function pad(g) {
  const { choices } = g;
  const x = g.take({
    types: ['float32', 'int64', 'int32', 'uint8', 'int8', 'float64'],
    rank: [1, 4],
    special: true,
  });
  const rank = x.dims.length;
  const mode = choices.pick(['constant', 'reflect', 'edge', ...(g.opset >= 19 ? ['wrap'] : [])]);
  if (mode !== 'constant' && x.dims.includes(0)) return null;
  const all = x.dims.map((_, axis) => axis);
  const axes = g.opset >= 18 && choices.chance(40) ? choices.shuffled(choices.subset(all, 1)) : all;
  // Negative ones cut away; at least one element stays of each dimension.
  const amount = (dim) => {
    const most = mode === 'reflect' ? dim - 1 : mode === 'wrap' ? dim : 3;
    const least = mode === 'constant' && choices.chance(30) ? -Math.floor((dim - 1) / 2) : 0;
    return choices.int(0, Math.max(0, Math.min(3, most)) - Math.min(0, least)) + Math.min(0, least);
  };
  const begins = axes.map((axis) => amount(x.dims[axis]));
  const ends = axes.map((axis) => amount(x.dims[axis]));
  const dims = [...x.dims];
  axes.forEach((axis, i) => (dims[axis] += begins[i] + ends[i]));
  if (dims.some((dim) => dim < 0) || countOf(dims) > 5000) return null;
  const filled =
    mode === 'constant' && choices.chance(60) ? g.source(x.dtype, [], { types: [x.dtype] }) : null;
  const inputs = [
    x,
    g.numbers('int64', [2 * axes.length], [...begins, ...ends]),
    filled,
    axes === all ? null : g.axes(axes, rank),
  ];
  const range = mode === 'constant' ? padded(filled ? joined([x, filled]) : x) : moved(x);
  const attributes = mode === 'constant' && choices.chance(50) ? {} : { mode };
  return g.one('Pad', inputs, { ...range, dtype: x.dtype, dims }, { attributes });
}

function trilu(g) {
  const x = g.take({ types: ['float32', 'int64', 'int32', 'bool'], rank: [2, 4], special: true });
  const far = Math.max(...x.dims.slice(-2)) + 1;
  const k = g.choices.chance(60) ? g.numbers('int64', [], [g.choices.int(-far, far)]) : null;
  const upper = g.choices.below(2);
  const attributes = g.choices.chance(30) && upper ? {} : { upper };
  return g.one('Trilu', [x, k], { ...padded(x), dtype: x.dtype, dims: x.dims }, { attributes });
}

function reverseSequence(g) {
  const { choices } = g;
  const x = g.take({
    types: ['float32', 'int64', 'int32'],
    rank: [2, 4],
    special: true,
    test: ({ dims }) => !dims.includes(0),
  });
  if (x.dims.includes(0)) return null;
  const batch = choices.below(2);
  const time = 1 - batch;
  const lengths = Array.from({ length: x.dims[batch] }, () => choices.int(1, x.dims[time]));
  const attributes =
    batch === 1 && choices.chance(50) ? {} : { batch_axis: batch, time_axis: time };
  return move(g, 'ReverseSequence', [x, g.numbers('int64', [lengths.length], lengths)], x.dims, {
    attributes,
  });
}

export default [
  { op: 'Slice', weight: 4, make: slice },
  { op: 'Split', weight: 3, make: split },
  { op: 'Concat', weight: 4, make: concat },
  { op: 'Pad', weight: 3, make: pad },
  { op: 'Trilu', since: 14, make: trilu },
  { op: 'ReverseSequence', make: reverseSequence },
];
