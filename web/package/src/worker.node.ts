// The worker in Node.
import { parentPort, type Transferable as NodeTransferable } from 'node:worker_threads';

import createQuantab from './quantab_glue.js';
import { nodeFiles } from './host/files_node.js';
import { serve } from './host/serve.js';
import type { ToWorker } from './core/protocol.js';

const receive = serve(createQuantab, nodeFiles, (message, transfer) =>
  parentPort?.postMessage(message, transfer as NodeTransferable[]),
);
parentPort?.on('message', (message: ToWorker) => receive(message));
