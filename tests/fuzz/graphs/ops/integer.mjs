// Quantizing, dequantizing, and products of quantized tensors as ONNX has them.
import { countOf, limitsOf } from '../dtypes.mjs';
import { accumulated, between } from '../ranges.mjs';
import { image } from './conv.mjs';
import { productDims, some } from './matmul.mjs';
import { BYTES, dequantized, quantized, quantizer, sizeOf } from './scales.mjs';
import { windows } from './window.mjs';

const types = (g) => [...BYTES, ...BYTES, ...BYTES, ...(g.opset >= 21 ? ['int16', 'uint16'] : [])];

/** One scale for all, for each along an axis, or (from operator set 21) for each block of some along it. */
function granularity(g, dims) {
  const { choices } = g;
  const rank = dims.length;
  const kind = choices.weighted([
    [5, 'tensor'],
    [3, 'axis'],
    [g.opset >= 21 ? 2 : 0, 'block'],
  ]);
  if (kind === 'tensor' || rank === 0 || dims.includes(0)) return {};
  const axis = choices.below(rank);
  const attributes = axis === 1 && choices.chance(50) ? {} : { axis: g.written(axis, rank) };
  if (kind === 'axis') return { count: dims[axis], attributes };
  const block = choices.int(1, 3);
  const shape = dims.with(axis, Math.ceil(dims[axis] / block));
  // ONNX Runtime takes a single block for one scale of the whole tensor, and then refuses block_size.
  if (countOf(shape) === 1) return {};
  return { count: countOf(shape), shape, attributes: { ...attributes, block_size: block } };
}

/** Parameters of a granularity: for blocks, in the shape of the tensor. */
function parameters(g, dtype, { count, shape }, options) {
  const made = quantizer(g, dtype, { count, ...options });
  if (!shape) return made;
  const scale = g.numbers('float32', shape, made.scales);
  return { ...made, scale, zero: made.zero && g.numbers(dtype, shape, made.zeros) };
}

function quantize(g) {
  const { choices } = g;
  const x = g.take({ types: ['float32'], rank: [0, 4], low: -1e6, high: 1e6 });
  const dtype = choices.pick(types(g));
  const how = granularity(g, x.dims);
  const by = parameters(g, dtype, how, { reach: sizeOf(x) });
  const output = { ...quantized(dtype, x.same), dims: x.dims };
  return g.one('QuantizeLinear', [x, by.scale, by.zero], output, { attributes: how.attributes });
}

function dequantize(g) {
  const x = g.take({ types: types(g), rank: [0, 4], wide: true });
  const how = granularity(g, x.dims);
  const by = parameters(g, x.dtype, how);
  const output = { ...dequantized(x, by), dtype: 'float32', dims: x.dims };
  return g.one('DequantizeLinear', [x, by.scale, by.zero], output, { attributes: how.attributes });
}

function dynamicQuantize(g) {
  const x = g.take({
    types: ['float32'],
    low: -1e4,
    high: 1e4,
    test: ({ dims }) => countOf(dims) > 0,
  });
  if (countOf(x.dims) === 0) return null;
  const scale = { dtype: 'float32', dims: [], ...between(0, sizeOf(x) / 100, x), rounded: true };
  const outputs = [
    { ...quantized('uint8', x.same), dims: x.dims },
    scale,
    { ...quantized('uint8', x.same), step: false, dims: [] },
  ];
  return g.node('DynamicQuantizeLinear', [x], outputs);
}

/** A zero point for all, for each row or column of a matrix, or none. */
function zeroPoint(g, dtype, lines) {
  const { choices } = g;
  const limits = limitsOf(dtype);
  const kind = choices.weighted([
    [3, 'one'],
    [2, 'none'],
    [lines ? 2 : 0, 'each'],
  ]);
  if (kind === 'none') return null;
  const count = kind === 'each' ? lines : 1;
  const numbers = Array.from({ length: count }, () => choices.int(limits.low, limits.high));
  const dims = kind === 'each' ? [count] : choices.pick([[], [1]]);
  return g.numbers(dtype, dims, numbers);
}

const int32 = (x, w) => ({ ...between(-(2 ** 31), 2 ** 31 - 1, x, w), dtype: 'int32' });

function matmulInteger(g) {
  const a = g.take({ types: BYTES, rank: [1, 4], same: true, test: some });
  if (!some(a)) return null;
  const { bDims, dims } = productDims(g, a.dims);
  if (countOf(bDims) === 0) return null;
  const b = g.take({ types: BYTES, dims: bDims, same: true });
  const columns = bDims.length === 2 ? bDims[1] : 0;
  const inputs = [a, b, zeroPoint(g, a.dtype, 0), zeroPoint(g, b.dtype, columns)];
  return g.one('MatMulInteger', inputs, { ...int32(a, b), dims });
}

