// Files in a browser: bytes, and (in a worker, where they can be read synchronously) blobs.
import { QuantabError, sentenceOf } from '../core/error.js';
import type { SourceData } from '../core/protocol.js';
import { blobSink, bytesSource, givenFile, type HostFiles } from './files.js';
import type { WasmSource } from './wasm.js';

// Declared here, as the types of pages and of workers cannot both be loaded.
declare const FileReaderSync: { new (): { readAsArrayBuffer(blob: Blob): ArrayBuffer } };

/** Whether blobs can be read in ranges here: in workers only. */
export const readsBlobs = (): boolean => typeof FileReaderSync !== 'undefined';

function blobSource(name: string, blob: Blob): WasmSource {
  if (!readsBlobs()) {
    throw new QuantabError('Internal', `'${name}' cannot be read in ranges outside a worker.`, {
      file: name,
    });
  }
  const reader = new FileReaderSync();
  return {
    name,
    size: blob.size,
    read(offset, out) {
      try {
        out.set(
          new Uint8Array(reader.readAsArrayBuffer(blob.slice(offset, offset + out.byteLength))),
        );
        return undefined;
      } catch (error) {
        return `'${name}' could not be read: ${sentenceOf(error)} Was it moved or changed? Choose it again.`;
      }
    },
    close() {},
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
