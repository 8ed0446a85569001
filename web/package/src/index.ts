// The package in a browser; the core runs in a worker.
import { makeOpenModel } from './core/open.js';
import type { OpenModel } from './core/types.js';
import { WorkerEngine } from './core/worker_engine.js';
import { browserPlatform as platform } from './platform/browser.js';

export * from './core/public.js';

export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(
  platform,
  ({ module, worker }) =>
    new WorkerEngine({
      spawn: () => platform.spawn(worker),
      module,
      readsBlobs: platform.workersReadBlobs,
    }),
);
