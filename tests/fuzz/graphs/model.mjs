// Writes graphs, which are plain data while they are made and reduced, as ONNX models.
//
// A graph: { opset, inputs, initializers, nodes, outputs }. Inputs: { name, dtype, declared } with `declared` the dimensions as the
// model states them: numbers, names, or undefined for none at all. Initializers: { name, dtype, dims, data }. Nodes: { op, domain,
// inputs, outputs, attributes } by names. Outputs: { name, dtype }.
import { number, text } from '../../package/proto.mjs';
import { bytesOf, codeOf } from './dtypes.mjs';

const message = (field, ...parts) => text(field, Buffer.concat(parts));

function float(field, value) {
  const bytes = Buffer.alloc(5);
  bytes[0] = (field << 3) | 5;
  bytes.writeFloatLE(value, 1);
  return bytes;
}

const tensorParts = ({ name = '', dtype, dims, data }) => [
  ...dims.map((dim) => number(1, dim)),
  number(2, codeOf(dtype)),
  ...(name ? [text(8, name)] : []),
  text(9, bytesOf({ data })),
];

/** An attribute's float, or floats, as the writer cannot tell them from whole numbers. */
export const float32 = (value) => ({ float: value });
export const float32s = (values) => ({ floats: values });

/** The value of an attribute and its type's number. */
function attributeParts(value) {
  if (typeof value === 'number') return [number(3, value), number(20, 2)];
  if (typeof value === 'string') return [text(4, value), number(20, 3)];
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string') return [...value.map((each) => text(9, each)), number(20, 8)];
    return [...value.map((each) => number(8, each)), number(20, 7)];
  }
  if ('float' in value) return [float(2, value.float), number(20, 1)];
  if ('floats' in value) return [...value.floats.map((each) => float(7, each)), number(20, 6)];
  if ('nodes' in value) return [message(6, ...graphParts(value)), number(20, 5)];
  return [message(5, ...tensorParts(value)), number(20, 4)];
}

const nodeParts = ({ op, domain = '', name = '', inputs, outputs, attributes = {} }) => [
  ...inputs.map((each) => text(1, each)),
  ...outputs.map((each) => text(2, each)),
  ...(name ? [text(3, name)] : []),
  text(4, op),
  ...Object.entries(attributes).map(([key, value]) =>
    message(5, text(1, key), ...attributeParts(value)),
  ),
  ...(domain ? [text(7, domain)] : []),
];

const dimension = (dim) => message(1, typeof dim === 'number' ? number(1, dim) : text(2, dim));

function valueParts({ name, dtype, declared }) {
  const shape = declared ? [message(2, ...declared.map(dimension))] : [];
  return [text(1, name), message(2, message(1, number(1, codeOf(dtype)), ...shape))];
}

const graphParts = ({ name = 'graph', inputs, initializers, nodes, outputs }) => [
  ...nodes.map((node) => message(1, ...nodeParts(node))),
  text(2, name),
  ...initializers.map((each) => message(5, ...tensorParts(each))),
  ...inputs.map((each) => message(11, ...valueParts(each))),
  ...outputs.map((each) => message(12, ...valueParts(each))),
];

const opset = (domain, version) => message(8, text(1, domain), number(2, version));

/** The first version of the format that may carry an operator set, from 13 on. */
const formatOf = (version) => (version >= 21 ? 10 : version >= 19 ? 9 : version >= 15 ? 8 : 7);

export const modelBytes = (graph) =>
  Buffer.concat([
    number(1, formatOf(graph.opset)),
    message(7, ...graphParts(graph)),
    opset('', graph.opset),
    opset('com.microsoft', 1),
  ]);
