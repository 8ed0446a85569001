import type { Chunk, EngineCall } from './engine.js';

/** Hands the chunks of one call to its taker, one after another. */
export class ChunkTaker {
  readonly #take: EngineCall['onChunk'];
  readonly #taken: () => void;
  readonly #failed: (error: unknown) => void;
  #tail: Promise<void> = Promise.resolve();
  #open = 0;
  #dropping = false;
  #failure: { error: unknown } | undefined;

  /** `taken` is called once for each chunk; `failed` when the taker has thrown, after which no more are given to it. */
  constructor(
    take: EngineCall['onChunk'],
    taken: () => void = () => {},
    failed: (error: unknown) => void = () => {},
  ) {
    this.#take = take;
    this.#taken = taken;
    this.#failed = failed;
  }

  /** Whether there are chunks that are not yet taken. */
  get waiting(): boolean {
    return this.#open > 0;
  }

  give(chunk: Chunk): void {
    if (this.#dropping) return this.#taken();
    this.#open++;
    this.#tail = this.#tail.then(async () => {
      if (this.#dropping) return;
      try {
        await this.#take?.(chunk);
      } catch (error) {
        if (this.#dropping) return;
        this.#failure = { error };
        this.drop();
        this.#failed(error);
      }
      if (this.#dropping) return;
      this.#open--;
      this.#taken();
    });
  }

  /** Counts those that wait, and all that follow, as taken. */
  drop(): void {
    this.#dropping = true;
    while (this.#open > 0) {
      this.#open--;
      this.#taken();
    }
  }

  /** Resolves when all are taken; rejects with what the taker threw. */
  async done(): Promise<void> {
    await this.#tail;
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
