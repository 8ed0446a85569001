// Just enough of protobuf's wire format to write ONNX models for tests, small or huge, without a library.
import fs from 'node:fs';

const bytes = (...parts) => Buffer.concat(parts);

function varint(value) {
  const out = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Buffer.from(out);
}

const tag = (field, wire) => varint((field << 3) | wire);
export const number = (field, value) => bytes(tag(field, 0), varint(value));
export const text = (field, value) => {
  const content = typeof value === 'string' ? Buffer.from(value) : value;
  return bytes(tag(field, 2), varint(content.length), content);
};
const message = (field, ...parts) => text(field, bytes(...parts));

const FLOAT = 1;

/** TensorProto without its payload. */
const tensorHead = (name, dims, dtype = FLOAT) =>
  bytes(...dims.map((dim) => number(1, dim)), number(2, dtype), text(8, name));

/** An initializer of GraphProto. */
export const tensor = (name, dims, raw, dtype) =>
  message(5, tensorHead(name, dims, dtype), text(9, raw));

/** One whose data is elsewhere: location, offset and length as the file has them. */
export const externalTensor = (name, dims, entries) =>
  message(
    5,
    tensorHead(name, dims),
    ...Object.entries(entries).map(([key, value]) => message(13, text(1, key), text(2, value))),
    number(14, 1),
  );

const GRAPH = 5;

/** An attribute that is a graph, of parts of a GraphProto. */
const graphAttribute = ([name, parts]) =>
  message(5, text(1, name), message(6, ...parts, text(2, name)), number(20, GRAPH));

const nodeProto = (opType, inputs, outputs, name = '', { domain = '', graphs = {} } = {}) =>
  bytes(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    ...(name ? [text(3, name)] : []),
    text(4, opType),
    ...Object.entries(graphs).map(graphAttribute),
    ...(domain ? [text(7, domain)] : []),
  );

/** A node of GraphProto; `graphs` are its attributes that are graphs, by name. */
export const node = (...args) => message(1, nodeProto(...args));

const tensorType = (dims) =>
  message(1, number(1, FLOAT), message(2, ...dims.map((dim) => message(1, number(1, dim)))));
const sequenceType = (dims) => message(4, message(1, tensorType(dims)));
const optionalType = (dims) => message(9, message(1, tensorType(dims)));

const value = (field, name, type) => message(field, text(1, name), message(2, type));
export const input = (name, dims) => value(11, name, tensorType(dims));
export const output = (name, dims) => value(12, name, tensorType(dims));
export const sequenceInput = (name, dims) => value(11, name, sequenceType(dims));
export const sequenceOutput = (name, dims) => value(12, name, sequenceType(dims));
export const optionalInput = (name, dims) => value(11, name, optionalType(dims));

const opset = (field, domain, version) => message(field, text(1, domain), number(2, version));

/** ModelProto of IR 8, opset 17, around parts of a GraphProto. */
export const model = (...parts) =>
  bytes(number(1, 8), message(7, ...parts, text(2, 'g')), opset(8, '', 17));

/** A model whose one operator has work for several threads. */
export const pools = model(
  node('GlobalAveragePool', ['x'], ['y']),
  input('x', [1, 64, 128, 128]),
  output('y', [1, 64, 1, 1]),
);

/** The domain of operators that nobody knows, and of functions. */
export const CUSTOM = 'com.acme';

/** A model, as model() makes it, that may have operators of CUSTOM, and functions. */
export const customModel = (parts, functions = []) =>
  bytes(model(...parts), opset(8, CUSTOM, 1), ...functions);

/** A function of ModelProto in CUSTOM; each of `nodes` is what node() takes. */
export const functionOf = (name, inputs, outputs, nodes) =>
  message(
    25,
    text(1, name),
    ...inputs.map((each) => text(4, each)),
    ...outputs.map((each) => text(5, each)),
    ...nodes.map((args) => message(7, nodeProto(...args))),
    opset(9, '', 17),
    opset(9, CUSTOM, 1),
    text(10, CUSTOM),
  );

/**
 * Writes a chain of MatMuls whose weights are `count` float matrices of `size` x `size`, filled by `fill(index, floats)`,
 * without holding more than one of them.
 */
export function writeChain(file, count, size, fill) {
  const weightBytes = size * size * 4;
  const nodes = Array.from({ length: count }, (_, i) =>
    node(
      'MatMul',
      [i === 0 ? 'x' : `h${i}`, `w${i}`],
      [i === count - 1 ? 'y' : `h${i + 1}`],
      `m${i}`,
    ),
  );
  // Everything of an initializer that precedes its payload.
  const heads = Array.from({ length: count }, (_, i) => {
    const inside = bytes(tensorHead(`w${i}`, [size, size]), tag(9, 2), varint(weightBytes));
    return bytes(tag(5, 2), varint(inside.length + weightBytes), inside);
  });
  const rest = bytes(...nodes, text(2, 'chain'), input('x', [1, size]), output('y', [1, size]));
  const graphBytes = heads.reduce((sum, head) => sum + head.length + weightBytes, rest.length);
  const fd = fs.openSync(file, 'w');
  try {
    fs.writeSync(
      fd,
      bytes(number(1, 8), message(8, text(1, ''), number(2, 17)), tag(7, 2), varint(graphBytes)),
    );
    const weights = new Float32Array(size * size);
    heads.forEach((head, i) => {
      fill(i, weights);
      fs.writeSync(fd, head);
      fs.writeSync(fd, new Uint8Array(weights.buffer));
    });
    fs.writeSync(fd, rest);
  } finally {
    fs.closeSync(fd);
  }
}
