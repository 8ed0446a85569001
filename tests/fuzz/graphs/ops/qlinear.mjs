// ONNX Runtime's own operators on quantized tensors.
import { countOf } from '../dtypes.mjs';
import { accumulated, productOf, sumOf } from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { image, sumSize } from './conv.mjs';
import { BYTES, dequantized, quantized, quantizer, sizeOf } from './scales.mjs';
import { windows } from './window.mjs';

const domain = 'com.microsoft';
/** Bytes: some; without any, ONNX Runtime reads and writes elsewhere. */
const bytes = { types: BYTES, test: ({ dims }) => countOf(dims) > 0 && countOf(dims) <= 1000 };
const empty = (...values) => values.some(({ dims }) => countOf(dims) === 0);
/** Parameters that are scalars: ONNX Runtime refuses vectors of one here. */
const scalars = (g, dtype, options) => quantizer(g, dtype, { ...options, scalar: true });
/** A zero point, also where it was left out. */
const zeroed = (g, by) => by.zero ?? g.numbers(by.dtype, by.scale.dims, by.zeros);

const binary = (op, range) => ({
  op,
  make(g) {
    const a = g.take(bytes);
    const { other: b, dims } = g.partner(a, { types: [a.dtype] });
    if (empty(a, b)) return null;
    const exact = g.choices.chance(50);
    const [byA, byB] = [scalars(g, a.dtype, { exact }), scalars(g, a.dtype, { exact })];
    const result = range(dequantized(a, byA), dequantized(b, byB));
    const byY = scalars(g, a.dtype, { exact, reach: sizeOf(result) });
    const inputs = [
      ...[a, byA.scale, zeroed(g, byA)],
      ...[b, byB.scale, zeroed(g, byB)],
      byY.scale,
      zeroed(g, byY),
    ];
    // ONNX Runtime adds the zero point before it rounds, so that ties may go the other way.
    return g.one(op, inputs, { ...quantized(a.dtype, false), dims }, { domain });
  },
});

const unary = (op, attributes = () => ({})) => ({
  op,
  make(g) {
    const x = g.take(bytes);
    if (empty(x)) return null;
    const [by, to] = [
      scalars(g, x.dtype, { constant: true }),
      scalars(g, x.dtype, { constant: true, reach: 1 }),
    ];
    const inputs = [x, by.scale, zeroed(g, by), to.scale, zeroed(g, to)];
    return g.one(
      op,
      inputs,
      { ...quantized(x.dtype, false), dims: x.dims },
      { domain, attributes: attributes(g) },
    );
  },
});

function concat(g) {
  const { choices } = g;
  const first = g.take({ ...bytes, rank: [1, 4] });
  const axis = choices.below(first.dims.length);
  const tensors = [first];
  for (let i = choices.int(0, 2); i > 0; i--)
    tensors.push(g.take({ types: [first.dtype], dims: first.dims.with(axis, g.dim()) }));
  if (empty(...tensors)) return null;
  const by = tensors.map(() => quantizer(g, first.dtype));
  const to = quantizer(g, first.dtype, { reach: 8 });
  const dims = first.dims.with(
    axis,
    tensors.reduce((sum, { dims: own }) => sum + own[axis], 0),
  );
  const inputs = [
    to.scale,
    zeroed(g, to),
    ...tensors.flatMap((x, i) => [x, by[i].scale, zeroed(g, by[i])]),
  ];
  const same = to.exact && by.every(({ exact }) => exact) && tensors.every((x) => x.same);
  const attributes = { axis: g.written(axis, dims.length) };
  return g.one(
    'QLinearConcat',
    inputs,
    { ...quantized(first.dtype, same), dims },
    { domain, attributes },
  );
}

function globalAverage(g) {
  const x = image(g, { types: BYTES }, 2);
  if (!x) return null;
  const last = g.choices.chance(30);
  const [n, second, third, fourth] = x.dims;
  const dims = last ? [n, 1, 1, fourth] : [n, second, 1, 1];
  const [by, to] = [scalars(g, x.dtype), scalars(g, x.dtype)];
  const inputs = [x, by.scale, zeroed(g, by), to.scale, zeroed(g, to)];
  const attributes = { channels_last: last ? 1 : 0 };
  const count = last ? second * third : third * fourth;
  const same = by.exact && to.exact && x.same && (count & (count - 1)) === 0;
  return g.one(
    'QLinearGlobalAveragePool',
    inputs,
    { ...quantized(x.dtype, same), dims },
    { domain, attributes },
  );
}

function average(g) {
  const x = image(g, { types: BYTES });
  if (!x) return null;
  const [batch, depth, ...space] = x.dims;
  const window = windows(g, space, { ceil: true, padWithin: true, dilate: false });
  if (!window) return null;
  const [by, to] = [scalars(g, x.dtype), scalars(g, x.dtype)];
  const inputs = [x, by.scale, zeroed(g, by), to.scale, zeroed(g, to)];
  const attributes = {
    ...window.attributes,
    kernel_shape: window.kernel,
    // Where windows reach beyond all padding, ONNX Runtime counts what is there, unlike in its AveragePool.
    ...(!window.attributes.ceil_mode && g.choices.chance(50) ? { count_include_pad: 1 } : {}),
  };
  const output = { ...quantized(x.dtype, false), dims: window.dims(batch, depth) };
  return g.one('QLinearAveragePool', inputs, output, { domain, attributes });
}

