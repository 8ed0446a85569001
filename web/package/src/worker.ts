// The worker in browsers. The same script, started under another name, is a thread of the worker's module.
import { browserFiles } from './host/files_browser.js';
import { serve } from './host/serve.js';
import { threadsFrom } from './host/thread_browser.js';
import { THREAD_NAME } from './host/threads.js';
import createQuantab from './quantab_glue.js';
import type { ToWorker } from './core/protocol.js';

if (self.name !== THREAD_NAME) {
  const makeThread = threadsFrom(
    (name) => new Worker(self.location.href, { type: 'module', name }),
  );
  const receive = serve({ factory: createQuantab, makeThread }, browserFiles, (message, transfer) =>
    self.postMessage(message, { transfer }),
  );
  self.addEventListener('message', (event: MessageEvent<ToWorker>) => receive(event.data));
}
