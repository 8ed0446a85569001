// The package in a browser; the core runs in a worker.
import { WorkerEngine } from './core/engine.js';
import { makeOpenModel, type OpenModel } from './core/open.js';
import { browserPlatform as platform } from './platform/browser.js';

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
