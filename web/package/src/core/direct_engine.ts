// The core in the caller's own thread: for workers of one's own, and programs that may block.
import { cancelled, throwIfAborted } from './abort.js';
import { ChunkTaker } from './chunk_taker.js';
import {
  closedDuringCall,
  closedError,
  notify,
  StaleHandle,
  whileOpen,
  type Engine,
  type EngineCall,
} from './engine.js';
import { asQuantabError } from './error.js';
import { generationOf, type Args, type RequestName, type Result } from './protocol.js';
import { Turns } from './turns.js';
import { tryHandle, type Host } from '../host/host.js';

/** Milliseconds of calls, one after another, after which events come in. A small model runs many times in it. */
const BREATH_INTERVAL = 8;

/** Lets events, such as the abortion of a signal, come in. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    // Unlike a timer's, its delay does not grow when it is used again and again.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export class DirectEngine implements Engine {
  readonly readsBlobs: boolean;
  readonly threads: number;

  readonly #createHost: (generation: number) => Promise<Host>;
  readonly #turns = new Turns();
  readonly #closing = new AbortController();
  #host: Promise<Host> | undefined;
  /** The host once it is there. */
  #live: Host | undefined;
  /** When events could come in last. */
  #breathed = -Infinity;
  /** Counts the cores there have been. */
  #generation = 0;
  #busy = false;

  constructor(options: {
    createHost: (generation: number) => Promise<Host>;
    threads: number;
    readsBlobs: boolean;
  }) {
    this.#createHost = options.createHost;
    this.readsBlobs = options.readsBlobs;
    this.threads = options.threads;
  }

  async call<Name extends RequestName>(
    name: Name,
    args: Args<Name>,
    options: EngineCall = {},
    needs?: number,
  ): Promise<Result<Name>> {
    const { signal } = options;
    const closing = this.#closing.signal;
    if (closing.aborted) throw closedError();
    const leave = this.#turns.tryTake() ?? (await this.#turns.take(signal));
    const chunks = new ChunkTaker(options.onChunk);
    let result: Result<Name>;
    try {
      if (closing.aborted) throw closedDuringCall();
      const stale = this.#host === undefined || generationOf(needs ?? 0) !== this.#generation;
      if (needs !== undefined && stale) throw new StaleHandle();
      const host = this.#live ?? (await whileOpen((this.#host ??= this.#start()), signal, closing));
      await this.#breathe(signal);
      const preparing = host.prepare(name);
      if (preparing !== undefined) await whileOpen(preparing, signal, closing);
      result = this.#handle(host, name, args, options, chunks);
    } finally {
      leave();
    }
    if (options.onChunk === undefined) return result;
    try {
      await whileOpen(chunks.done(), signal, closing);
    } catch (error) {
      chunks.drop();
      throw error;
    }
    return result;
  }

  another(): [] {
    return [];
  }

  close(): void {
    this.#closing.abort();
    // A callback of the call that runs may be what closes: the core is still in use then.
    if (!this.#busy) this.#dispose();
  }

  /** Lets events come in, if that is due; what the caller does right after its call counts in any case. */
  async #breathe(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#breathed < BREATH_INTERVAL) return;
    await whileOpen(breath(), signal, this.#closing.signal);
    this.#breathed = performance.now();
  }

  #handle<Name extends RequestName>(
    host: Host,
    name: Name,
    args: Args<Name>,
    { signal, onProgress, onLog }: EngineCall,
    chunks: ChunkTaker,
  ): Result<Name> {
    throwIfAborted(signal);
    if (this.#closing.signal.aborted) throw closedDuringCall();
    this.#busy = true;
    const outcome = tryHandle(host, name, args, {
      // Nothing comes in while the core has the thread, but by what it calls.
      attentive: onProgress !== undefined || onLog !== undefined,
      progress: (progress) => notify(() => onProgress?.(progress)),
      log: (level, message) => notify(() => onLog?.(level, message)),
      chunk: (file, data) => chunks.give({ file, data: host.shelve(data) }),
      cancelled: () => this.#closing.signal.aborted || (signal?.aborted ?? false),
    });
    this.#busy = false;
    if ('error' in outcome && outcome.dead) this.#dispose();
    if (this.#closing.signal.aborted) {
      this.#dispose();
      throw closedDuringCall();
    }
    if ('result' in outcome) return outcome.result;
    chunks.drop();
    throw outcome.error.code === 'Cancelled' ? cancelled(signal) : outcome.error;
  }

  #dispose(): void {
    this.#host?.then(
      (host) => host.dispose(),
      () => {},
    );
    this.#host = this.#live = undefined;
  }

  #start(): Promise<Host> {
    this.#generation++;
    const starting = this.#createHost(this.#generation).catch((error: unknown) => {
      throw asQuantabError(error);
    });
    starting.then(
      (host) => {
        if (this.#host === starting) this.#live = host;
      },
      () => {
        if (this.#host === starting) this.#host = undefined;
      },
    );
    return starting;
  }
}
