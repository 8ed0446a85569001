// Float operators between DequantizeLinear and QuantizeLinear, as quantizers leave them: what is run on bytes where it can be.
import { countOf } from '../dtypes.mjs';
import {
  accumulated,
  between,
  differenceOf,
  joined,
  moved,
  productOf,
  sumOf,
  unknown,
} from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { largest } from '../numbers.mjs';
import { image, sumSize } from './conv.mjs';
import { byteConv } from './integer.mjs';
import { productDims, some } from './matmul.mjs';
import { BYTES, dequantized, quantized, quantizer, sizeOf } from './scales.mjs';
import { windows } from './window.mjs';

const types = (g) => [...BYTES, ...BYTES, ...BYTES, ...(g.opset >= 21 ? ['int16', 'uint16'] : [])];

/** Dequantizes a value: { value, by }. The parameters are mostly constants, as they need to be to be run on bytes. */
function dequantize(g, x, options = {}) {
  const { axis, ...own } = options;
  const by = quantizer(g, x.dtype, { constant: g.choices.chance(90), ...own });
  const output = { ...dequantized(x, by), dtype: 'float32', dims: x.dims };
  const attributes = axis === undefined || axis === 1 ? {} : { axis };
  const value = g.one('DequantizeLinear', [x, by.scale, by.zero], output, { attributes });
  return { value, by };
}

/** A Relu or Clip, perhaps, and then QuantizeLinear, mostly, and DequantizeLinear again, perhaps. */
function finish(g, y, dtype, exact) {
  const { choices } = g;
  const last = choices.chance(30) ? activate(g, y) : y;
  if (choices.chance(15)) return last;
  return requantize(g, last, dtype, exact);
}

function requantize(g, y, dtype, exact) {
  const reach = Math.min(sizeOf(y), 1e4) / g.choices.pick([1, 4]);
  const by = quantizer(g, dtype, { constant: g.choices.chance(90), reach, exact });
  const output = { ...quantized(dtype, y.same), dims: y.dims };
  const q = g.one('QuantizeLinear', [y, by.scale, by.zero], output);
  if (g.choices.chance(50)) return q;
  // The same parameters: its bytes may be read directly.
  const again = { ...dequantized(q, by), dtype: 'float32', dims: q.dims };
  return g.one('DequantizeLinear', [q, by.scale, by.zero], again);
}

function activate(g, y) {
  const range = { dtype: 'float32', dims: y.dims, same: y.same, unit: y.unit, rounded: true };
  if (g.choices.chance(60))
    return g.one('Relu', [y], { ...range, low: Math.max(0, y.low), high: Math.max(0, y.high) });
  const low = g.numbers('float32', [], [g.choices.int(-4, 0) / 2], { constant: true });
  const high = g.numbers('float32', [], [g.choices.int(1, 12) / 2], { constant: true });
  const unit = Math.min(y.unit, 0.5);
  return g.one('Clip', [y, low, high], { ...range, unit, low: low.low, high: high.high });
}

/** A constant int32 bias in the scale of the products it is added to. */
function biasFor(g, a, w, count) {
  const data = g.source('int32', [count], { constant: true, low: -3000, high: 3000 });
  const scales = w.scales.map((scale) => Math.fround(scale * a.scales[0]));
  const scale = g.numbers('float32', scales.length === 1 ? [] : [count], scales, {
    constant: true,
  });
  const by = { scales, zeros: scales.map(() => 0), exact: a.exact && w.exact, dtype: 'int32' };
  const zero = g.choices.chance(30)
    ? g.numbers('int32', scale.dims, by.zeros, { constant: true })
    : null;
  const output = { ...dequantized(data, by), dtype: 'float32', dims: [count] };
  const attributes = scales.length > 1 ? { axis: 0 } : {};
  return g.one('DequantizeLinear', [data, scale, zero], output, { attributes });
}

const withBias = (product, bias) =>
  bias ? { ...sumOf(product, bias), sums: product.sums + sizeOf(bias) } : product;

function conv(g) {
  const { choices } = g;
  const made = byteConv(g, { constant: choices.chance(90) });
  if (!made) return null;
  const exact = choices.chance(50);
  const { x, w, attributes, dims, outDepth, terms } = made;
  const perChannel = choices.chance(50);
  const left = dequantize(g, x, { exact });
  const right = dequantize(g, w, {
    exact,
    constant: true,
    symmetric: choices.chance(80),
    ...(perChannel ? { count: outDepth, axis: 0 } : {}),
  });
  const bias = choices.chance(50) ? biasFor(g, left.by, right.by, outDepth) : null;
  const range = withBias(accumulated(terms, left.value, right.value), bias);
  const output = { ...range, dtype: 'float32', dims };
  const y = g.one('Conv', [left.value, right.value, bias], output, {
    attributes,
    magnitude: sumSize(terms),
  });
  return finish(g, y, x.dtype, exact);
}

