// Writes ONNX files: as much of protobuf's wire format and of onnx.proto as make_model.js needs.
// https://protobuf.dev/programming-guides/encoding/ and https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

const join = (...parts) => Buffer.concat(parts);

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const number = (field, value) => join(varint(field << 3), varint(value));
const bytes = (field, value) => join(varint((field << 3) | 2), varint(value.length), value);
const text = (field, value) => bytes(field, Buffer.from(value));
const message = (field, ...parts) => bytes(field, join(...parts));

const [FLOAT, INT64] = [1, 7];
const [ATTRIBUTE_INT, ATTRIBUTE_INTS] = [2, 7];

function tensorProto(name, dims, type, array) {
  const raw = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return join(...dims.map((dim) => number(1, dim)), number(2, type), text(8, name), bytes(9, raw));
}

const attribute = ([name, value]) =>
  Array.isArray(value)
    ? message(5, text(1, name), ...value.map((each) => number(8, each)), number(20, ATTRIBUTE_INTS))
    : message(5, text(1, name), number(3, value), number(20, ATTRIBUTE_INT));

function value(field, name, dims, type) {
  const shape = dims.map((dim) =>
    message(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)),
  );
  return message(
    field,
    text(1, name),
    message(2, message(1, number(1, type), message(2, ...shape))),
  );
}

/** The parts of a GraphProto; dimensions are numbers, or symbols such as 'batch'. */
export const floats = (name, dims, data) => message(5, tensorProto(name, dims, FLOAT, data));
export const integers = (name, dims, data) =>
  message(5, tensorProto(name, dims, INT64, BigInt64Array.from(data.map(BigInt))));
export const integerInput = (name, dims) => value(11, name, dims, INT64);
export const floatOutput = (name, dims) => value(12, name, dims, FLOAT);

/** A node, which has the name of its output. Attributes are integers or lists of integers. */
export const node = (opType, inputs, output, attributes = {}) =>
  message(
    1,
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output),
    text(4, opType),
    ...Object.entries(attributes).map(attribute),
  );

/** A file of IR version 8 and operator set 17, around the parts of a graph. */
export const model = (parts) =>
  join(
    number(1, 8),
    message(7, ...parts, text(2, 'encoder')),
    message(8, text(1, ''), number(2, 17)),
  );
