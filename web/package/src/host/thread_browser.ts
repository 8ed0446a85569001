// Threads in a browser.
import { THREAD_NAME, type MakeThread } from './threads.js';

/** Makes threads with `make`, which is given the worker's name. */
export const threadsFrom =
  (make: (name: typeof THREAD_NAME) => Worker): MakeThread =>
  (failed) => {
    const worker = make(THREAD_NAME);
    worker.addEventListener('error', (event) => {
      // Work goes on without threads; the page is not told of an error.
      event.preventDefault();
      event.stopImmediatePropagation();
      failed(event);
    });
    return worker;
  };
