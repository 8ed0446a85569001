// A serialized onnx.TensorProto (.pb), as in ONNX's own test data.
// Fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, message TensorProto.
import {
  bytesOf,
  dataFromBytes,
  elementCount,
  plainBytes,
  Tensor,
  type DType,
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

const damaged = () => invalidFile('The .pb file is damaged, truncated or no ONNX tensor.');

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

/** Adds a repeated field's next value, or values when they are packed. */
function repeat<T>(reader: Reader, wire: number, into: T[], read: (reader: Reader) => T): void {
  if (wire !== LENGTH) {
    into.push(read(reader));
    return;
  }
  const packed = new Reader(reader.take(Number(reader.varint())));
  while (!packed.done) into.push(read(packed));
}

interface Fields {
  dims: bigint[];
  dtype: DType | undefined;
  name: string;
  raw: Uint8Array | undefined;
  external: boolean;
  floats: number[];
  doubles: number[];
  integers: bigint[];
  strings: string[];
}

function parse(bytes: Uint8Array): Fields {
  const reader = new Reader(bytes);
  const fields: Fields = {
    dims: [],
    dtype: undefined,
    name: '',
    raw: undefined,
    external: false,
    floats: [],
    doubles: [],
    integers: [],
    strings: [],
  };
  const varint = (from: Reader) => from.varint();
  while (!reader.done) {
    const tag = Number(reader.varint());
    const wire = tag & 7;
    switch (tag >>> 3) {
      case FIELD.dims:
        repeat(reader, wire, fields.dims, varint);
        break;
      case FIELD.dataType:
        fields.dtype = dtypes[Number(reader.varint())];
        break;
      case FIELD.floatData:
        repeat(reader, wire, fields.floats, (from) => from.float());
        break;
      case FIELD.doubleData:
        repeat(reader, wire, fields.doubles, (from) => from.double());
        break;
      case FIELD.int32Data:
      case FIELD.int64Data:
      case FIELD.uint64Data:
        repeat(reader, wire, fields.integers, varint);
        break;
      case FIELD.stringData:
        fields.strings.push(new TextDecoder().decode(reader.take(Number(reader.varint()))));
        break;
      case FIELD.name:
        fields.name = new TextDecoder().decode(reader.take(Number(reader.varint())));
        break;
      case FIELD.rawData:
        fields.raw = reader.take(Number(reader.varint()));
        break;
      case FIELD.dataLocation:
        fields.external = reader.varint() !== 0n;
        break;
      default:
        if (wire === VARINT) reader.varint();
        else if (wire === FIXED64) reader.take(8);
        else if (wire === LENGTH) reader.take(Number(reader.varint()));
        else if (wire === FIXED32) reader.take(4);
        else throw damaged();
    }
  }
  return fields;
}

/** The elements, wherever the message has them; `count` of them as stored (complex numbers are two). */
function elementsOf(fields: Fields, dtype: Exclude<DType, 'string'>, size: number): Uint8Array {
  if (fields.raw !== undefined) return fields.raw.slice();
  const data = dataFromBytes(dtype, new Uint8Array(size));
  const { floats, doubles, integers } = fields;
  const values = floats.length > 0 ? floats : doubles.length > 0 ? doubles : integers;
  if (values.length !== data.length) throw damaged();
  values.forEach((value, i) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else data[i] = typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value;
  });
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Reads one tensor and its name ('' when it has none). */
export function readTensorProto(bytes: Uint8Array): { name: string; tensor: Tensor } {
  const fields = parse(plainBytes(bytes));
  const { dtype, name } = fields;
  if (dtype === undefined) throw damaged();
  if (fields.external)
    throw invalidFile(
      `Tensor '${name}' of the .pb file keeps its data in another file. Save it with its data.`,
    );
  const dims = fields.dims.map((dim) => Number(BigInt.asIntN(64, dim)));
  const count = elementCount(dims);
  if (!dims.every((dim) => dim >= 0) || !Number.isSafeInteger(count)) throw damaged();
  if (dtype === 'string') return { name, tensor: new Tensor(dtype, dims, fields.strings) };
  const size = bytesOf(dtype, count);
  if (size > 64 * bytes.length + 64) throw damaged();
  const elements = elementsOf(fields, dtype, size);
  if (elements.byteLength !== size) {
    throw invalidFile(
      `Tensor '${name}' of the .pb file has ${elements.byteLength} bytes, expected ${size} for ${dtype} [${dims.join(',')}].`,
    );
  }
  return { name, tensor: new Tensor(dtype, dims, dataFromBytes(dtype, elements)) };
}

export const pb: SampleFormat = {
  extensions: ['.pb'],
  read(bytes): NamedTensors {
    const { name, tensor } = readTensorProto(bytes);
    return { [name]: tensor };
  },
};
