// NumPy's array file (.npy, versions 1.0 to 3.0): magic, version, length of a header in Python's notation, the elements.
import {
  bytesOf,
  bytesOfData,
  dataFromBytes,
  elementCount,
  plainBytes,
  shapeText,
  Tensor,
  type DType,
  type TensorLike,
} from '../../core/tensor.js';
import { QuantabError } from '../../core/error.js';
import { invalidFile, type SampleFormat } from '../format.js';

type Numeric = Exclude<DType, 'string'>;

const MAGIC = '\x93NUMPY';
const VERSION_AT = 6;
const LENGTH_AT = 8;

/** NumPy's type codes, without the byte order. */
const dtypes: Readonly<Record<string, Numeric>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

const latin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** The value of `key` in a header such as {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }. */
function field(header: string, key: string, pattern: string): string {
  const match = new RegExp(`['"]${key}['"]\\s*:\\s*${pattern}`).exec(header);
  if (match?.[1] === undefined)
    throw invalidFile(
      `The .npy header has no readable '${key}'. Save the array again with numpy.save.`,
    );
  return match[1];
}

/** Elements in column-major order, put in row-major order. */
function toRowMajor(bytes: Uint8Array, dims: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(bytes.byteLength);
  const count = elementCount(dims);
  const index = dims.map(() => 0);
  for (let i = 0; i < count; ++i) {
    let target = 0;
    for (let axis = 0; axis < dims.length; ++axis) target = target * dims[axis]! + index[axis]!;
    out.set(bytes.subarray(i * size, (i + 1) * size), target * size);
    for (let axis = 0; axis < dims.length && ++index[axis]! === dims[axis]; ++axis) index[axis] = 0;
  }
  return out;
}

function swapBytes(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i + size <= out.length; i += size) out.subarray(i, i + size).reverse();
  return out;
}

/** The header's dictionary, and where the elements begin. */
function headerOf(bytes: Uint8Array): { header: string; end: number } {
  if (latin1(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw invalidFile(
      "This is not a .npy file: its first bytes are not NumPy's. Save the array with numpy.save.",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const check = (size: number) => {
    if (size > bytes.length) {
      throw invalidFile(
        'The .npy file ends within its header. Save the array again with numpy.save.',
      );
    }
  };
  check(LENGTH_AT);
  const [major, minor] = [view.getUint8(VERSION_AT), view.getUint8(VERSION_AT + 1)];
  if (major < 1 || major > 3 || minor !== 0) {
    throw invalidFile(
      `The .npy file has format version ${major}.${minor}, expected 1.0, 2.0 or 3.0. Save the array again with numpy.save.`,
    );
  }
  const start = LENGTH_AT + (major === 1 ? 2 : 4);
  check(start);
  const length = major === 1 ? view.getUint16(LENGTH_AT, true) : view.getUint32(LENGTH_AT, true);
  check(start + length);
  return { header: latin1(bytes.subarray(start, start + length)), end: start + length };
}

function dimsOf(header: string): number[] {
  const shape = field(header, 'shape', '\\(([^)]*)\\)');
  const texts = shape
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const dims = texts.map(Number);
  if (
    !texts.every((text) => /^\d+$/.test(text)) ||
    !dims.every(Number.isSafeInteger) ||
    !Number.isSafeInteger(elementCount(dims))
  ) {
    throw invalidFile(
      `The .npy file has the impossible shape (${shape}). Save the array again with numpy.save.`,
    );
  }
  return dims;
}

/** The array of a .npy file (versions 1 to 3), of any type of numbers, in either byte order and either order of elements. Throws a QuantabError. */
export function readNpy(file: Uint8Array): Tensor {
  const bytes = plainBytes(file);
  const { header, end } = headerOf(bytes);
  const descr = field(header, 'descr', `['"]([^'"]*)['"]`);
  const dtype = Object.hasOwn(dtypes, descr.slice(1)) ? dtypes[descr.slice(1)] : undefined;
  if (dtype === undefined || !'<>|='.includes(descr[0]!)) {
    throw invalidFile(
      `The .npy file holds elements of type '${descr}', expected real numbers. Convert the array with astype().`,
    );
  }
  const isColumnMajor = field(header, 'fortran_order', '(True|False)') === 'True';
  const dims = dimsOf(header);
  const size = bytesOf(dtype, elementCount(dims));
  let elements = bytes.subarray(end);
  if (elements.length !== size) {
    throw invalidFile(
      `The .npy file has ${elements.length} bytes of elements, expected ${size} for ${dtype} ${shapeText(dims)}. Save the array again with numpy.save.`,
    );
  }
  const width = bytesOf(dtype, 1);
  if (descr[0] === '>' && width > 1) elements = swapBytes(elements, width);
  if (isColumnMajor && dims.length > 1) elements = toRowMajor(elements, dims, width);
  // A copy: the tensor does not keep the file alive, and is aligned.
  return new Tensor(dtype, dims, dataFromBytes(dtype, elements.slice()));
}

/** A .npy file (version 1.0). Throws for types that are no real numbers of NumPy's. */
export function writeNpy({ dtype, dims, data }: TensorLike): Uint8Array<ArrayBuffer> {
  const code = Object.keys(dtypes).find((name) => dtypes[name] === dtype);
  if (code === undefined || Array.isArray(data)) {
    throw new QuantabError(
      'Unsupported',
      `A tensor of type '${dtype}' cannot be saved as .npy. Cast that output to another type in the model.`,
    );
  }
  const order = code.endsWith('1') ? '|' : '<';
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Elements start at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = `${MAGIC}\x01\x00${String.fromCharCode(length & 255, length >> 8)}${text.padEnd(length - 1)}\n`;
  const out = new Uint8Array(header.length + data.byteLength);
  for (let i = 0; i < header.length; ++i) out[i] = header.charCodeAt(i);
  out.set(bytesOfData(data), header.length);
  return out;
}

export const npy: SampleFormat = {
  extensions: ['.npy'],
  keyed: false,
  read: (bytes) => ({ '': readNpy(bytes) }),
};
