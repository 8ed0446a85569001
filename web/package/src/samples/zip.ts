// Zip files: members stored or deflated, zip64 included.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import { invalidFile } from './format.js';
import { crc32, inflate } from './inflate.js';
import type { QuantabError } from '../core/error.js';

const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const END_LOCATOR_64 = 0x07064b50;
const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_RECORD_SIZE = 22;
const MOST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const EXTENSION_64 = 1;
/** What a field of the old width holds when its value is in the zip64 extension. */
const IN_EXTENSION = 0xffffffff;
/** What deflate makes of a byte at most; a member that claims more is not given the memory for it. */
const LARGEST_RATIO = 1032;

/** What an archive is called in errors, and what may help. */
export interface ArchiveWords {
  /** ".npz" */
  kind: string;
  next: string;
}

/** A member: read() gives its content, checked against its checksum, or throws a QuantabError. */
export interface Member {
  name: string;
  read(): Promise<Uint8Array>;
}

interface Entry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  compressed: number;
  size: number;
  offset: number;
}

/** Numbers and bytes of a file at any position; those outside it are a damage. */
class Bytes {
  readonly size: number;
  readonly words: ArchiveWords;
  readonly #view: DataView;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array, words: ArchiveWords) {
    this.size = byteLength;
    this.words = words;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  u16 = (at: number): number => this.#check(at, 2).getUint16(at, true);
  u32 = (at: number): number => this.#check(at, 4).getUint32(at, true);
  u64 = (at: number): number => Number(this.#check(at, 8).getBigUint64(at, true));
  slice(at: number, size: number): Uint8Array {
    const { buffer, byteOffset } = this.#check(at, size);
    return new Uint8Array(buffer, byteOffset + at, size);
  }

  bad(what: string): QuantabError {
    return invalidFile(`${what} ${this.words.next}`);
  }
  damaged(): QuantabError {
    return this.bad(`The ${this.words.kind} file is damaged or truncated.`);
  }

  #check(at: number, size: number): DataView {
    if (at + size > this.size) throw this.damaged();
    return this.#view;
  }
}

/** Where the directory is and how many entries it has. */
function directoryOf(file: Bytes): { at: number; count: number } {
  let end = file.size - END_RECORD_SIZE;
  const first = Math.max(0, end - MOST_COMMENT);
  while (end >= first && file.u32(end) !== END_RECORD) --end;
  if (end < first) throw file.bad(`This is not a ${file.words.kind} file.`);
  if (end < 20 || file.u32(end - 20) !== END_LOCATOR_64) {
    return { at: file.u32(end + 16), count: file.u16(end + 10) };
  }
  const record = file.u64(end - 12);
  if (file.u32(record) !== END_RECORD_64) throw file.damaged();
  return { at: file.u64(record + 48), count: file.u64(record + 32) };
}

function* entriesOf(file: Bytes): Generator<Entry> {
  const directory = directoryOf(file);
  let { at } = directory;
  for (let i = 0; i < directory.count; ++i) {
    if (file.u32(at) !== CENTRAL_ENTRY) throw file.damaged();
    const nameLength = file.u16(at + 28);
    const entry = {
      name: new TextDecoder().decode(file.slice(at + 46, nameLength)),
      flags: file.u16(at + 8),
      method: file.u16(at + 10),
      crc: file.u32(at + 16),
      compressed: file.u32(at + 20),
      size: file.u32(at + 24),
      offset: file.u32(at + 42),
    };
    const extra = at + 46 + nameLength;
    const end = extra + file.u16(at + 30);
    for (let field = extra; field + 4 <= end; field += 4 + file.u16(field + 2)) {
      if (file.u16(field) !== EXTENSION_64) continue;
      let value = field + 4;
      for (const key of ['size', 'compressed', 'offset'] as const) {
        if (entry[key] !== IN_EXTENSION) continue;
        entry[key] = file.u64(value);
        value += 8;
      }
    }
    yield entry;
    at = end + file.u16(at + 32);
  }
}

/** The content of a member that is there in full. */
async function readMember(file: Bytes, entry: Entry): Promise<Uint8Array> {
  const { name, flags, method, crc, compressed, size, offset } = entry;
  const member = `The ${file.words.kind} file's member '${name}'`;
  if (flags & ENCRYPTED) throw file.bad(`${member} is encrypted.`);
  if (method !== STORED && method !== DEFLATED) {
    throw file.bad(`${member} is compressed by method ${method}.`);
  }
  const isPlausible =
    method === STORED ? size === compressed : Math.floor(size / LARGEST_RATIO) <= compressed;
  if (!isPlausible || file.u32(offset) !== LOCAL_ENTRY) throw file.damaged();
  const start = offset + 30 + file.u16(offset + 26) + file.u16(offset + 28);
  const stored = file.slice(start, compressed);
  const content = method === STORED ? stored : await inflate(stored, size);
  if (content === undefined || crc32(content) !== crc) throw file.damaged();
  return content;
}

/** The members in the order of the directory; folders are among them, with names that end with "/". */
export function membersOf(bytes: Uint8Array, words: ArchiveWords): Member[] {
  const file = new Bytes(bytes, words);
  return Array.from(entriesOf(file), (entry) => ({
    name: entry.name,
    read: () => readMember(file, entry),
  }));
}
