// The worker in browsers.
import createQuantab from './quantab_glue.js';
import { browserFiles } from './host/files_browser.js';
import { serve } from './host/serve.js';
import type { ToWorker } from './core/protocol.js';

const receive = serve(createQuantab, browserFiles, (message, transfer) =>
  self.postMessage(message, { transfer }),
);
self.addEventListener('message', (event: MessageEvent<ToWorker>) => receive(event.data));
