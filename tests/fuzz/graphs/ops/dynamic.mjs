// Products of what is quantized as it comes, in the form quantize_dynamic gives them.
import { countOf } from '../dtypes.mjs';
import { between, unknown } from '../ranges.mjs';
import { image } from './conv.mjs';
import { quantized, sizeOf } from './scales.mjs';
import { windows } from './window.mjs';

const constant = { constant: true };

/** DynamicQuantizeLinear of a float: its bytes, scale and zero point. */
function bytesOf(g, x) {
  const scale = { dtype: 'float32', dims: [], ...between(0, sizeOf(x), x), rounded: true };
  const bytes = quantized('uint8', x.same);
  return g.node(
    'DynamicQuantizeLinear',
    [x],
    [{ ...bytes, dims: x.dims }, scale, { ...bytes, step: false, dims: [] }],
  );
}

/** The scale of weights, as a whole or for each channel: in one of several shapes. */
function scaleOf(g, shapes) {
  const dims = g.choices.pick(shapes);
  const scales = Array.from({ length: countOf(dims) }, () => (1 + g.choices.below(100)) / 2000);
  return g.numbers('float32', dims, scales.map(Math.fround), constant);
}

/** Cast -> Mul(scale of x * scale of w) -> Add(bias), of an int32 product. */
function toFloat(g, product, scale, weightScale, bias) {
  const { choices } = g;
  const rough = { ...unknown(product), low: -1e4, high: 1e4, same: false, dtype: 'float32' };
  const cast = g.one(
    'Cast',
    [product],
    { ...rough, dims: product.dims },
    { attributes: { to: 1 } },
  );
  const swap = (pair) => (choices.chance(50) ? [...pair].reverse() : pair);
  const scales = g.one('Mul', swap([scale, weightScale]), { ...rough, dims: weightScale.dims });
  // A scale of more dimensions gives the product as many.
  const more = Math.max(0, weightScale.dims.length - product.dims.length);
  const dims = [...Array(more).fill(1), ...product.dims];
  const y = g.one('Mul', swap([cast, scales]), { ...rough, dims });
  return bias ? g.one('Add', swap([y, bias]), { ...rough, dims }) : y;
}

const int32 = ({ same }) => ({
  dtype: 'int32',
  low: -(2 ** 31),
  high: 2 ** 31 - 1,
  same,
  step: !same,
});
const usable = ({ dims }) => countOf(dims) > 0 && countOf(dims) <= 800;

function matmul(g) {
  const { choices } = g;
  const x = g.take({ types: ['float32'], rank: [2, 4], low: -100, high: 100, test: usable });
  if (countOf(x.dims) === 0) return null;
  const columns = choices.weighted([
    [4, choices.int(1, 5)],
    [1, 8],
    [1, 19],
  ]);
  const dtype = choices.pick(['int8', 'uint8']);
  const dims = [...x.dims.slice(0, -1), columns];
  const w = g.source(dtype, [x.dims.at(-1), columns], constant);
  const zero = choices.chance(75)
    ? g.numbers(dtype, [], [dtype === 'int8' ? 0 : 128], constant)
    : null;
  const weightScale = scaleOf(g, [[], [1], [columns], [1, columns], [1, ...dims.map(() => 1)]]);
  const [q, scale, point] = bytesOf(g, x);
  const product = g.one('MatMulInteger', [q, w, point, zero], { ...int32(q), dims });
  const bias = choices.chance(50)
    ? g.source('float32', choices.pick([[columns], [1, columns], [1], dims]), constant)
    : null;
  return toFloat(g, product, scale, weightScale, bias);
}

function conv(g) {
  const { choices } = g;
  const x = image(g, { types: ['float32'], low: -100, high: 100 });
  if (!x) return null;
  const [batch, depth, ...space] = x.dims;
  const window = windows(g, space);
  if (!window) return null;
  const group = choices.weighted([
    [3, 1],
    [1, depth],
  ]);
  const outDepth = group * choices.int(1, 4);
  const w = g.source('uint8', [outDepth, depth / group, ...window.kernel], constant);
  const zero = choices.chance(75) ? g.numbers('uint8', [], [128], constant) : null;
  const dims = [batch, outDepth, ...window.out];
  const channels = [outDepth, ...space.map(() => 1)];
  const weightScale = scaleOf(g, [[], [1], channels, [1, ...channels], [1, ...dims.map(() => 1)]]);
  const [q, scale, point] = bytesOf(g, x);
  const attributes = { ...window.attributes, ...(group === 1 ? {} : { group }) };
  const product = g.one('ConvInteger', [q, w, point, zero], { ...int32(q), dims }, { attributes });
  const bias = choices.chance(50)
    ? g.source('float32', choices.pick([[1, ...channels], channels, [1], dims]), constant)
    : null;
  return toFloat(g, product, scale, weightScale, bias);
}

export default [
  { op: 'MatMul quantized as it comes', weight: 3, make: matmul },
  { op: 'Conv quantized as it comes', weight: 3, make: conv },
];
