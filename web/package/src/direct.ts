// The package in a browser without a worker: for workers of one's own. Calls block the thread they are made in.
import { DirectEngine } from './core/direct_engine.js';
import { makeOpenModel } from './core/open.js';
import { makeSupportedOperators } from './core/operators.js';
import type { CreateEngine } from './core/start.js';
import type { OpenModel, SupportedOperators } from './core/types.js';
import { browserFiles, readsBlobs } from './host/files_browser.js';
import { Host } from './host/host.js';
import { threadsFrom } from './host/thread_browser.js';
import { startCore } from './host/wasm.js';
import { browserPlatform as platform, makeWorker } from './platform/browser.js';
import createQuantab from './quantab_glue.js';

export * from './core/public.js';

const createEngine: CreateEngine = ({ module, worker, threads }) => {
  const script = typeof worker === 'function' ? undefined : worker;
  const makeThread = threadsFrom((name) => makeWorker(script, name).worker);
  return new DirectEngine({
    createHost: async (generation) => {
      const started = await startCore(createQuantab, await module(), threads, makeThread);
      return new Host(started, browserFiles, generation);
    },
    threads,
    readsBlobs: readsBlobs(),
  });
};

/** Opens a model; the core runs on the calling thread. */
export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(platform, createEngine);

/** Lists the operators that can run here. */
export const supportedOperators: SupportedOperators = /* @__PURE__ */ makeSupportedOperators(
  platform,
  createEngine,
);
