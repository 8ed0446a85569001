// NumPy's archive of arrays (.npz): a zip file whose members are .npy files, stored or deflated.
import { plainBytes } from '../../core/tensor.js';
import { invalidFile, type NamedTensors, type SampleFormat } from '../format.js';
import { readNpy } from './npy.js';

const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const END_LOCATOR_64 = 0x07064b50;
const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_RECORD_SIZE = 22;
const STORED = 0;
const DEFLATED = 8;
/** What a field of the old width holds when its value is in the zip64 extension. */
const IN_EXTENSION = 0xffffffff;

const truncated = () =>
  invalidFile('The .npz file is damaged or truncated. Save it again with numpy.savez.');

interface Entry {
  name: string;
  method: number;
  compressed: number;
  size: number;
  offset: number;
}

/** Inflates no further than `size` bytes, so that a small file cannot fill the memory. */
async function inflate(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const out = new Uint8Array(size);
  let done = 0;
  try {
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      if (done + chunk.length > size) throw truncated();
      out.set(chunk, done);
      done += chunk.length;
    }
  } catch {
    throw truncated();
  }
  if (done !== size) throw truncated();
  return out;
}

function entriesOf(view: DataView): Entry[] {
  let end = view.byteLength - END_RECORD_SIZE;
  while (end >= 0 && view.getUint32(end, true) !== END_RECORD) --end;
  if (end < 0) throw invalidFile('This is not a .npz file. Save the arrays with numpy.savez.');
  let count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (end >= 20 && view.getUint32(end - 20, true) === END_LOCATOR_64) {
    const record = Number(view.getBigUint64(end - 12, true));
    if (view.getUint32(record, true) !== END_RECORD_64) throw truncated();
    count = Number(view.getBigUint64(record + 32, true));
    at = Number(view.getBigUint64(record + 48, true));
  }
  const entries: Entry[] = [];
  for (let i = 0; i < count; ++i) {
    if (view.getUint32(at, true) !== CENTRAL_ENTRY) throw truncated();
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const name = new TextDecoder().decode(
      new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength),
    );
    const entry = {
      name,
      method: view.getUint16(at + 10, true),
      compressed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    const extra = at + 46 + nameLength;
    for (
      let field = extra;
      field + 4 <= extra + extraLength;
      field += 4 + view.getUint16(field + 2, true)
    ) {
      if (view.getUint16(field, true) !== 1) continue;
      let value = field + 4;
      for (const key of ['size', 'compressed', 'offset'] as const) {
        if (entry[key] !== IN_EXTENSION) continue;
        entry[key] = Number(view.getBigUint64(value, true));
        value += 8;
      }
    }
    entries.push(entry);
    at = extra + extraLength + view.getUint16(at + 32, true);
  }
  return entries;
}

export async function readNpz(file: Uint8Array): Promise<NamedTensors> {
  const bytes = plainBytes(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors: NamedTensors = {};
  try {
    for (const { name, method, compressed, size, offset } of entriesOf(view)) {
      if (!name.endsWith('.npy')) continue;
      if (view.getUint32(offset, true) !== LOCAL_ENTRY) throw truncated();
      const start =
        offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
      if (start + compressed > bytes.length) throw truncated();
      const member = bytes.subarray(start, start + compressed);
      if (method !== STORED && method !== DEFLATED) {
        throw invalidFile(
          `The .npz file's member '${name}' is compressed by method ${method}. Save it with numpy.savez.`,
        );
      }
      tensors[name.slice(0, -'.npy'.length)] = readNpy(
        method === STORED ? member : await inflate(member, size),
      );
    }
  } catch (error) {
    // A DataView's complaint about a position outside the file.
    if (error instanceof RangeError) throw truncated();
    throw error;
  }
  return tensors;
}

export const npz: SampleFormat = { extensions: ['.npz'], read: readNpz };