function softmax(g) {
  const x = g.take({ ...bytes, rank: [1, 4] });
  if (empty(x)) return null;
  const rank = x.dims.length;
  const by = scalars(g, x.dtype, { constant: true });
  // ONNX Runtime does not saturate: 1 needs a byte.
  const scale = g.numbers('float32', [], [1 / 255], { constant: true });
  const zero = g.numbers(x.dtype, [], [x.dtype === 'int8' ? -128 : 0], { constant: true });
  const inputs = [x, by.scale, zeroed(g, by), scale, zero];
  const axis = g.choices.below(rank);
  // Over a single element ONNX Runtime gives 0: its 1 does not fit what it counts in.
  if (x.dims[axis] === 1) return null;
  const attributes = { axis: g.written(axis, rank), opset: g.opset };
  return g.one(
    'QLinearSoftmax',
    inputs,
    { ...quantized(x.dtype, false), dims: x.dims },
    { domain, attributes },
  );
}

/** A product of matrices of bytes that leaves as bytes or as float. */
function gemm(g) {
  const { choices } = g;
  const a = g.take({ ...bytes, rank: [2, 2] });
  if (empty(a)) return null;
  const [transA, transB] = [choices.chance(25), choices.chance(40)];
  const [rows, terms] = transA ? [a.dims[1], a.dims[0]] : a.dims;
  const columns = choices.weighted([
    [5, choices.int(1, 5)],
    [1, 8],
    [1, 17],
  ]);
  const b = g.take({ types: [a.dtype], dims: transB ? [columns, terms] : [terms, columns] });
  const perColumn = choices.chance(40);
  const exact = choices.chance(50);
  const byA = quantizer(g, a.dtype, { exact });
  const byB = quantizer(g, b.dtype, {
    exact,
    count: perColumn ? columns : undefined,
    symmetric: perColumn,
  });
  const c = choices.chance(60)
    ? g.take({
        types: ['int32'],
        dims: choices.pick([[columns], [1, columns], [rows, columns]]),
        low: -5000,
        high: 5000,
      })
    : null;
  const sums = accumulated(terms, dequantized(a, byA), dequantized(b, byB));
  const leavesAsBytes = choices.chance(60);
  const byY = leavesAsBytes
    ? quantizer(g, a.dtype, { exact, reach: sums.sums / 4 })
    : { exact: true };
  const attributes = { ...(transA ? { transA: 1 } : {}), ...(transB ? { transB: 1 } : {}) };
  if (choices.chance(20)) attributes.alpha = float32(0.5);
  const inputs = [a, byA.scale, zeroed(g, byA), b, byB.scale, zeroed(g, byB), c];
  if (leavesAsBytes) inputs.push(byY.scale, zeroed(g, byY));
  const same = exact && a.same && b.same && byY.exact && 2 * sums.sums < sums.unit * 2 ** 23;
  const range = leavesAsBytes
    ? quantized(a.dtype, same)
    : { dtype: 'float32', low: -Infinity, high: Infinity, same: false };
  return g.one(
    'QGemm',
    inputs,
    { ...range, dims: [rows, columns] },
    { domain, attributes, magnitude: leavesAsBytes ? undefined : sumSize(terms) },
  );
}

function integerToFloat(g) {
  const { choices } = g;
  const a = g.take({ ...bytes, rank: [2, 3] });
  if (empty(a)) return null;
  const columns = choices.int(1, 9);
  const b = g.take({
    types: a.dtype === 'int8' ? ['int8'] : BYTES,
    dims: [a.dims.at(-1), columns],
  });
  const byA = quantizer(g, a.dtype);
  const byB = quantizer(g, b.dtype, {
    count: choices.chance(40) ? columns : undefined,
    symmetric: true,
  });
  const bias = choices.chance(40) ? g.take({ types: ['float32'], dims: [columns] }) : null;
  const inputs = [a, b, byA.scale, byB.scale, byA.zero, byB.zero, bias];
  const range = accumulated(a.dims.at(-1), dequantized(a, byA), dequantized(b, byB));
  const output = {
    ...range,
    same: false,
    dtype: 'float32',
    dims: [...a.dims.slice(0, -1), columns],
  };
  return g.one('MatMulIntegerToFloat', inputs, output, { domain });
}

export default [
  binary('QLinearAdd', sumOf),
  binary('QLinearMul', productOf),
  unary('QLinearSigmoid'),
  unary('QLinearLeakyRelu', (g) => (g.choices.chance(50) ? { alpha: float32(0.25) } : {})),
  { op: 'QLinearConcat', make: concat },
  { op: 'QLinearGlobalAveragePool', make: globalAverage },
  { op: 'QLinearAveragePool', make: average },
  { op: 'QLinearSoftmax', make: softmax },
  { op: 'QGemm', weight: 2, make: gemm },
  { op: 'MatMulIntegerToFloat', make: integerToFloat },
];
