// The package in Node; the core runs in a worker thread.
import { WorkerEngine } from './core/engine.js';
import { makeOpenModel, type OpenModel } from './core/open.js';
import { nodePlatform as platform } from './platform/node.js';

export * from './core/public.js';

export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(
  platform,
  (flavor) =>
    new WorkerEngine({
      spawn: () => platform.spawn(),
      module: () => platform.compile(flavor),
      flavor,
      readsBlobs: platform.workersReadBlobs,
    }),
);
