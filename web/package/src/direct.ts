// The package in a browser without a worker: for workers of one's own. Calls block the thread they are made in.
import { DirectEngine } from './core/direct_engine.js';
import { makeOpenModel } from './core/open.js';
import type { OpenModel } from './core/types.js';
import { browserFiles, readsBlobs } from './host/files_browser.js';
import { Host } from './host/host.js';
import { startCore } from './host/wasm.js';
import { browserPlatform as platform } from './platform/browser.js';
import createQuantab from './quantab_glue.js';

export * from './core/public.js';

export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(
  platform,
  ({ module }) =>
    new DirectEngine({
      createHost: async (generation) =>
        new Host(await startCore(createQuantab, await module()), browserFiles, generation),
      readsBlobs: readsBlobs(),
    }),
);
