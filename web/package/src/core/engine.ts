// Where the core runs, as callers see it. An engine serves the models that come from one openModel().
import { untilAborted } from './abort.js';
import { QuantabError } from './error.js';
import type { Args, FromWorker, RequestName, Result, ToWorker, WrittenFile } from './protocol.js';
import type { CallOptions } from './types.js';

/** A handle is of no use any more, as the core it belonged to has ended. */
export class StaleHandle extends Error {}

/** Some bytes of a file that is being written. */
export interface Chunk {
  file: WrittenFile;
  data: Uint8Array<ArrayBuffer> | Blob;
}

export interface EngineCall extends CallOptions {
  /**
   * Takes what is written to targets of kind 'chunks', one after another. Where the core can wait, it does while some are not
   * yet taken. A rejection ends the call, which rejects with it.
   */
  onChunk?: ((chunk: Chunk) => Promise<void>) | undefined;
}

export interface Engine {
  /** Whether blobs can be read where the core runs (in a browser's worker). */
  readonly readsBlobs: boolean;
  /** How many may compute in one call. */
  readonly threads: number;
  /**
   * Asks the core; calls run one after another. `needs` is a handle the call is about: rejects with StaleHandle when the core it
   * belonged to has ended. Rejects with a QuantabError of code 'Cancelled' when the signal fires first, or the engine is closed.
   */
  call<Name extends RequestName>(
    name: Name,
    args: Args<Name>,
    options?: EngineCall,
    needs?: number,
  ): Promise<Result<Name>>;
  /** Another one of its kind, of one thread, to share work with; none where a call blocks its caller. */
  another(): [Engine] | [];
  /** Ends the core and frees all it holds. */
  close(): void;
}

/** A worker, of the browser's kind or of Node's. */
export interface WorkerPort {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  onMessage(listen: (message: FromWorker) => void): void;
  /** Called when the worker broke, with the reason. */
  onFailure(listen: (reason: string) => void): void;
  /** Whether it keeps the process alive. */
  setBusy(busy: boolean): void;
  /** Resolves when nothing of it runs any more. */
  terminate(): Promise<void>;
}

export const closedError = (): QuantabError =>
  new QuantabError('InvalidArgument', 'The model has been closed. Open it again.');

export const closedDuringCall = (): QuantabError =>
  new QuantabError('Cancelled', 'The model was closed during the call.');

/** What `promise` becomes, unless the call's signal fires or the engine is closed first. */
export function whileOpen<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  closing: AbortSignal,
): Promise<T> {
  return untilAborted(untilAborted(promise, signal), closing).catch((error: unknown) => {
    throw closing.aborted ? closedDuringCall() : error;
  });
}

/** Calls back; what the caller's function throws surfaces as an uncaught error rather than inside the core. */
export function notify(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
