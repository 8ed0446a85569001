// The package in Node; the core runs in a worker thread.
import { makeOpenModel } from './core/open.js';
import { makeSupportedOperators } from './core/operators.js';
import type { CreateEngine } from './core/start.js';
import type { OpenModel, SupportedOperators } from './core/types.js';
import { WorkerEngine } from './core/worker_engine.js';
import { nodePlatform as platform } from './platform/node.js';

export * from './core/public.js';

const createEngine: CreateEngine = ({ module, worker, threads }) =>
  new WorkerEngine({
    spawn: () => platform.spawn(worker),
    module,
    threads,
    readsBlobs: platform.workersReadBlobs,
  });

/** Opens a model; the core runs in a worker of the model's own. */
export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(platform, createEngine);

/** Lists the operators that can run here. */
export const supportedOperators: SupportedOperators = /* @__PURE__ */ makeSupportedOperators(
  platform,
  createEngine,
);
