// The worker in Node. The same script is a thread of the worker's module where thread_node.ts sees that it is to be one.
import { parentPort, type Transferable as NodeTransferable } from 'node:worker_threads';

import { isThread, threadsFrom } from './host/thread_node.js';
import { nodeFiles } from './host/files_node.js';
import { serve } from './host/serve.js';
import createQuantab from './quantab_glue.js';
import type { ToWorker } from './core/protocol.js';

if (!isThread) {
  const makeThread = threadsFrom(new URL(import.meta.url));
  const receive = serve({ factory: createQuantab, makeThread }, nodeFiles, (message, transfer) =>
    parentPort?.postMessage(message, transfer as NodeTransferable[]),
  );
  parentPort?.on('message', (message: ToWorker) => receive(message));
}
