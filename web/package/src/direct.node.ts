// The package in Node without a worker. Calls block the thread they are made in.
import { DirectEngine } from './core/direct_engine.js';
import { makeOpenModel, type OpenModel } from './core/open.js';
import { Host } from './host/host.js';
import { startCore } from './host/wasm.js';
import { nodePlatform as platform } from './platform/node.js';
import createQuantab from './quantab_glue.js';

export * from './core/public.js';

export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(
  platform,
  (flavor) =>
    new DirectEngine(
      async () =>
        new Host(await startCore(createQuantab, await platform.compile(flavor)), platform.files),
    ),
);
