// Small models from text, and models back as plain objects: nodes, constants with their numbers, types of values.
import { number, text } from '../proto.mjs';

const DTYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
  float8e4m3fn: 17,
  uint4: 21,
  int4: 22,
};
const NAMES = Object.fromEntries(Object.entries(DTYPES).map(([name, code]) => [code, name]));

const join = (...parts) => Buffer.concat(parts.flat());
const message = (field, ...parts) => text(field, join(...parts));
/** A float field with a number below 16. */
const float = (field, value) =>
  join(Buffer.of((field << 3) | 5), Buffer.from(Float32Array.of(value).buffer));

/** Constants: dims and numbers, row by row. */
export const f32 = (dims, values) => ({ dtype: 'float32', dims, raw: Float32Array.from(values) });
export const i64 = (dims, values) => ({
  dtype: 'int64',
  dims,
  raw: BigInt64Array.from(values, BigInt),
});

const tensorParts = (name, { dtype, dims, raw }) =>
  join(
    dims.map((dim) => number(1, dim)),
    number(2, DTYPES[dtype]),
    text(8, name),
    text(9, Buffer.from(raw.buffer)),
  );

const dimension = (dim) => message(1, typeof dim === 'string' ? text(2, dim) : number(1, dim));

/** A value: its dims, or { dtype, dims }; without dims its shape is unknown. */
function valueInfo(field, name, given) {
  const { dtype = 'float32', dims } = Array.isArray(given) ? { dims: given } : given;
  const shape = dims === undefined ? [] : [message(2, dims.map(dimension))];
  return message(
    field,
    text(1, name),
    message(2, message(1, number(1, DTYPES[dtype]), join(shape))),
  );
}

function attribute([name, value]) {
  const form = () => {
    if (typeof value === 'string') return [3, text(4, value)];
    if (Array.isArray(value)) return [7, join(value.map((each) => number(8, each)))];
    if (typeof value === 'object') return [5, message(6, graphParts(value))];
    return Number.isInteger(value) ? [2, number(3, value)] : [1, float(2, value)];
  };
  const [type, content] = form();
  return message(5, text(1, name), content, number(20, type));
}

/** 'y, z = domain:Op(x, w) {"axis": 1}', named as its first output; attributes that are graphs come beside it. */
function nodeParts(line) {
  const [source, graphs = {}] = Array.isArray(line) ? line : [line];
  const [, outputs, domain = '', opType, inputs, attributes = '{}'] =
    /^(.+?) = (?:([\w.]+):)?(\w+)\((.*?)\) ?(\{.*\})?$/.exec(source);
  const names = (list) => (list === '' ? [] : list.split(', '));
  return join(
    names(inputs).map((name) => text(1, name)),
    names(outputs).map((name) => text(2, name)),
    text(3, names(outputs)[0]),
    text(4, opType),
    Object.entries({ ...JSON.parse(attributes), ...graphs }).map(attribute),
    domain === '' ? [] : text(7, domain),
  );
}

function graphParts({ nodes, inputs = {}, outputs, weights = {}, values = {} }) {
  const infos = (field, all) =>
    Object.entries(all).map(([name, given]) => valueInfo(field, name, given));
  return join(
    nodes.map((line) => message(1, nodeParts(line))),
    text(2, 'g'),
    Object.entries(weights).map(([name, tensor]) => message(5, tensorParts(name, tensor))),
    infos(11, inputs),
    infos(12, outputs),
    infos(13, values),
  );
}

/** The file of a model. */
export const makeModel = ({ opset = 17, domains = {}, ...graph }) =>
  join(
    number(1, opset < 21 ? 8 : 10),
    message(7, graphParts(graph)),
    Object.entries({ '': opset, ...domains }).map(([domain, version]) =>
      message(8, text(1, domain), number(2, version)),
    ),
  );

/** The number at `at`, and where it ends. */
function varint(bytes, at) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return [Number(BigInt.asIntN(64, value)), at];
  }
}

function packedIntegers(bytes) {
  const integers = [];
  for (let value, at = 0; at < bytes.length; integers.push(value)) [value, at] = varint(bytes, at);
  return integers;
}

const SIZES = { 1: 8, 5: 4 };

/** The fields of a message: lists, by number, of numbers, and of bytes where a length or a fixed size was given. */
function fieldsOf(bytes) {
  const fields = {};
  for (let at = 0; at < bytes.length;) {
    let tag, value;
    [tag, at] = varint(bytes, at);
    const wire = tag & 7;
    [value, at] = wire in SIZES ? [SIZES[wire], at] : varint(bytes, at);
    if (wire !== 0) value = bytes.subarray(at, (at += value));
    (fields[tag >>> 3] ??= []).push(value);
  }
  return fields;
}

const stringOf = (fields, field) => fields[field]?.[0].toString() ?? '';
const stringsOf = (fields, field) => (fields[field] ?? []).map(String);
const integersOf = (fields, field) =>
  (fields[field] ?? []).flatMap((each) => (typeof each === 'number' ? each : packedIntegers(each)));

