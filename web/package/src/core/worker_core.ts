import { cancelled } from './abort.js';
import { ChunkTaker } from './chunk_taker.js';
import { compact } from './compact.js';
import { notify, type EngineCall, type WorkerPort } from './engine.js';
import { asQuantabError, QuantabError } from './error.js';
import {
  CANCEL,
  SHARED_CELLS,
  TAKEN,
  type Args,
  type FromWorker,
  type RequestName,
  type Result,
} from './protocol.js';

/** Milliseconds a call may go on after it was cancelled, before its worker is ended: with and without shared memory. */
const GRACE_SHARED = 2000;
const GRACE_ALONE = 100;
/** Milliseconds to wait for a worker to be gone; one that is stuck in the operating system never goes. */
const GRACE_TERMINATE = 2000;

interface Pending {
  message(message: FromWorker): void;
  fail(error: QuantabError): void;
}

/** A call that the worker has finished; some of its chunks may not have been taken yet. */
export interface Exchanged<T> {
  result: T;
  chunks: ChunkTaker;
}

function sharedCells(): Int32Array | null {
  try {
    return new Int32Array(new SharedArrayBuffer(4 * SHARED_CELLS));
  } catch {
    return null;
  }
}

const atMost = (milliseconds: number, promise: Promise<void>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });

/** One worker, from its start to its end; it does one thing at a time. */
export class WorkerCore {
  readonly #port: WorkerPort;
  readonly #shared = sharedCells();
  #nextId = 1;
  #pending: Pending | undefined;
  #ended: Promise<void> | undefined;

  constructor(port: WorkerPort) {
    this.#port = port;
    port.onMessage((message) => this.#pending?.message(message));
    port.onFailure((reason) => this.end(new QuantabError('Internal', reason)));
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Rejects with a QuantabError when the worker cannot start. */
  start(module: WebAssembly.Module, generation: number, threads: number): Promise<void> {
    this.#port.setBusy(true);
    return new Promise<void>((resolve, reject) => {
      this.#pending = {
        message: (message) => {
          if (message.type !== 'ready' && message.type !== 'failed') return;
          this.#pending = undefined;
          if (message.type === 'ready') return resolve();
          reject(QuantabError.from(message.error));
          this.end();
        },
        fail: reject,
      };
      try {
        const shared = this.#shared;
        this.#port.post({ type: 'start', module, generation, threads, shared }, []);
      } catch (error) {
        this.end(asQuantabError(error));
      }
    });
  }

  setBusy(busy: boolean): void {
    if (!this.ended) this.#port.setBusy(busy);
  }

  call<Name extends RequestName>(
    name: Name,
    args: Args<Name>,
    { signal, onProgress, onLog, onChunk }: EngineCall,
  ): Promise<Exchanged<Result<Name>>> {
    const id = this.#nextId++;
    this.setBusy(true);
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let why: QuantabError | undefined;
      const stop = (error: QuantabError) => {
        why ??= error;
        if (this.#shared !== null) Atomics.store(this.#shared, CANCEL, id);
      };
      const chunks: ChunkTaker = new ChunkTaker(
        onChunk,
        () => {
          if (this.#shared !== null) {
            Atomics.add(this.#shared, TAKEN, 1);
            Atomics.notify(this.#shared, TAKEN);
          }
          if (!chunks.waiting && this.#pending === pending) this.setBusy(true);
        },
        (error) => stop(asQuantabError(error, 'Io')),
      );
      const abort = () => {
        stop(cancelled(signal));
        chunks.drop();
        const grace = this.#shared === null ? GRACE_ALONE : GRACE_SHARED;
        timer ??= setTimeout(() => this.end(why), grace);
      };
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#pending = undefined;
        finish();
      };
      const pending: Pending = {
        message: (message) => {
          if (!('id' in message) || message.id !== id) return;
          switch (message.type) {
            case 'progress':
              return notify(() => onProgress?.(message.progress));
            case 'log':
              return notify(() => onLog?.(message.level, message.message));
            case 'chunk':
              chunks.give(message);
              // Who forgets a stream half read does not keep the process from ending.
              if (chunks.waiting) this.setBusy(false);
              return;
            case 'result':
              return settle(() => resolve({ result: message.result as Result<Name>, chunks }));
            case 'error':
              return settle(() => {
                chunks.drop();
                if (message.dead) this.end();
                const error = QuantabError.from(message.error);
                reject(error.code === 'Cancelled' ? (why ?? error) : error);
              });
          }
        },
        fail: (error) =>
          settle(() => {
            chunks.drop();
            reject(error);
          }),
      };
      this.#pending = pending;
      signal?.addEventListener('abort', abort);
      try {
        const moved: ArrayBuffer[] = [];
        const sent = compact(args, moved);
        const attentive = signal !== undefined || onProgress !== undefined;
        this.#port.post({ type: 'request', id, name, args: sent, attentive }, moved);
      } catch (error) {
        settle(() => reject(asQuantabError(error, 'InvalidArgument')));
      }
    });
  }

  /** Ends the worker. The call in flight, if any, fails with `error` once nothing of the worker runs any more. */
  end(error: QuantabError = new QuantabError('Internal', 'The worker ended.')): void {
    this.#ended ??= atMost(GRACE_TERMINATE, this.#port.terminate());
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) void this.#ended.then(() => pending.fail(error));
  }
}
