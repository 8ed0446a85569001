// What changes the shape, or tells it, and moves elements.
import { countOf } from '../dtypes.mjs';
import { between, moved } from '../ranges.mjs';

const COMMON = ['float32', 'int64', 'int32', 'bool', 'uint8', 'int8', 'float16', 'float64'];
const ANY = [...COMMON, 'int16', 'uint16', 'uint32', 'uint64'];
export const anything = { types: ANY, special: true, wide: true };

/** A node that gives the same elements in another shape. */
export const move = (g, op, inputs, dims, options) =>
  g.one(op, inputs, { ...moved(inputs[0]), dtype: inputs[0].dtype, dims }, options);

/** A shape of the same number of elements. */
function regrouped(g, dims) {
  const { choices } = g;
  const out = [...dims];
  for (let i = choices.int(1, 3); i > 0; i--) {
    const at = choices.below(out.length + 1);
    const kind = choices.pick(['one', 'join', 'split']);
    if (kind === 'one' && out.length < 5) out.splice(at, 0, 1);
    else if (kind === 'join' && at + 1 < out.length) out.splice(at, 2, out[at] * out[at + 1]);
    else if (kind === 'split' && at < out.length) {
      const factor = [2, 3, 4, 5].find((each) => out[at] > 0 && out[at] % each === 0);
      if (factor && out.length < 5) out.splice(at, 1, out[at] / factor, factor);
    }
  }
  return out;
}

function reshape(g) {
  const { choices } = g;
  const x = g.take(anything);
  const dims = regrouped(g, x.dims);
  const empty = countOf(x.dims) === 0;
  const written = [...dims];
  const attributes = {};
  // A zero copies the dimension of the input unless allowzero is set.
  if (empty && dims.some((dim, i) => dim === 0 && x.dims[i] !== 0)) {
    if (g.opset < 14) return null;
    attributes.allowzero = 1;
  } else if (!empty && choices.chance(30)) {
    for (const [i, dim] of dims.entries())
      if (x.dims[i] === dim && choices.chance(50)) written[i] = 0;
  }
  if (!empty && dims.length > 0 && choices.chance(40)) written[choices.below(dims.length)] = -1;
  const shape = g.numbers('int64', [written.length], written);
  return move(g, 'Reshape', [x, shape], dims, { attributes });
}

function flatten(g) {
  const x = g.take(anything);
  const axis = g.choices.int(0, x.dims.length);
  const dims = [countOf(x.dims.slice(0, axis)), countOf(x.dims.slice(axis))];
  const written = axis < x.dims.length ? g.written(axis, x.dims.length) : axis;
  return move(g, 'Flatten', [x], dims, { attributes: axis === 1 ? {} : { axis: written } });
}

function squeeze(g) {
  const { choices } = g;
  const x = g.take({
    ...anything,
    test: ({ dims }) => dims.includes(1),
    makeDims: () => [1, g.dim(), 1],
  });
  const ones = x.dims.map((_, axis) => axis).filter((axis) => x.dims[axis] === 1);
  const some = choices.chance(70) ? choices.shuffled(choices.subset(ones, 1)) : undefined;
  const gone = some ?? ones;
  const dims = x.dims.filter((_, axis) => !gone.includes(axis));
  return move(g, 'Squeeze', [x, some ? g.axes(some, x.dims.length) : null], dims);
}

function unsqueeze(g) {
  const { choices } = g;
  const x = g.take({ ...anything, rank: [0, 3] });
  const rank = x.dims.length + choices.int(1, 2);
  const all = Array.from({ length: rank }, (_, axis) => axis);
  const axes = choices.shuffled(all).slice(0, rank - x.dims.length);
  const rest = [...x.dims];
  const dims = all.map((axis) => (axes.includes(axis) ? 1 : rest.shift()));
  return move(g, 'Unsqueeze', [x, g.axes(axes, rank)], dims);
}

function transpose(g) {
  const { choices } = g;
  const x = g.take({ ...anything, rank: [0, 5] });
  const all = x.dims.map((_, axis) => axis);
  const perm = choices.chance(80) ? choices.shuffled(all) : undefined;
  const order = perm ?? [...all].reverse();
  const attributes = perm?.length ? { perm } : {};
  return move(
    g,
    'Transpose',
    [x],
    order.map((axis) => x.dims[axis]),
    { attributes },
  );
}