function matmul(g) {
  const { choices } = g;
  const a = g.take({ types: types(g), rank: [2, 4], test: some });
  if (!some(a)) return null;
  const { bDims, dims, terms } = productDims(g, a.dims);
  if (countOf(bDims) === 0) return null;
  const exact = choices.chance(50);
  const b = choices.chance(80)
    ? g.source(choices.pick(BYTES), bDims, { constant: true })
    : g.take({ types: BYTES, dims: bDims });
  const perColumn = bDims.length === 2 && choices.chance(40);
  const left = dequantize(g, a, { exact });
  const right = dequantize(g, b, {
    exact,
    ...(perColumn ? { count: bDims[1], axis: 1, symmetric: choices.chance(70) } : {}),
  });
  const output = { ...accumulated(terms, left.value, right.value), dtype: 'float32', dims };
  const y = g.one('MatMul', [left.value, right.value], output, { magnitude: sumSize(terms) });
  return finish(g, y, a.dtype, exact);
}

function gemm(g) {
  const { choices } = g;
  const a = g.take({ types: BYTES, rank: [2, 2], test: some });
  if (!some(a)) return null;
  const [transA, transB] = [choices.chance(20), choices.chance(50)];
  const [rows, terms] = transA ? [a.dims[1], a.dims[0]] : a.dims;
  const columns = choices.weighted([
    [5, choices.int(1, 5)],
    [1, 8],
    [1, 17],
  ]);
  const b = g.source(choices.pick(BYTES), transB ? [columns, terms] : [terms, columns], {
    constant: true,
  });
  const exact = choices.chance(50);
  const axis = transB ? 0 : 1;
  const left = dequantize(g, a, { exact });
  const right = dequantize(g, b, {
    exact,
    ...(choices.chance(40) ? { count: columns, axis, symmetric: true } : {}),
  });
  const bias = choices.chance(60) ? biasFor(g, left.by, right.by, columns) : null;
  const alpha = choices.chance(20) ? choices.pick([0.5, 2]) : 1;
  const product = productOf(accumulated(terms, left.value, right.value), {
    low: alpha,
    high: alpha,
    unit: alpha,
    same: true,
  });
  const sums = 2 * accumulated(terms, left.value, right.value).sums;
  const attributes = {
    ...(transA ? { transA: 1 } : {}),
    ...(transB ? { transB: 1 } : {}),
    ...(alpha === 1 ? {} : { alpha: float32(alpha) }),
  };
  const range = withBias({ ...product, sums }, bias);
  // A bias in another scale than the product's is rounded to it where the result is quantized.
  const same = range.same && (alpha === 1 || !bias);
  const output = { ...range, same, dtype: 'float32', dims: [rows, columns] };
  const inputs = [left.value, right.value, bias];
  const y = g.one('Gemm', inputs, output, { attributes, magnitude: sumSize(2 * terms) });
  return finish(g, y, a.dtype, exact);
}

const arithmetic = (op, range) => ({
  op: `${op} of quantized`,
  make(g) {
    const exact = g.choices.chance(50);
    const a = dequantize(g, g.take({ types: types(g) }), { exact });
    const twice = g.choices.chance(10);
    const partner = twice ? undefined : g.partner(a.value, { types: BYTES });
    const b = twice ? a : dequantize(g, partner.other, { exact });
    const output = {
      ...range(a.value, b.value),
      rounded: true,
      dtype: 'float32',
      dims: partner?.dims ?? a.value.dims,
    };
    const inputs = g.choices.chance(50) && op !== 'Sub' ? [b.value, a.value] : [a.value, b.value];
    return finish(g, g.one(op, inputs, output), a.by.dtype, exact);
  },
});

/** By what is no zero. */
function divide(g) {
  const a = dequantize(g, g.take({ types: BYTES }));
  const partner = g.partner(a.value, { types: ['uint8'], low: 1 });
  const b = dequantize(g, partner.other);
  if (b.value.low <= 0) return null;
  const most = sizeOf(a.value) / b.value.low;
  const range = { ...joined([a.value, b.value]), low: -most, high: most, unit: 0, rounded: true };
  const y = g.one('Div', [a.value, b.value], { ...range, dtype: 'float32', dims: partner.dims });
  return finish(g, y, 'uint8');
}

