// What differs between a browser and Node on the caller's side.
import type { WorkerPort } from '../core/engine.js';
import type { ExternalData, SourceData, Written } from '../core/protocol.js';
import type { CallOptions, Flavor } from '../core/types.js';
import type { HostFiles } from '../host/files.js';

/** A file that can be opened: what a page is given, what a program has, or where to fetch it (a URL; in Node, a path). */
export type ModelInput =
  Blob | { getFile(): Promise<Blob> } | URL | string | ArrayBuffer | ArrayBufferView;

/** Files beside the model: by location, or a list that is known by its files' names. */
export type ExternalInput = Readonly<Record<string, ModelInput>> | Iterable<File>;

/** A file that comes into being when it is complete. */
export interface PendingFile {
  /** Where to write. */
  path: string;
  /** Whether `path` must not be there yet. */
  fresh: boolean;
  /** Puts it in its place. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does no harm after commit(). */
  discard(): Promise<void>;
}

export interface Platform {
  /** `readsBlobs`: whether blobs may stay what they are. */
  resolveSource(input: ModelInput, readsBlobs: boolean, options: CallOptions): Promise<SourceData>;
  /** The folder where a model's external data is looked for, when there is one. */
  directoryOf(source: SourceData): string | undefined;
  compile(flavor: Flavor): Promise<WebAssembly.Module>;
  spawn(): WorkerPort;
  readonly workersReadBlobs: boolean;
  readonly files: HostFiles;
  /** Throws where there are no paths. */
  pendingFile(path: string): PendingFile;
  /** The path of a file beside another. */
  beside(path: string, name: string): string;
}

export interface Opening {
  source: SourceData;
  externalData: ExternalData;
}

export function bytesOfWritten(written: Written): Promise<Uint8Array<ArrayBuffer>> {
  if (written instanceof Blob)
    return written.arrayBuffer().then((buffer) => new Uint8Array(buffer));
  const parts = written ?? [];
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return Promise.resolve(bytes);
}

export function blobOfWritten(written: Written): Blob {
  if (written instanceof Blob) return written;
  return new Blob((written ?? []) as Uint8Array<ArrayBuffer>[], {
    type: 'application/octet-stream',
  });
}
