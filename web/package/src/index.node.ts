// The package in Node; the core runs in a worker thread.
import { makeOpenModel } from './core/open.js';
import type { OpenModel } from './core/types.js';
import { WorkerEngine } from './core/worker_engine.js';
import { nodePlatform as platform } from './platform/node.js';

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