/** An image of bytes and weights for it, with what a convolution's node needs beside them. */
export function byteConv(g, { weightTypes = BYTES, constant = false } = {}) {
  const { choices } = g;
  const x = image(g, { types: BYTES });
  if (!x) return null;
  const [batch, depth, ...dims] = x.dims;
  const window = windows(g, dims);
  if (!window) return null;
  const group = choices.weighted([
    [4, 1],
    [2, depth],
    [1, depth % 2 === 0 ? 2 : 1],
  ]);
  const outDepth =
    group *
    choices.weighted([
      [6, choices.int(1, 4)],
      [1, 8],
      [1, 17],
    ]);
  const wDims = [outDepth, depth / group, ...window.kernel];
  const allowed = x.dtype === 'int8' ? ['int8'] : weightTypes;
  const w = constant
    ? g.source(choices.pick(allowed), wDims, { constant })
    : g.take({ types: allowed, dims: wDims });
  const attributes = {
    ...window.attributes,
    ...(group === 1 ? {} : { group }),
    ...(choices.chance(50) ? { kernel_shape: window.kernel } : {}),
  };
  return {
    x,
    w,
    attributes,
    outDepth,
    dims: [batch, outDepth, ...window.out],
    terms: countOf(wDims.slice(1)),
  };
}

function convInteger(g) {
  const made = byteConv(g);
  if (!made || !made.x.same || !made.w.same) return null;
  const { x, w, attributes, dims } = made;
  const inputs = [x, w, zeroPoint(g, x.dtype, 0), zeroPoint(g, w.dtype, 0)];
  return g.one('ConvInteger', inputs, { ...int32(x, w), dims }, { attributes });
}

/** Whether a product of quantized tensors, quantized again, is exact before it is rounded. */
function exactly(x, w, by, terms) {
  const sums = accumulated(terms, dequantized(x, by.x), dequantized(w, by.w));
  return (
    by.x.exact && by.w.exact && by.y.exact && x.same && w.same && sums.sums / sums.unit < 2 ** 24
  );
}

function qlinearConv(g) {
  const made = byteConv(g);
  if (!made) return null;
  const { x, w, attributes, dims, outDepth, terms } = made;
  const { choices } = g;
  const exact = choices.chance(50);
  const perChannel = choices.chance(40);
  const by = {
    x: quantizer(g, x.dtype, { exact }),
    w: quantizer(g, w.dtype, {
      exact,
      count: perChannel ? outDepth : undefined,
      symmetric: perChannel,
    }),
  };
  const sums = accumulated(terms, dequantized(x, by.x), dequantized(w, by.w));
  by.y = quantizer(g, x.dtype, { exact, reach: sums.sums / 4 });
  const bias = choices.chance(50)
    ? g.take({ types: ['int32'], dims: [outDepth], low: -5000, high: 5000 })
    : null;
  const zero = ({ zero: own }, dtype) => own ?? g.numbers(dtype, [], [0]);
  const inputs = [
    ...[x, by.x.scale, zero(by.x, x.dtype)],
    ...[w, by.w.scale, by.w.zero ?? g.numbers(w.dtype, by.w.scale.dims, by.w.zeros)],
    ...[by.y.scale, zero(by.y, x.dtype)],
    bias,
  ];
  return g.one(
    'QLinearConv',
    inputs,
    { ...quantized(x.dtype, exactly(x, w, by, terms + 1)), dims },
    { attributes },
  );
}

function qlinearMatmul(g) {
  const { choices } = g;
  const a = g.take({ types: BYTES, rank: [2, 4], test: some });
  if (!some(a)) return null;
  const { bDims, dims, terms } = productDims(g, a.dims);
  if (countOf(bDims) === 0) return null;
  const b = g.take({ types: a.dtype === 'int8' ? ['int8'] : BYTES, dims: bDims });
  const exact = choices.chance(50);
  const columns = bDims.length === 2 && choices.chance(40) ? bDims[1] : undefined;
  const by = {
    x: quantizer(g, a.dtype, { exact }),
    w: quantizer(g, b.dtype, { exact, count: columns, symmetric: columns !== undefined }),
  };
  const sums = accumulated(terms, dequantized(a, by.x), dequantized(b, by.w));
  by.y = quantizer(g, a.dtype, { exact, reach: sums.sums / 4 });
  const inputs = [
    ...[a, by.x.scale, by.x.zero ?? g.numbers(a.dtype, by.x.scale.dims, [0])],
    ...[b, by.w.scale, by.w.zero ?? g.numbers(b.dtype, by.w.scale.dims, by.w.zeros)],
    ...[by.y.scale, by.y.zero ?? g.numbers(a.dtype, by.y.scale.dims, [0])],
  ];
  return g.one('QLinearMatMul', inputs, { ...quantized(a.dtype, exactly(a, b, by, terms)), dims });
}

export default [
  { op: 'QuantizeLinear', weight: 4, make: quantize },
  { op: 'DequantizeLinear', weight: 4, make: dequantize },
  { op: 'DynamicQuantizeLinear', weight: 2, make: dynamicQuantize },
  { op: 'MatMulInteger', weight: 3, make: matmulInteger },
  { op: 'ConvInteger', weight: 3, make: convInteger },
  { op: 'QLinearConv', weight: 4, make: qlinearConv },
  { op: 'QLinearMatMul', weight: 4, make: qlinearMatmul },
];
