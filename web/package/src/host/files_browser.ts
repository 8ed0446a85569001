// Files in a browser: bytes, and (in a worker, where they can be read synchronously) blobs.
import { QuantabError, sentenceOf } from '../core/error.js';
import type { SourceData } from '../core/protocol.js';
import { blobSink, bytesSource, givenFile, type HostFiles } from './files.js';
import type { WasmSource } from './wasm.js';

// Declared here, as the types of pages and of workers cannot both be loaded.
declare const FileReaderSync: { new (): { readAsArrayBuffer(blob: Blob): ArrayBuffer } };

/** Whether blobs can be read in ranges here: in workers only. */
export const readsBlobs = (): boolean => typeof FileReaderSync !== 'undefined';

/** A read costs milliseconds however short it is: one that goes on where the last ended takes this much at once. */
const AHEAD_BYTES = 8 * 2 ** 20;

/** What was read ahead last; one piece for all blobs, so that their number does not count. */
let ahead: { blob: Blob; offset: number; bytes: Uint8Array } | undefined;

function blobSource(name: string, blob: Blob): WasmSource {
  if (!readsBlobs()) {
    throw new QuantabError('Internal', `'${name}' cannot be read in ranges outside a worker.`, {
      file: name,
    });
  }
  const reader = new FileReaderSync();
  const bytesAt = (begin: number, end: number) =>
    new Uint8Array(reader.readAsArrayBuffer(blob.slice(begin, end)));
  let lastEnd: number | undefined;

  /** What was read ahead, from `offset` to `end` at least, or undefined: the read goes elsewhere, or takes as much itself. */
  const aheadOf = (offset: number, end: number) => {
    const holds = () =>
      ahead?.blob === blob && offset >= ahead.offset && end <= ahead.offset + ahead.bytes.byteLength
        ? ahead.bytes.subarray(offset - ahead.offset, end - ahead.offset)
        : undefined;
    const held = holds();
    if (held !== undefined || offset !== lastEnd || end - offset >= AHEAD_BYTES) return held;
    ahead = undefined;
    const bytes = bytesAt(offset, Math.min(blob.size, offset + AHEAD_BYTES));
    ahead = { blob, offset, bytes };
    return holds();
  };

  return {
    name,
    size: blob.size,
    read(offset, out) {
      const end = offset + out.byteLength;
      try {
        out.set(aheadOf(offset, end) ?? bytesAt(offset, end));
        lastEnd = end;
        return undefined;
      } catch (error) {
        return `'${name}' could not be read: ${sentenceOf(error)} Was it moved or changed? Choose it again.`;
      }
    },
    close() {
      if (ahead?.blob === blob) ahead = undefined;
    },
  };
}

function openSource(data: SourceData): WasmSource {
  switch (data.kind) {
    case 'bytes':
      return bytesSource(data.name, data.bytes);
    case 'blob':
      return blobSource(data.name, data.blob);
    case 'path':
      throw new QuantabError(
        'InvalidArgument',
        `'${data.path}' is a path; a browser opens files, blobs and URLs.`,
      );
  }
}

export const browserFiles: HostFiles = {
  openSource,
  openExternal: ({ files }) => ({
    open(location) {
      const given = givenFile(files, location);
      return given === undefined ? null : openSource(given);
    },
  }),
  openSink: () => blobSink(),
  shelve: (bytes) => new Blob([bytes]),
};
