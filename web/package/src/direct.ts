// The package in a browser without a worker: for workers of one's own. Calls block the thread they are made in.
import { DirectEngine } from './core/direct_engine.js';
import { makeOpenModel, type OpenModel } from './core/open.js';
import { Host } from './host/host.js';
import { startCore } from './host/wasm.js';
import { browserPlatform as platform } from './platform/browser.js';
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
