// What the handlers need of the place they run in: bytes of files, and where results go.
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
  openSink(target: Target): HostSink;
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

/** Keeps what is written as parts in memory. */
export function partsSink(toResult: (parts: Uint8Array<ArrayBuffer>[]) => Written): HostSink {
  let parts: Uint8Array<ArrayBuffer>[] = [];
  return {
    name: '<memory>',
    write(bytes) {
      try {
        parts.push(new Uint8Array(bytes));
        return undefined;
      } catch {
        return `There is no memory for the next ${bytes.byteLength} bytes of the result.`;
      }
    },
    finish: () => undefined,
    result: () => toResult(parts),
    discard() {
      parts = [];
    },
  };
}
