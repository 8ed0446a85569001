import { cancelled } from './abort.js';

/** Lets callers in one after another, in the order in which they came. */
export class Turns {
  readonly #idle: () => void;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** `idle` is called whenever the last one has left. */
  constructor(idle: () => void = () => {}) {
    this.#idle = idle;
  }

  /** Whether anybody is in, or waits to be. */
  get taken(): boolean {
    return this.#waiting > 0;
  }

  /** Lets in at once, if nobody is in or waits to be: what to call when done. */
  tryTake(): (() => void) | undefined {
    if (this.#waiting > 0) return undefined;
    this.#waiting = 1;
    let done = () => {};
    this.#tail = new Promise<void>((resolve) => (done = resolve));
    return this.#leaver(done);
  }

  /** Waits for those before; gives what to call when done. Rejects as soon as the signal fires. */
  take(signal: AbortSignal | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const abandon = () => reject(cancelled(signal));
      if (signal?.aborted) return abandon();
      signal?.addEventListener('abort', abandon);
      this.#waiting++;
      this.#tail = this.#tail.then(
        () =>
          new Promise<void>((done) => {
            signal?.removeEventListener('abort', abandon);
            const leave = this.#leaver(done);
            if (signal?.aborted) leave();
            else resolve(leave);
          }),
      );
    });
  }

  #leaver(done: () => void): () => void {
    return () => {
      if (--this.#waiting === 0) this.#idle();
      done();
    };
  }
}
