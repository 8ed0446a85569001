// What the handlers need of the place they run in: bytes of files, and where results go.
import { QuantabError, sentenceOf } from '../core/error.js';
import type { ExternalData, SourceData, Target, Written } from '../core/protocol.js';
import type { WasmFiles, WasmSink, WasmSource } from './wasm.js';

export interface HostSink extends WasmSink {
  /** After finish(): what was written, for targets kept in memory. */
  result(): Written;
  /** After a failure: leaves nothing behind. */
  discard(): void;
}

export interface HostFiles {
  /** Throws a QuantabError that names the file when it cannot be read here. */
  openSource(data: SourceData): WasmSource;
  openExternal(data: ExternalData): WasmFiles;
  /** `size` bytes are going to be written. Throws a QuantabError when there is no room for them. */
  openSink(target: Exclude<Target, { kind: 'chunks' }>, size: number): HostSink;
  /** Bytes in the form in which they may be kept long: a browser has room for blobs outside the memory of scripts. */
  shelve(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | Blob;
}

/** Bytes in memory. */
export function bytesSource(name: string, bytes: Uint8Array): WasmSource {
  return {
    name,
    size: bytes.byteLength,
    read(offset, out) {
      out.set(bytes.subarray(offset, offset + out.byteLength));
      return undefined;
    },
    close() {},
  };
}

/** The given file for a location: by its whole path, else by its last part, as dropped files have no folders. */
export function givenFile(
  files: Record<string, SourceData>,
  location: string,
): SourceData | undefined {
  if (Object.hasOwn(files, location)) return files[location];
  const last = location.slice(location.lastIndexOf('/') + 1);
  return Object.hasOwn(files, last) ? files[last] : undefined;
}

/** Gives out what is written as it comes, in arrays of their own. */
export function chunkSink(give: (bytes: Uint8Array<ArrayBuffer>) => void): HostSink {
  return {
    name: '<memory>',
    write(bytes) {
      try {
        give(new Uint8Array(bytes));
        return undefined;
      } catch (error) {
        return `There is no room for the next ${bytes.byteLength} bytes of the result: ${sentenceOf(error)}`;
      }
    },
    finish: () => undefined,
    result: () => undefined,
    discard() {},
  };
}

/** Keeps what is written, `size` bytes, in one array. */
export function memorySink(size: number): HostSink {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    bytes = new Uint8Array(size);
  } catch (error) {
    throw new QuantabError(
      'OutOfMemory',
      `There is no memory for the ${size} bytes of the result. Write it to a file instead.`,
      {},
      { cause: error },
    );
  }
  let done = 0;
  return {
    name: '<memory>',
    write(part) {
      bytes?.set(part, done);
      done += part.byteLength;
      return undefined;
    },
    finish: () => undefined,
    result: () => bytes,
    discard: () => (bytes = undefined),
  };
}

/** Keeps what is written as a blob, of which only the last part is in the memory of scripts. */
export function blobSink(): HostSink {
  const PART_BYTES = 16 * 2 ** 20;
  const type = 'application/octet-stream';
  let blobs: Blob[] = [];
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  const flush = () => {
    blobs.push(new Blob(parts, { type }));
    parts = [];
    held = 0;
  };
  const whole = chunkSink((bytes) => {
    parts.push(bytes);
    held += bytes.byteLength;
    if (held >= PART_BYTES) flush();
  });
  return {
    ...whole,
    result() {
      flush();
      return new Blob(blobs, { type });
    },
    discard() {
      blobs = [];
      parts = [];
    },
  };
}
