// The package in Node without a worker. Calls block the thread they are made in.
import { DirectEngine } from './core/direct_engine.js';
import { makeOpenModel } from './core/open.js';
import type { OpenModel } from './core/types.js';
import { nodeFiles } from './host/files_node.js';
import { Host } from './host/host.js';
import { startCore } from './host/wasm.js';
import { nodePlatform as platform } from './platform/node.js';
import createQuantab from './quantab_glue.js';

export * from './core/public.js';

export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(
  platform,
  ({ module }) =>
    new DirectEngine({
      createHost: async (generation) =>
        new Host(await startCore(createQuantab, await module()), nodeFiles, generation),
      readsBlobs: false,
    }),
);
