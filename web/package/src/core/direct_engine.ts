// The core in the caller's own thread: for workers of one's own, and programs that may block.
import { QuantabError } from './error.js';
import { notify, StaleHandle, type Engine } from './engine.js';
import type { Args, RequestName, Result } from './protocol.js';
import type { CallOptions } from './types.js';
import { tryHandle, type Host } from '../host/host.js';

export class DirectEngine implements Engine {
  generation = 0;
  readonly readsBlobs = false;

  readonly #createHost: () => Promise<Host>;
  #host: Promise<Host> | undefined;
  #closed = false;

  constructor(createHost: () => Promise<Host>) {
    this.#createHost = createHost;
  }

  async call<Name extends RequestName>(
    name: Name,
    args: Args<Name>,
    options: CallOptions = {},
    generation?: number,
  ): Promise<Result<Name>> {
    if (this.#closed)
      throw new QuantabError('InvalidArgument', 'The model has been closed. Open it again.');
    if (generation !== undefined && (generation !== this.generation || this.#host === undefined)) {
      throw new StaleHandle();
    }
    if (this.#host === undefined) {
      this.generation++;
      this.#host = this.#createHost();
    }
    const host = await this.#host;
    const { signal, onProgress, onLog } = options;
    const outcome = tryHandle(
      host,
      name,
      args,
      {
        progress: (progress) => notify(() => onProgress?.(progress)),
        log: (level, message) => notify(() => onLog?.(level, message)),
        cancelled: () => signal?.aborted ?? false,
      },
      signal,
    );
    if ('result' in outcome) return outcome.result;
    if (outcome.dead) this.#host = undefined;
    throw outcome.error;
  }

  close(): void {
    this.#closed = true;
    this.#host = undefined;
  }
}