/** Approximations are relative to the largest value, be it 1 or that of the input. */
const largestOrOne = ([numbers]) => Math.max(1, largest(numbers));

/** Functions of one element: with their values, and from which operator set. */
const FUNCTIONS = [
  ['Sigmoid', between(0, 1)],
  ['Tanh', between(-1, 1)],
  ['Erf', between(-1, 1)],
  ['HardSigmoid', between(0, 1)],
  ['HardSwish', between(-1, 64), 14],
  ['Softplus', between(0, 64)],
  ['Elu', between(-1, 64)],
  ['Gelu', between(-1, 64), 20],
  ['Mish', between(-1, 64), 18],
  ['Softsign', between(-1, 1)],
  ['Atan', between(-1.6, 1.6)],
  ['Sin', between(-1, 1)],
];

function lookup(g) {
  const { choices } = g;
  const x = dequantize(g, g.take({ types: BYTES }));
  const possible = FUNCTIONS.filter(([, , since = 13]) => g.opset >= since);
  const [op, { low, high }] = choices.pick(possible);
  const output = { low, high, same: false, dtype: 'float32', dims: x.value.dims };
  const y = g.one(op, [x.value], output, { magnitude: largestOrOne });
  if (choices.chance(70)) return requantize(g, y, choices.pick(BYTES));
  // x * f(x), as in Swish.
  const product = g.one('Mul', [x.value, requantizedFloat(g, y)], {
    ...unknown(y),
    same: false,
    dtype: 'float32',
    dims: y.dims,
    low: -64,
    high: 64,
  });
  return requantize(g, product, x.by.dtype);
}

/** Quantized and dequantized with the same parameters. */
function requantizedFloat(g, y) {
  const by = quantizer(g, 'uint8', { constant: true, reach: sizeOf(y) });
  const q = g.one('QuantizeLinear', [y, by.scale, by.zero], {
    ...quantized('uint8', y.same),
    dims: y.dims,
  });
  return g.one('DequantizeLinear', [q, by.scale, by.zero], {
    ...dequantized(q, by),
    dtype: 'float32',
    dims: q.dims,
  });
}

/** What is exact, or rounded once. */
const EXACT = [
  ['Abs', (x) => ({ low: 0, high: sizeOf(x), unit: x.unit })],
  ['Neg', (x) => ({ low: -x.high, high: -x.low, unit: x.unit })],
  ['Relu', (x) => ({ low: 0, high: Math.max(0, x.high), unit: x.unit })],
  ['Ceil', (x) => ({ low: Math.floor(x.low), high: Math.ceil(x.high), unit: 1 })],
  ['Floor', (x) => ({ low: Math.floor(x.low), high: Math.ceil(x.high), unit: 1 })],
  ['Round', (x) => ({ low: Math.floor(x.low), high: Math.ceil(x.high), unit: 1 })],
  ['Sign', () => ({ low: -1, high: 1, unit: 1 })],
  ['LeakyRelu', (x) => ({ low: x.low, high: Math.max(0, x.high) })],
];

function exactly(g) {
  const { choices } = g;
  const x = dequantize(g, g.take({ types: types(g), same: true }));
  const [op, image] = choices.pick(EXACT);
  const range = { ...image(x.value), same: x.value.same, rounded: true };
  const attributes = op === 'LeakyRelu' ? { alpha: float32(0.25) } : {};
  const y = g.one(
    op,
    [x.value],
    { ...range, dtype: 'float32', dims: x.value.dims },
    { attributes },
  );
  return finish(g, y, x.by.dtype);
}

