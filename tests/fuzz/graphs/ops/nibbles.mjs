// Tensors of four bits an element, as weights are kept in: two to a byte, the first in the lower half.
import { countOf, limitsOf } from '../dtypes.mjs';
import { dequantized, quantized } from './scales.mjs';

const NIBBLES = ['uint4', 'int4'];

function packed(numbers) {
  const data = new Uint8Array(Math.ceil(numbers.length / 2));
  numbers.forEach((number, i) => (data[i >> 1] |= (number & 15) << (4 * (i & 1))));
  return data;
}

function initializer(g, dtype, dims, numbers) {
  const name = g.name('c');
  g.initializers.push({ name, dtype, dims, data: packed(numbers) });
  return g.add({ name, dtype, dims, ...limitsOf(dtype), unit: 1, same: true });
}

/** Scales and zero points for all, along an axis, or for blocks along it: { by, attributes } with what dequantized() takes. */
function parameters(g, dtype, dims) {
  const { choices } = g;
  const axis = choices.below(dims.length);
  const kind = choices.pick(['tensor', 'axis', 'block']);
  const block = choices.int(1, 4);
  const blocks = dims.with(axis, Math.ceil(dims[axis] / block));
  const shape = { tensor: [], axis: [dims[axis]], block: blocks }[kind];
  const count = countOf(shape);
  // ONNX Runtime takes a single block for one scale of the whole tensor.
  if (kind === 'block' && count === 1) return null;
  const exact = choices.chance(50);
  const scales = Array.from({ length: count }, () =>
    exact ? 2 ** choices.int(-4, 0) : Math.fround(0.05 + choices.below(1000) / 1000),
  );
  const { low, high } = limitsOf(dtype);
  const none = choices.chance(25);
  const zeros = scales.map(() => (none ? 0 : choices.int(low, high)));
  const scale = g.numbers('float32', shape, scales, { constant: true });
  // Without a zero point, QuantizeLinear gives bytes.
  const zero = initializer(g, dtype, shape, zeros);
  const written = { axis: g.written(axis, dims.length) };
  const attributes = {
    tensor: {},
    axis: written,
    block: { ...written, block_size: block },
  }[kind];
  return { by: { scale, zero, scales, zeros, exact, dtype }, attributes };
}

const dequantize = (g, x, { by, attributes }) =>
  g.one(
    'DequantizeLinear',
    [x, by.scale, by.zero],
    { ...dequantized(x, by), dtype: 'float32', dims: x.dims },
    { attributes },
  );

function constantNibbles(g) {
  const { choices } = g;
  const dtype = choices.pick(NIBBLES);
  const dims = g.shape([1, 3]);
  if (dims.includes(0)) return null;
  const { low, high } = limitsOf(dtype);
  const numbers = Array.from({ length: countOf(dims) }, () => choices.int(low, high));
  const how = parameters(g, dtype, dims);
  return how && dequantize(g, initializer(g, dtype, dims, numbers), how);
}

/** To four bits and back. */
function thereAndBack(g) {
  const { choices } = g;
  const test = ({ dims }) => !dims.includes(0);
  const x = g.take({ types: ['float32'], rank: [1, 4], low: -100, high: 100, test });
  if (x.dims.includes(0)) return null;
  const dtype = choices.pick(NIBBLES);
  const how = parameters(g, dtype, x.dims);
  if (!how) return null;
  const { by, attributes } = how;
  const output = { ...quantized(dtype, x.same), dims: x.dims };
  const q = g.one('QuantizeLinear', [x, by.scale, by.zero], output, { attributes });
  return dequantize(g, q, how);
}

export default [
  { op: 'constant nibbles', since: 21, weight: 3, make: constantNibbles },
  { op: 'to nibbles and back', since: 21, weight: 2, make: thereAndBack },
];
