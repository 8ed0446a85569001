// A serialized onnx.TensorProto (.pb), as in ONNX's own test data.
// Fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, message TensorProto.
import {
  bytesOf,
  dataFromBytes,
  elementCount,
  plainBytes,
  shapeText,
  Tensor,
  type DType,
  type TensorData,
} from '../../core/tensor.js';
import { invalidFile, type NamedTensors, type SampleFormat } from '../format.js';

/** TensorProto.DataType by value. */
const dtypes: readonly (DType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

const FIELD = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  stringData: 6,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  uint64Data: 11,
  dataLocation: 14,
} as const;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** TensorProto.DataLocation */
const EXTERNAL = 1n;

/** A tag is a field's number, of 1 to 29 bits, and its wire type, of 3. */
const LEAST_TAG = 8;
const MOST_TAG = 0xffffffff;

const bad = (what: string) => invalidFile(`${what} Save it again with onnx.save_tensor.`);
const damaged = () => bad('The .pb file is damaged, truncated or no ONNX tensor.');

class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw damaged();
  }

  /** The content of a field of varying length. */
  bytes(): Uint8Array {
    return this.take(Number(this.varint()));
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw damaged();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  float(): number {
    this.take(4);
    return this.#view.getFloat32(this.#at - 4, true);
  }

  double(): number {
    this.take(8);
    return this.#view.getFloat64(this.#at - 8, true);
  }
}

interface Fields {
  dims: bigint[];
  dataType: number;
  name: string;
  isExternal: boolean;
  raw: Uint8Array;
  floats: number[];
  doubles: number[];
  int32s: bigint[];
  int64s: bigint[];
  uint64s: bigint[];
  strings: string[];
}

type Read = (reader: Reader) => unknown;

const tagOf = (field: number, wire: number): number => field * 8 + wire;

/** A repeated field: value by value, or packed. */
function repeated<T>(
  field: number,
  wire: number,
  into: T[],
  read: (reader: Reader) => T,
): [number, Read][] {
  const packed = (reader: Reader) => {
    const values = new Reader(reader.bytes());
    while (!values.done) into.push(read(values));
  };
  return [
    [tagOf(field, wire), (reader) => into.push(read(reader))],
    [tagOf(field, LENGTH), packed],
  ];
}

/** What reads each field into `fields`, by its tag. */
function readersOf(fields: Fields): Map<number, Read> {
  const { dims, floats, doubles, int32s, int64s, uint64s, strings } = fields;
  const varint = (reader: Reader) => reader.varint();
  return new Map<number, Read>([
    ...repeated(FIELD.dims, VARINT, dims, varint),
    ...repeated(FIELD.floatData, FIXED32, floats, (reader) => reader.float()),
    ...repeated(FIELD.doubleData, FIXED64, doubles, (reader) => reader.double()),
    ...repeated(FIELD.int32Data, VARINT, int32s, varint),
    ...repeated(FIELD.int64Data, VARINT, int64s, varint),
    ...repeated(FIELD.uint64Data, VARINT, uint64s, varint),
    [tagOf(FIELD.stringData, LENGTH), (reader) => strings.push(reader.text())],
    [tagOf(FIELD.dataType, VARINT), (reader) => (fields.dataType = Number(reader.varint()))],
    [tagOf(FIELD.name, LENGTH), (reader) => (fields.name = reader.text())],
    [tagOf(FIELD.rawData, LENGTH), (reader) => (fields.raw = reader.bytes())],
    [
      tagOf(FIELD.dataLocation, VARINT),
      (reader) => (fields.isExternal = reader.varint() === EXTERNAL),
    ],
  ]);
}

function skip(reader: Reader, wire: number): void {
  if (wire === VARINT) reader.varint();
  else if (wire === FIXED64) reader.take(8);
  else if (wire === LENGTH) reader.bytes();
  else if (wire === FIXED32) reader.take(4);
  else throw damaged();
}

function parse(bytes: Uint8Array): Fields {
  const fields: Fields = {
    dims: [],
    dataType: 0,
    name: '',
    isExternal: false,
    raw: new Uint8Array(),
    floats: [],
    doubles: [],
    int32s: [],
    int64s: [],
    uint64s: [],
    strings: [],
  };
  const readers = readersOf(fields);
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = Number(reader.varint());
    if (tag < LEAST_TAG || tag > MOST_TAG) throw damaged();
    const read = readers.get(tag);
    if (read === undefined) skip(reader, tag & 7);
    else read(reader);
  }
  return fields;
}

/** The field that holds elements of a type when they are not raw. */
function typedField(dtype: DType): 'floats' | 'doubles' | 'int32s' | 'int64s' | 'uint64s' {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return 'floats';
    case 'float64':
    case 'complex128':
      return 'doubles';
    case 'int64':
      return 'int64s';
    case 'uint32':
    case 'uint64':
      return 'uint64s';
    default:
      return 'int32s';
  }
}

/** The elements from the one field that has any, or undefined when they do not fit the type and their number. */
function elementsOf(fields: Fields, dtype: DType, count: number): TensorData | undefined {
  const { raw, floats, doubles, int32s, int64s, uint64s, strings } = fields;
  const own = dtype === 'string' ? strings : fields[typedField(dtype)];
  const used = [raw, floats, doubles, int32s, int64s, uint64s, strings].filter(
    ({ length }) => length > 0,
  );
  const [holder = own] = used;
  if (used.length > 1 || (holder !== own && holder !== raw)) return undefined;
  if (dtype === 'string') return holder === own && own.length === count ? strings : undefined;
  const size = bytesOf(dtype, count);
  if (holder === raw) return raw.length === size ? dataFromBytes(dtype, raw.slice()) : undefined;
  const width = dataFromBytes(dtype, new Uint8Array()).BYTES_PER_ELEMENT;
  if (own.length * width !== size) return undefined;
  const data = dataFromBytes(dtype, new Uint8Array(size));
  own.forEach((value, i) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else data[i] = Number(typeof value === 'bigint' ? BigInt.asIntN(32, value) : value);
  });
  return data;
}

/** Reads one tensor and its name ('' when it has none). */
export function readTensorProto(bytes: Uint8Array): { name: string; tensor: Tensor } {
  const fields = parse(plainBytes(bytes));
  const { name } = fields;
  const dtype = dtypes[fields.dataType];
  const dims = fields.dims.map((dim) => Number(BigInt.asIntN(64, dim)));
  const count = elementCount(dims);
  if (dtype === undefined || !dims.every((dim) => dim >= 0) || !Number.isSafeInteger(count)) {
    throw damaged();
  }
  const which = `Tensor '${name}' of the .pb file`;
  if (fields.isExternal) {
    throw invalidFile(`${which} keeps its data in another file. Save it with its data.`);
  }
  const data = elementsOf(fields, dtype, count);
  if (data === undefined) {
    throw bad(`${which} has data that does not fit ${dtype} ${shapeText(dims)}.`);
  }
  return { name, tensor: new Tensor(dtype, dims, data) };
}

export const pb: SampleFormat = {
  extensions: ['.pb'],
  keyed: false,
  read(bytes): NamedTensors {
    const { name, tensor } = readTensorProto(bytes);
    return { [name]: tensor };
  },
};
