// What differs between a browser and Node on the caller's side.
import type { WorkerPort } from '../core/engine.js';
import type { SourceData } from '../core/protocol.js';
import type { CallOptions, Flavor, ModelInput, OpenOptions } from '../core/types.js';

/** A file that comes into being when it is complete. */
export interface PendingFile {
  /** Where to write. */
  path: string;
  /** Whether `path` must not be there yet. */
  fresh: boolean;
  /** The permissions `path` is made with; the usual ones by default. */
  mode: number | undefined;
  /** Puts it in its place, safe on the disk. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does no harm after commit(). */
  discard(): Promise<void>;
}

/** A module of the package's own, or one elsewhere. */
export type ModulePlace = Flavor | { url: string | URL };

/** All throw, or reject with, QuantabErrors. */
export interface Platform {
  /** `readsBlobs`: whether blobs may stay what they are. */
  resolveSource(input: ModelInput, readsBlobs: boolean, call: CallOptions): Promise<SourceData>;
  /** The folder where a model's external data is looked for, when there is one. */
  directoryOf(source: SourceData): string | undefined;
  /** Compiles each module once. */
  compile(place: ModulePlace): Promise<WebAssembly.Module>;
  /** Whether workers can share memory, and so be threads. */
  sharesMemory(): boolean;
  /** How many threads use the machine well. */
  usualThreads(): number;
  spawn(worker: OpenOptions['worker']): WorkerPort;
  readonly workersReadBlobs: boolean;

  // Paths; all throw where there are none.

  /** The path that a caller's target means. */
  pathOf(target: unknown): string;
  pendingFile(path: string): PendingFile;
  samePath(a: string, b: string): boolean;
  /** The path of a file beside another. */
  beside(path: string, name: string): string;
  /** Where `path` is as seen from the folder of `model`, with "/" between its parts; only its name, if it is outside. */
  locationOf(path: string, model: string): string;
}
