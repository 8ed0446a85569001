import { throwIfAborted } from './abort.js';
import {
  closedDuringCall,
  closedError,
  StaleHandle,
  whileOpen,
  type Engine,
  type EngineCall,
  type WorkerPort,
} from './engine.js';
import { asQuantabError } from './error.js';
import { generationOf, type Args, type RequestName, type Result } from './protocol.js';
import { Turns } from './turns.js';
import { WorkerCore } from './worker_core.js';

export interface WorkerOptions {
  spawn: () => WorkerPort;
  module: () => Promise<WebAssembly.Module>;
  threads: number;
  readsBlobs: boolean;
}

/** The core in a worker. A call stuck in the core is ended with its worker; the next call starts another. */
export class WorkerEngine implements Engine {
  readonly readsBlobs: boolean;
  readonly threads: number;

  readonly #options: WorkerOptions;
  readonly #turns = new Turns(() => this.#live?.setBusy(false));
  readonly #closing = new AbortController();
  #core: Promise<WorkerCore> | undefined;
  #live: WorkerCore | undefined;
  /** Counts the cores there have been. */
  #generation = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
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
    let exchanged;
    try {
      if (closing.aborted) throw closedDuringCall();
      if (this.#live?.ended) this.#live = this.#core = undefined;
      const stale = this.#core === undefined || generationOf(needs ?? 0) !== this.#generation;
      if (needs !== undefined && stale) throw new StaleHandle();
      const core = await whileOpen((this.#core ??= this.#start()), signal, closing);
      throwIfAborted(signal);
      exchanged = await core.call(name, args, options);
    } finally {
      leave();
    }
    const { result, chunks } = exchanged;
    try {
      // Chunks that wait to be taken keep no other call from the core.
      await whileOpen(chunks.done(), signal, closing);
    } catch (error) {
      chunks.drop();
      throw error;
    }
    return result;
  }

  another(): [WorkerEngine] {
    return [new WorkerEngine({ ...this.#options, threads: 1 })];
  }

  close(): void {
    this.#closing.abort();
    this.#live?.end(closedDuringCall());
  }

  #start(): Promise<WorkerCore> {
    this.#generation++;
    const starting = this.#launch();
    // Whoever waits hears of it; a start that nobody waits for any more may fail unheard.
    starting.catch(() => {
      if (this.#core === starting) this.#core = undefined;
    });
    return starting;
  }

  async #launch(): Promise<WorkerCore> {
    try {
      const module = await this.#options.module();
      if (this.#closing.signal.aborted) throw closedDuringCall();
      const core = new WorkerCore(this.#options.spawn());
      this.#live = core;
      await core.start(module, this.#generation, this.#options.threads);
      // The call it was started for may have been cancelled.
      core.setBusy(this.#turns.taken);
      return core;
    } catch (error) {
      throw asQuantabError(error);
    }
  }
}
