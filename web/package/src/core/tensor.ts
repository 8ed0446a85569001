import { QuantabError } from './error.js';

/** The element types, by ONNX's and NumPy's names, and the array each is held in. Types narrower than a byte are packed. */
export interface DataByType {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: string[];
  complex64: Float32Array;
  complex128: Float64Array;
  float8e4m3fn: Uint8Array;
  float8e4m3fnuz: Uint8Array;
  float8e5m2: Uint8Array;
  float8e5m2fnuz: Uint8Array;
  float8e8m0: Uint8Array;
  uint4: Uint8Array;
  int4: Uint8Array;
  float4e2m1: Uint8Array;
  uint2: Uint8Array;
  int2: Uint8Array;
}
/** The name of an element type. */
export type DType = keyof DataByType;
/** The elements of a tensor, in the array of their type. */
export type TensorData = DataByType[DType];
export type NumericData = Exclude<TensorData, string[]>;

/** A tensor as anybody may write it down; `Tensor` is one. */
export interface TensorLike<T extends DType = DType> {
  readonly dtype: T;
  readonly dims: readonly number[];
  readonly data: DataByType[T];
}

/** One sample, or the outputs of a run: tensors by the name of the graph's input or output. */
export type TensorMap<T extends TensorLike = TensorLike> = Record<string, T>;

interface Row {
  array: {
    new (buffer: ArrayBufferLike, offset?: number, length?: number): NumericData;
    BYTES_PER_ELEMENT: number;
  };
  bits: number;
  tag: string;
}

/** Compared by tag: arrays of another realm (a frame, a test runner's sandbox) are as good. */
const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

const row = (array: Row['array'], bits?: number): Row => ({
  array,
  bits: bits ?? 8 * array.BYTES_PER_ELEMENT,
  tag: tagOf(new array(new ArrayBuffer(0))),
});

const rows: Readonly<Record<Exclude<DType, 'string'>, Row>> = /* @__PURE__ */ (() => ({
  float32: row(Float32Array),
  float64: row(Float64Array),
  float16: row(Uint16Array),
  bfloat16: row(Uint16Array),
  int8: row(Int8Array),
  uint8: row(Uint8Array),
  int16: row(Int16Array),
  uint16: row(Uint16Array),
  int32: row(Int32Array),
  uint32: row(Uint32Array),
  int64: row(BigInt64Array),
  uint64: row(BigUint64Array),
  bool: row(Uint8Array),
  complex64: row(Float32Array, 64),
  complex128: row(Float64Array, 128),
  float8e4m3fn: row(Uint8Array),
  float8e4m3fnuz: row(Uint8Array),
  float8e5m2: row(Uint8Array),
  float8e5m2fnuz: row(Uint8Array),
  float8e8m0: row(Uint8Array),
  uint4: row(Uint8Array, 4),
  int4: row(Uint8Array, 4),
  float4e2m1: row(Uint8Array, 4),
  uint2: row(Uint8Array, 2),
  int2: row(Uint8Array, 2),
}))();

export function isDType(name: string): name is DType {
  return name === 'string' || Object.hasOwn(rows, name);
}

/** The number of elements of a shape. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((count, dim) => count * dim, 1);
}

/** Bytes that `count` elements take, packed. */
export function bytesOf(dtype: Exclude<DType, 'string'>, count: number): number {
  return Math.ceil((count * rows[dtype].bits) / 8);
}

/** The same bytes without a subclass's ways: a Node Buffer's slice() does not copy. */
export const plainBytes = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The elements in `bytes` (copied when they are not aligned for their type). */
export function dataFromBytes<T extends Exclude<DType, 'string'>>(
  dtype: T,
  bytes: Uint8Array,
): DataByType[T] {
  const { array } = rows[dtype];
  const aligned =
    bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : plainBytes(bytes).slice();
  return new array(
    aligned.buffer,
    aligned.byteOffset,
    aligned.byteLength / array.BYTES_PER_ELEMENT,
  ) as DataByType[T];
}

/** A view of numeric elements as bytes. */
export function bytesOfData(data: NumericData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export const shapeText = (dims: readonly number[]): string => `[${dims.join(',')}]`;

/** Named elements: a type, dimensions (outermost first, none for a scalar) and data, row-major. */
export class Tensor<T extends DType = DType> implements TensorLike<T> {
  readonly dtype: T;
  readonly dims: readonly number[];
  readonly data: DataByType[T];

  /** Keeps `data` itself, no copy. Throws a QuantabError of code 'InvalidArgument' unless type, dimensions and data agree. */
  constructor(dtype: T, dims: readonly number[], data: DataByType[T]) {
    this.dtype = dtype;
    this.dims = [...dims];
    this.data = data;
    checkTensor(this, 'tensor');
  }
}

function invalid(name: string, what: string): never {
  throw new QuantabError('InvalidArgument', `${name}: ${what}`, {});
}

/** Throws a QuantabError that starts with `name` unless dtype, dims and data agree. */
export function checkTensor(tensor: TensorLike, name: string): void {
  if (
    typeof tensor !== 'object' ||
    tensor === null ||
    !('dtype' in tensor && 'dims' in tensor && 'data' in tensor)
  ) {
    invalid(name, 'expected a tensor { dtype, dims, data }.');
  }
  const { dtype, dims, data } = tensor;
  if (!isDType(dtype)) invalid(name, `unknown dtype '${String(dtype)}'.`);
  if (!Array.isArray(dims) || !dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    invalid(name, 'dims must be an array of non-negative integers.');
  }
  const count = elementCount(dims);
  if (dtype === 'string') {
    if (!Array.isArray(data) || !data.every((element) => typeof element === 'string'))
      invalid(name, 'data of dtype string must be an array of strings.');
    if (data.length !== count)
      invalid(name, `has ${data.length} strings, expected ${count} for shape ${shapeText(dims)}.`);
    return;
  }
  const { array, tag } = rows[dtype];
  if (!ArrayBuffer.isView(data) || tagOf(data) !== tag) {
    const expected = array.prototype as object;
    invalid(name, `data of dtype ${dtype} must be a ${expected.constructor.name}.`);
  }
  const bytes = bytesOf(dtype, count);
  if (data.byteLength !== bytes) {
    invalid(
      name,
      `has ${data.byteLength} bytes of data, expected ${bytes} for ${dtype} ${shapeText(dims)}.`,
    );
  }
}
