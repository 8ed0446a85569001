// Threads in Node. A worker that is one is made to look like a browser's before the start-up code is loaded.
import { parentPort, Worker, workerData, type Transferable as Moved } from 'node:worker_threads';

import { THREAD_NAME, type MakeThread, type ThreadWorker } from './threads.js';

/** Whether this is a thread's worker. */
export const isThread = workerData === THREAD_NAME;

if (isThread) {
  Object.assign(globalThis, {
    self: globalThis,
    name: THREAD_NAME,
    location: { href: '' },
    importScripts() {},
    postMessage: (message: unknown) => parentPort?.postMessage(message),
  });
  parentPort?.on('message', (data) => {
    globalThis.self.onmessage?.({ data } as MessageEvent);
  });
}

/** Makes threads of the script at `url`. Once they have started, they keep no process alive. */
export const threadsFrom =
  (url: URL): MakeThread =>
  (failed) => {
    const worker = new Worker(url, { name: THREAD_NAME, workerData: THREAD_NAME, execArgv: [] });
    const thread: ThreadWorker = {
      postMessage: (message, transfer) => worker.postMessage(message, transfer as Moved[]),
      terminate: () => worker.terminate(),
      onmessage: null,
      onerror: null,
    };
    worker.on('message', (data) => thread.onmessage?.({ data } as MessageEvent));
    worker.once('message', () => worker.unref());
    worker.on('error', failed);
    return thread;
  };
