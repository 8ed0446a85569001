// The threads of a core: workers in which its start-up code lets its module run as well, over the same memory.
import type { WasmCore } from './wasm.js';

/** By this name a worker, or the start-up code in it, knows that it is a thread. It is Emscripten's. */
export const THREAD_NAME = 'em-pthread';

/** A worker as start-up code uses it: a browser's, or what looks like one. */
export interface ThreadWorker {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  terminate(): unknown;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** Makes the worker of a thread; `failed` is called when its script cannot be loaded, or breaks. */
export type MakeThread = (failed: (reason: unknown) => void) => ThreadWorker;

/** What start-up code has to make threads with. */
export interface ThreadLibrary {
  unusedWorkers: ThreadWorker[];
  allocateUnusedWorker(): void;
  loadWasmModuleToWorker(worker: ThreadWorker): Promise<unknown>;
}

/** The threads of one core beside that which calls it. They are made when they are first asked for. */
export class Threads {
  readonly #count: number;
  readonly #make: MakeThread;
  readonly #workers: ThreadWorker[] = [];
  #failed: (reason: unknown) => void = () => {};
  #ready: Promise<void> | undefined;
  #started: boolean;

  /** `count`: with the one that calls. */
  constructor(count: number, make: MakeThread) {
    this.#count = count;
    this.#make = make;
    this.#started = count === 1;
  }

  /** A worker for the start-up code. */
  worker(): ThreadWorker {
    const worker = this.#make((reason) => this.#failed(reason));
    this.#workers.push(worker);
    return worker;
  }

  /** Resolves when the core has its threads, or cannot have them, and then does without; undefined when that is so. */
  ready(core: WasmCore): Promise<void> | undefined {
    if (this.#started) return undefined;
    return (this.#ready ??= this.#start(core).then(() => void (this.#started = true)));
  }

  end(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  async #start(core: WasmCore): Promise<void> {
    const library = core.PThread;
    const failure = new Promise<never>((_, reject) => (this.#failed = reject));
    failure.catch(() => {});
    try {
      for (let i = 1; i < this.#count; ++i) library.allocateUnusedWorker();
      const loading = library.unusedWorkers.map((each) => library.loadWasmModuleToWorker(each));
      await Promise.race([failure, Promise.all(loading)]);
      core.setThreads(this.#count);
    } catch {
      this.end();
    }
  }
}
