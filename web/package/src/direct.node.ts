// The package in Node without a worker. Calls block the thread they are made in.
import { DirectEngine } from './core/direct_engine.js';
import { makeOpenModel } from './core/open.js';
import { makeSupportedOperators } from './core/operators.js';
import type { CreateEngine } from './core/start.js';
import type { OpenModel, SupportedOperators } from './core/types.js';
import { nodeFiles } from './host/files_node.js';
import { Host } from './host/host.js';
import { threadsFrom } from './host/thread_node.js';
import { startCore } from './host/wasm.js';
import { nodePlatform as platform } from './platform/node.js';
import createQuantab from './quantab_glue.js';

export * from './core/public.js';

const makeThread = /* @__PURE__ */ threadsFrom(new URL('./worker.node.js', import.meta.url));

const createEngine: CreateEngine = ({ module, threads }) =>
  new DirectEngine({
    createHost: async (generation) => {
      const started = await startCore(createQuantab, await module(), threads, makeThread);
      return new Host(started, nodeFiles, generation);
    },
    threads,
    readsBlobs: false,
  });

/** Opens a model; the core runs on the calling thread. */
export const openModel: OpenModel = /* @__PURE__ */ makeOpenModel(platform, createEngine);

/** Lists the operators that can run here. */
export const supportedOperators: SupportedOperators = /* @__PURE__ */ makeSupportedOperators(
  platform,
  createEngine,
);
