// Where the core runs, as callers see it. An engine serves the models that come from one openModel().
import { asQuantabError, cancelled, QuantabError, throwIfAborted } from './error.js';
import type { Args, FromWorker, RequestName, Result, StartMessage, ToWorker } from './protocol.js';
import type { CallOptions, Flavor } from './types.js';

/** A handle is of no use any more, as the core it belonged to has ended. */
export class StaleHandle extends Error {}

export interface Engine {
  /** Handles belong to a generation; a core that had to be ended is followed by the next one. */
  readonly generation: number;
  /** Whether blobs can be read where the core runs (in a browser's worker). */
  readonly readsBlobs: boolean;
  /**
   * Asks the core. With `generation`, rejects with StaleHandle when the core is another one by then. Rejects with a
   * QuantabError of code 'Cancelled' when the signal fires first.
   */
  call<Name extends RequestName>(
    name: Name,
    args: Args<Name>,
    options?: CallOptions,
    generation?: number,
  ): Promise<Result<Name>>;
  /** Ends the core and frees all it holds. */
  close(): void;
}

/** A worker, of the browser's kind or of Node's. */
export interface WorkerPort {
  post(message: ToWorker): void;
  onMessage(listen: (message: FromWorker) => void): void;
  /** Called when the worker broke, with the reason. */
  onFailure(listen: (reason: string) => void): void;
  /** Whether it keeps the process alive. */
  setBusy(busy: boolean): void;
  terminate(): void;
}

/** How long a call may go on after it was cancelled, before its worker is ended: with and without a shared flag. */
const GRACE_WITH_FLAG = 2000;
const GRACE_WITHOUT_FLAG = 100;

interface Pending {
  message(message: FromWorker): void;
  fail(error: QuantabError): void;
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

function sharedFlag(): Int32Array | null {
  try {
    return new Int32Array(new SharedArrayBuffer(4));
  } catch {
    return null;
  }
}

/** The core in a worker. Calls run one after another; a call stuck in the core is ended with its worker. */
export class WorkerEngine implements Engine {
  generation = 0;
  readonly readsBlobs: boolean;

  readonly #spawn: () => WorkerPort;
  readonly #module: () => Promise<WebAssembly.Module>;
  readonly #flavor: Flavor;
  #port: Promise<WorkerPort> | undefined;
  #live: WorkerPort | undefined;
  #cancel: Int32Array | null = null;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #nextId = 1;
  #pending: Pending | undefined;
  #closed = false;

  constructor(options: {
    spawn: () => WorkerPort;
    module: () => Promise<WebAssembly.Module>;
    flavor: Flavor;
    readsBlobs: boolean;
  }) {
    this.#spawn = options.spawn;
    this.#module = options.module;
    this.#flavor = options.flavor;
    this.readsBlobs = options.readsBlobs;
  }

  async call<Name extends RequestName>(
    name: Name,
    args: Args<Name>,
    options: CallOptions = {},
    generation?: number,
  ): Promise<Result<Name>> {
    const release = await this.#turn(options.signal);
    try {
      if (this.#closed)
        throw new QuantabError('InvalidArgument', 'The model has been closed. Open it again.');
      if (
        generation !== undefined &&
        (generation !== this.generation || this.#port === undefined)
      ) {
        throw new StaleHandle();
      }
      const port = await (this.#port ??= this.#start());
      throwIfAborted(options.signal);
      return await this.#exchange(port, name, args, options);
    } finally {
      release();
    }
  }

  close(): void {
    this.#closed = true;
    this.#end(new QuantabError('Cancelled', 'The model was closed during the call.'));
  }

  /** Waits for the calls before this one. */
  #turn(signal: AbortSignal | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const abandon = () => {
        signal?.removeEventListener('abort', abandon);
        reject(cancelled(signal));
      };
      if (signal?.aborted) return abandon();
      signal?.addEventListener('abort', abandon);
      this.#waiting++;
      this.#tail = this.#tail.then(
        () =>
          new Promise<void>((done) => {
            signal?.removeEventListener('abort', abandon);
            const release = () => {
              this.#waiting--;
              if (this.#waiting === 0) this.#live?.setBusy(false);
              done();
            };
            if (signal?.aborted) release();
            else resolve(release);
          }),
      );
    });
  }

  async #start(): Promise<WorkerPort> {
    this.generation++;
    let port: WorkerPort | undefined;
    try {
      const module = await this.#module();
      port = this.#spawn();
      const started = port;
      this.#live = started;
      this.#cancel = sharedFlag();
      const start: StartMessage = {
        type: 'start',
        module,
        flavor: this.#flavor,
        cancel: this.#cancel,
      };
      await new Promise<void>((resolve, reject) => {
        this.#pending = {
          message: (message) => {
            if (message.type === 'ready') resolve();
            if (message.type === 'failed') reject(QuantabError.from(message.error));
          },
          fail: reject,
        };
        started.onMessage((message) => this.#pending?.message(message));
        started.onFailure((reason) => {
          if (this.#live === started)
            this.#end(new QuantabError('Internal', `The worker ended: ${reason}`));
        });
        started.setBusy(true);
        started.post(start);
      });
      return started;
    } catch (error) {
      this.#end(undefined);
      throw asQuantabError(error);
    } finally {
      this.#pending = undefined;
    }
  }

  #exchange<Name extends RequestName>(
    port: WorkerPort,
    name: Name,
    args: Args<Name>,
    { signal, onProgress, onLog }: CallOptions,
  ): Promise<Result<Name>> {
    const id = this.#nextId++;
    port.setBusy(true);
    return new Promise<Result<Name>>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending = undefined;
        finish();
      };
      const onAbort = () => {
        if (this.#cancel !== null) Atomics.store(this.#cancel, 0, id);
        const grace = this.#cancel === null ? GRACE_WITHOUT_FLAG : GRACE_WITH_FLAG;
        timer ??= setTimeout(() => this.#end(cancelled(signal)), grace);
      };
      this.#pending = {
        message: (message) => {
          if (!('id' in message) || message.id !== id) return;
          switch (message.type) {
            case 'progress':
              return notify(() => onProgress?.(message.progress));
            case 'log':
              return notify(() => onLog?.(message.level, message.message));
            case 'result':
              return settle(() => resolve(message.result as Result<Name>));
            case 'error':
              return settle(() => {
                if (message.dead) this.#end(undefined);
                const { code } = message.error;
                reject(code === 'Cancelled' ? cancelled(signal) : QuantabError.from(message.error));
              });
          }
        },
        fail: (error) => settle(() => reject(error)),
      };
      signal?.addEventListener('abort', onAbort);
      try {
        port.post({ type: 'request', id, name, args });
      } catch (error) {
        settle(() => reject(asQuantabError(error, 'InvalidArgument')));
      }
    });
  }

  /** Ends the worker; the call in flight, if any, fails with `error`. The next call starts another. */
  #end(error: QuantabError | undefined): void {
    this.#live?.terminate();
    this.#live = undefined;
    this.#port = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    if (error !== undefined) pending?.fail(error);
  }
}
