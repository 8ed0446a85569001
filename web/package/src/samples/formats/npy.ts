// NumPy's array file (.npy, versions 1 to 3): magic, version, length of a header in Python's notation, the elements.
import {
  bytesOf,
  bytesOfData,
  dataFromBytes,
  elementCount,
  plainBytes,
  Tensor,
  type DType,
  type TensorLike,
} from '../../core/tensor.js';
import { invalidFile, type SampleFormat } from '../format.js';

type Numeric = Exclude<DType, 'string'>;

const MAGIC = '\x93NUMPY';

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
  c8: 'complex64',
  c16: 'complex128',
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

export function readNpy(file: Uint8Array): Tensor {
  const bytes = plainBytes(file);
  if (bytes.length < 10 || latin1(bytes.subarray(0, 6)) !== MAGIC) {
    throw invalidFile(
      "This is not a .npy file: its first bytes are not NumPy's. Save the array with numpy.save.",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! >= 2;
  const start = wide ? 12 : 10;
  const end =
    start + (wide && bytes.length >= 12 ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length)
    throw invalidFile('The .npy file ends within its header. Save the array again.');
  const header = latin1(bytes.subarray(start, end));
  const descr = field(header, 'descr', `['"]([^'"]+)['"]`);
  const dtype = dtypes[descr.slice(1)];
  if (dtype === undefined || !'<>|='.includes(descr[0]!)) {
    throw invalidFile(
      `The .npy file holds elements of type '${descr}', which a tensor cannot have. Convert the array to a plain numeric type.`,
    );
  }
  const dims = field(header, 'shape', '\\(([^)]*)\\)')
    .split(',')
    .map((text) => text.trim().replace(/L$/, ''))
    .filter((text) => text !== '')
    .map(Number);
  const count = elementCount(dims);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || !Number.isSafeInteger(count)) {
    throw invalidFile(`The .npy file has the impossible shape (${dims.join(', ')}).`);
  }
  const size = bytesOf(dtype, count);
  if (bytes.length - end < size) {
    throw invalidFile(
      `The .npy file has ${bytes.length - end} bytes of elements, expected ${size}. It is truncated.`,
    );
  }
  let elements = bytes.subarray(end, end + size);
  const width = bytesOf(dtype, 1);
  if (descr[0] === '>' && width > 1)
    elements = swapBytes(elements, dtype.startsWith('complex') ? width / 2 : width);
  if (field(header, 'fortran_order', '(True|False)') === 'True' && dims.length > 1) {
    elements = toRowMajor(elements, dims, width);
  }
  // A copy: the tensor does not keep the file alive, and is aligned.
  return new Tensor(dtype, dims, dataFromBytes(dtype, elements.slice()));
}

/** A .npy file (version 1.0). Throws for types NumPy does not have. */
export function writeNpy({ dtype, dims, data }: TensorLike): Uint8Array<ArrayBuffer> {
  const code = Object.keys(dtypes).find((name) => dtypes[name] === dtype);
  if (code === undefined || Array.isArray(data)) {
    throw invalidFile(`Elements of type ${dtype} cannot be saved as .npy.`);
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
  read: (bytes) => ({ '': readNpy(bytes) }),
};