function halfToNumber(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

const ELEMENTS = {
  float32: [4, (raw, at) => raw.readFloatLE(at)],
  uint8: [1, (raw, at) => raw.readUInt8(at)],
  int8: [1, (raw, at) => raw.readInt8(at)],
  uint16: [2, (raw, at) => raw.readUInt16LE(at)],
  int16: [2, (raw, at) => raw.readInt16LE(at)],
  int32: [4, (raw, at) => raw.readInt32LE(at)],
  int64: [8, (raw, at) => Number(raw.readBigInt64LE(at))],
  float16: [2, (raw, at) => halfToNumber(raw.readUInt16LE(at))],
  float8e4m3fn: [1, (raw, at) => raw.readUInt8(at)],
};

/** Numbers that a tensor has in raw_data, or in a field of its own; of float8 their bits. */
function numbersOf(fields, dtype, count) {
  const raw = fields[9]?.[0];
  if (dtype.endsWith('int4')) {
    const nibble = (byte, i) => (i % 2 === 0 ? byte & 15 : byte >> 4);
    const sign = (value) => (dtype === 'int4' && value > 7 ? value - 16 : value);
    const bytes = raw ?? integersOf(fields, 5);
    return Array.from({ length: count }, (_, i) => sign(nibble(bytes[i >> 1], i)));
  }
  if (raw !== undefined) {
    const [size, read] = ELEMENTS[dtype];
    return Array.from({ length: raw.length / size }, (_, i) => read(raw, i * size));
  }
  const packed = join((fields[4] ?? []).map(Buffer.from));
  if (dtype === 'float32') {
    return Array.from({ length: packed.length / 4 }, (_, i) => packed.readFloatLE(i * 4));
  }
  const integers = integersOf(fields, dtype === 'int64' ? 7 : 5);
  return dtype === 'float16' ? integers.map(halfToNumber) : integers;
}

function tensorOf(bytes) {
  const fields = fieldsOf(bytes);
  const dims = integersOf(fields, 1);
  const dtype = NAMES[fields[2][0]];
  const external = fields[14]?.[0] === 1;
  const count = dims.reduce((a, b) => a * b, 1);
  const numbers = external ? undefined : numbersOf(fields, dtype, count);
  return { name: stringOf(fields, 8), dtype, dims, external, numbers };
}

function attributeOf(bytes) {
  const fields = fieldsOf(bytes);
  const values = {
    1: () => fields[2][0].readFloatLE(0),
    2: () => fields[3]?.[0] ?? 0,
    3: () => stringOf(fields, 4),
    4: () => tensorOf(fields[5][0]),
    5: () => graphOf(fields[6][0]),
    7: () => integersOf(fields, 8),
  };
  return [stringOf(fields, 1), values[fields[20][0]]()];
}

function nodeOf(bytes) {
  const fields = fieldsOf(bytes);
  return {
    name: stringOf(fields, 3),
    opType: stringOf(fields, 4),
    domain: stringOf(fields, 7),
    inputs: stringsOf(fields, 1),
    outputs: stringsOf(fields, 2),
    attributes: Object.fromEntries((fields[5] ?? []).map(attributeOf)),
  };
}

/** Types of values by name: { dtype, dims }, where a dim is a number, a name, or '?'; undefined dims are unknown. */
const typesOf = (list = []) =>
  Object.fromEntries(
    list.map((bytes) => {
      const fields = fieldsOf(bytes);
      const type = fieldsOf(fieldsOf(fields[2]?.[0] ?? [])[1]?.[0] ?? []);
      const dims = type[2] && (fieldsOf(type[2][0])[1] ?? []).map((dim) => fieldsOf(dim));
      return [
        stringOf(fields, 1),
        {
          dtype: NAMES[type[1]?.[0] ?? 0],
          dims: dims?.map((dim) => dim[1]?.[0] ?? dim[2]?.[0].toString() ?? '?'),
        },
      ];
    }),
  );

/** What a test asks of a graph. */
class Graph {
  constructor(bytes) {
    const fields = fieldsOf(bytes);
    this.nodes = (fields[1] ?? []).map(nodeOf);
    this.weights = Object.fromEntries(
      (fields[5] ?? []).map(tensorOf).map(({ name, ...tensor }) => [name, tensor]),
    );
    this.inputs = typesOf(fields[11]);
    this.outputs = typesOf(fields[12]);
    this.values = typesOf(fields[13]);
  }

  /** Operator types, node by node. */
  get operators() {
    return this.nodes.map(({ opType }) => opType);
  }

  count(opType) {
    return this.operators.filter((each) => each === opType).length;
  }

  /** The node that makes a value. */
  maker(value) {
    return this.nodes.find(({ outputs }) => outputs.includes(value));
  }

  readers(value) {
    return this.nodes.filter(({ inputs }) => inputs.includes(value));
  }

  numbers(name) {
    return this.weights[name]?.numbers;
  }

  /** The parameters a tensor was quantized with: { scale, zero, dtype } or, of several channels, lists. */
  quantization(name) {
    const [scale, zero] = ['scale', 'zero_point'].map((what) => this.weights[`${name}_${what}`]);
    const plain = ({ dims, numbers }) => (dims.length === 0 ? numbers[0] : numbers);
    return scale && { scale: plain(scale), zero: plain(zero), dtype: zero.dtype };
  }
}

const graphOf = (bytes) => new Graph(bytes);

/** A model's graph, with its operator sets by domain and its metadata. */
export function readModel(bytes) {
  const fields = fieldsOf(Buffer.from(bytes));
  const pairs = (list, value) =>
    Object.fromEntries((list ?? []).map(fieldsOf).map((each) => [stringOf(each, 1), value(each)]));
  return Object.assign(graphOf(fields[7][0]), {
    opsets: pairs(fields[8], (each) => each[2][0]),
    metadata: pairs(fields[14], (each) => stringOf(each, 2)),
  });
}