/** Movers, so that dequantization moves below them. */
function movers(g) {
  const { choices } = g;
  const x = dequantize(g, g.take({ types: types(g), rank: [1, 4] }));
  let { value } = x;
  for (let i = choices.int(1, 2); i > 0; i--) {
    const { dims } = value;
    const rank = dims.length;
    const to = (op, inputs, out, attributes) =>
      g.one(
        op,
        [value, ...inputs],
        { ...moved(value), dtype: 'float32', dims: out },
        { attributes },
      );
    const kind = choices.pick([
      'Transpose',
      'Reshape',
      'Slice',
      'Gather',
      'Unsqueeze',
      'Tile',
      'MaxPool',
    ]);
    if (kind === 'Transpose') value = to(kind, [], [...dims].reverse());
    else if (kind === 'Reshape' && countOf(dims) > 0)
      value = to(kind, [g.numbers('int64', [1], [countOf(dims)])], [countOf(dims)]);
    else if (kind === 'Unsqueeze' && rank < 4)
      value = to(kind, [g.numbers('int64', [1], [0])], [1, ...dims]);
    else if (kind === 'Slice' && dims[0] > 1)
      value = to(
        kind,
        [
          g.numbers('int64', [1], [1]),
          g.numbers('int64', [1], [1e6]),
          g.numbers('int64', [1], [0]),
        ],
        [dims[0] - 1, ...dims.slice(1)],
      );
    else if (kind === 'Gather' && dims[0] > 0)
      value = to(kind, [g.numbers('int64', [2], [-1, 0])], [2, ...dims.slice(1)]);
    else if (kind === 'Tile' && countOf(dims) < 500)
      value = to(
        kind,
        [
          g.numbers(
            'int64',
            [rank],
            dims.map((_, at) => (at === 0 ? 2 : 1)),
          ),
        ],
        [dims[0] * 2, ...dims.slice(1)],
      );
    else if (kind === 'MaxPool' && rank === 4 && !dims.includes(0))
      value = to(kind, [], [dims[0], dims[1], dims[2], dims[3]], { kernel_shape: [1, 1] });
  }
  return finish(g, value, x.by.dtype, x.by.exact);
}

function concat(g) {
  const { choices } = g;
  const first = g.take({ types: BYTES, rank: [1, 4] });
  const axis = choices.below(first.dims.length);
  const exact = choices.chance(50);
  const parts = [dequantize(g, first, { exact })];
  for (let i = choices.int(0, 2); i > 0; i--) {
    const dims = first.dims.with(axis, g.dim());
    parts.push(dequantize(g, g.take({ types: [first.dtype], dims }), { exact }));
  }
  const values = parts.map(({ value }) => value);
  const dims = first.dims.with(
    axis,
    values.reduce((sum, value) => sum + value.dims[axis], 0),
  );
  const output = { ...joined(values), rounded: true, dtype: 'float32', dims };
  const y = g.one('Concat', values, output, { attributes: { axis: g.written(axis, dims.length) } });
  return finish(g, y, first.dtype, exact);
}

function pool(g) {
  const { choices } = g;
  const bytes = image(g, { types: BYTES });
  if (!bytes) return null;
  const exact = choices.chance(50);
  const x = dequantize(g, bytes, { exact });
  const [batch, depth, ...space] = bytes.dims;
  const op = choices.pick(['AveragePool', 'GlobalAveragePool', 'MaxPool']);
  const global = op === 'GlobalAveragePool';
  const window = global
    ? undefined
    : windows(g, space, { ceil: true, padWithin: true, dilate: op === 'MaxPool' || g.opset >= 19 });
  if (!global && !window) return null;
  const dims = global ? [batch, depth, ...space.map(() => 1)] : window.dims(batch, depth);
  if (!dims) return null;
  const count = countOf(global ? space : window.kernel);
  const whole = global || !window.padded;
  const { unit, same, sums } = accumulated(count, x.value);
  const power = whole && (count & (count - 1)) === 0;
  const mean = { ...padding(x.value), unit: power ? unit / count : 0, same, sums };
  const range = op === 'MaxPool' ? moved(x.value) : mean;
  const attributes = global ? {} : { ...window.attributes, kernel_shape: window.kernel };
  if (op === 'AveragePool' && choices.chance(30)) attributes.count_include_pad = 1;
  const y = g.one(op, [x.value], { ...range, dtype: 'float32', dims }, { attributes });
  return finish(g, y, bytes.dtype, exact);
}

const padding = ({ low, high }) => ({ low: Math.min(0, low), high: Math.max(0, high) });

/** Straight from one quantization to another. */
function again(g) {
  const x = dequantize(g, g.take({ types: types(g) }));
  return requantize(g, x.value, g.choices.pick(types(g)), x.by.exact);
}

export default [
  { op: 'Conv of quantized', weight: 6, make: conv },
  { op: 'MatMul of quantized', weight: 5, make: matmul },
  { op: 'Gemm of quantized', weight: 4, make: gemm },
  { ...arithmetic('Add', sumOf), weight: 3 },
  { ...arithmetic('Mul', productOf), weight: 3 },
  arithmetic('Sub', differenceOf),
  { op: 'Div of quantized', make: divide },
  { op: 'function of quantized', weight: 3, make: lookup },
  { op: 'exact function of quantized', weight: 3, make: exactly },
  { op: 'movers of quantized', weight: 4, make: movers },
  { op: 'Concat of quantized', weight: 2, make: concat },
  { op: 'pool of quantized', weight: 3, make: pool },
  { op: 'quantized again', weight: 2, make: again },
];
