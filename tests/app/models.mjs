// Tiny models and samples with what a test needs: symbols for sizes, operators nobody knows, numbers that are none.
import { number, tensor, text } from '../package/proto.mjs';

const message = (field, ...parts) => text(field, Buffer.concat(parts));
const FLOAT = 1;
const INT64 = 7;
/** AttributeProto.AttributeType */
const INT = 2;
const INTS = 7;

const dimension = (dim) => message(1, typeof dim === 'number' ? number(1, dim) : text(2, dim));
const value = (field, { name, dims, sequence = false, int64 = false }) => {
  const type = message(1, number(1, int64 ? INT64 : FLOAT), message(2, ...dims.map(dimension)));
  return message(field, text(1, name), message(2, sequence ? message(4, message(1, type)) : type));
};

/** An attribute that is a whole number, or a list of them. */
const attribute = ([name, value]) =>
  Array.isArray(value)
    ? message(5, text(1, name), ...value.map((each) => number(8, each)), number(20, INTS))
    : message(5, text(1, name), number(3, value), number(20, INT));

const nodeOf = ({ type, inputs, outputs, domain, name, attributes = {} }) =>
  message(
    1,
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name ?? `${type}_of_${inputs[0]}`),
    text(4, type),
    ...Object.entries(attributes).map(attribute),
    ...(domain ? [text(7, domain)] : []),
  );

const floats = (values) => Buffer.from(Float32Array.from(values).buffer);

/** Values between -1 and 1 that differ. */
const pattern = (count) => Array.from({ length: count }, (_, i) => (((i * 37) % 64) - 31.5) / 32);

/**
 * A model of inputs and outputs { name, dims, sequence?, int64? }, weights (name to dims, or to { dims, values }), constants (name to
 * a float, or to a list of whole numbers) and nodes { type, inputs, outputs, domain?, name?, attributes? }.
 */
export function makeModel({ inputs, outputs, weights = {}, constants = {}, nodes }) {
  const initializers = Object.entries(weights).map(([name, weight]) => {
    const { dims, values } = Array.isArray(weight) ? { dims: weight } : weight;
    return tensor(name, dims, floats(values ?? pattern(dims.reduce((a, b) => a * b, 1))));
  });
  for (const [name, value] of Object.entries(constants)) {
    initializers.push(
      Array.isArray(value)
        ? tensor(name, [value.length], Buffer.from(BigInt64Array.from(value, BigInt).buffer), INT64)
        : tensor(name, [], floats([value])),
    );
  }
  const graph = [
    ...nodes.map(nodeOf),
    text(2, 'g'),
    ...initializers,
    ...inputs.map((input) => value(11, input)),
    ...outputs.map((output) => value(12, output)),
  ];
  return Buffer.concat([
    number(1, 8),
    message(7, ...graph),
    message(8, text(1, ''), number(2, 17)),
    message(8, text(1, 'com.acme'), number(2, 1)),
  ]);
}

/** y = x @ w, where x has these sizes; what follows may change y. */
export const matmulModel = (dims, after = []) =>
  makeModel({
    inputs: [{ name: 'x', dims }],
    outputs: [{ name: 'y', dims: [...dims.slice(0, -1), 4] }],
    weights: { w: [8, 4] },
    nodes: [
      { type: 'MatMul', inputs: ['x', 'w'], outputs: [after.length > 0 ? 'h0' : 'y'] },
      ...after.map(({ type, domain }, i) => ({
        type,
        domain,
        inputs: [`h${i}`],
        outputs: [i + 1 < after.length ? `h${i + 1}` : 'y'],
      })),
    ],
  });

/** A TensorProto file. */
export const pbOf = (dims, name = '') =>
  Buffer.concat([
    ...dims.map((dim) => number(1, dim)),
    number(2, FLOAT),
    ...(name ? [text(8, name)] : []),
    text(9, floats(pattern(dims.reduce((a, b) => a * b, 1)))),
  ]);

export const floatTensor = (dims) => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(pattern(dims.reduce((a, b) => a * b, 1))),
});