function expand(g) {
  const { choices } = g;
  const x = g.take({ ...anything, test: ({ dims }) => countOf(dims) <= 200 });
  const wide = x.dims.map((dim) => (dim === 1 && choices.chance(60) ? g.dim() : dim));
  const dims = choices.chance(30) ? [choices.int(1, 3), ...wide] : wide;
  // The given shape may itself be the narrower one.
  const full = choices.chance(50);
  const asked = dims.map((dim, i) => (!full && dim === x.dims.at(i - dims.length) ? 1 : dim));
  if (countOf(dims) > 5000) return null;
  return move(g, 'Expand', [x, g.numbers('int64', [asked.length], asked)], dims);
}

function tile(g) {
  const x = g.take({ ...anything, test: ({ dims }) => countOf(dims) <= 200 });
  const repeats = x.dims.map(() =>
    g.choices.weighted([[4, 1], [4, 2], [2, 3], ...(g.empties ? [[1, 0]] : [])]),
  );
  const dims = x.dims.map((dim, i) => dim * repeats[i]);
  return move(g, 'Tile', [x, g.numbers('int64', [repeats.length], repeats)], dims);
}

function shapeOf(g) {
  const { choices } = g;
  const x = g.take(anything);
  const rank = x.dims.length;
  const attributes = {};
  if (g.opset >= 15 && choices.chance(50)) {
    if (choices.chance(60)) attributes.start = choices.int(-rank - 1, rank + 1);
    if (choices.chance(60)) attributes.end = choices.int(-rank - 1, rank + 1);
  }
  const at = (written) => Math.min(rank, Math.max(0, written < 0 ? written + rank : written));
  const shown = x.dims.slice(at(attributes.start ?? 0), at(attributes.end ?? rank));
  const range = between(0, Math.max(0, ...shown), { same: true });
  return g.one('Shape', [x], { dtype: 'int64', dims: [shown.length], ...range }, { attributes });
}

function size(g) {
  const x = g.take(anything);
  return g.one('Size', [x], {
    dtype: 'int64',
    dims: [],
    ...between(0, countOf(x.dims), { same: true }),
  });
}

function depthToSpace(g) {
  const { choices } = g;
  const blocksize = choices.int(1, 3);
  const makeDims = () => [
    g.dim(),
    blocksize ** 2 * choices.int(1, 3),
    choices.int(1, 4),
    choices.int(1, 4),
  ];
  const test = ({ dims }) => dims[1] % blocksize ** 2 === 0;
  const x = g.take({ types: ['float32', 'uint8'], rank: [4, 4], test, makeDims, special: true });
  const [n, c, h, w] = x.dims;
  const attributes = {
    blocksize,
    ...(choices.chance(60) ? { mode: choices.pick(['DCR', 'CRD']) } : {}),
  };
  const dims = [n, c / blocksize ** 2, h * blocksize, w * blocksize];
  return move(g, 'DepthToSpace', [x], dims, { attributes });
}

function spaceToDepth(g) {
  const { choices } = g;
  const blocksize = choices.int(1, 3);
  const side = () => blocksize * choices.int(1, 3);
  const test = ({ dims }) => dims[2] % blocksize === 0 && dims[3] % blocksize === 0;
  const makeDims = () => [g.dim(), choices.int(1, 4), side(), side()];
  const x = g.take({ types: ['float32', 'uint8'], rank: [4, 4], test, makeDims, special: true });
  const [n, c, h, w] = x.dims;
  const dims = [n, c * blocksize ** 2, h / blocksize, w / blocksize];
  return move(g, 'SpaceToDepth', [x], dims, { attributes: { blocksize } });
}

export default [
  { op: 'Reshape', weight: 3, make: reshape },
  { op: 'Flatten', make: flatten },
  { op: 'Squeeze', make: squeeze },
  { op: 'Unsqueeze', make: unsqueeze },
  { op: 'Transpose', weight: 3, make: transpose },
  { op: 'Expand', weight: 2, make: expand },
  { op: 'Tile', weight: 2, make: tile },
  { op: 'Shape', make: shapeOf },
  { op: 'Size', make: size },
  { op: 'DepthToSpace', make: depthToSpace },
  { op: 'SpaceToDepth', make: spaceToDepth },
];
