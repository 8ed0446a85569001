import { QuantabError, sentenceOf } from '../core/error.js';
import type { WorkerPort } from '../core/engine.js';
import type { FromWorker } from '../core/protocol.js';
import type { Flavor, OpenOptions } from '../core/types.js';
import type { THREAD_NAME } from '../host/threads.js';
import { compileFetched, compileOnce, parseUrl, resolveInput, USUAL_THREADS } from './common.js';
import type { ModulePlace, Platform } from './platform.js';

/** By its name the script knows what it is. */
type WorkerName = 'quantab' | typeof THREAD_NAME;

// Written out, as bundlers find assets by this very form.
const urlOf: Readonly<Record<Flavor, () => URL>> = {
  simd: () => new URL('../quantab_simd.wasm', import.meta.url),
  relaxed: () => new URL('../quantab_relaxed.wasm', import.meta.url),
};
/** In a variable, so that bundlers do not take the script for an asset as it is. */
const WORKER_SCRIPT = '../worker.js';

const base = (): string | undefined => globalThis.location?.href;

const addressOf = (place: ModulePlace): URL =>
  typeof place === 'string' ? urlOf[place]() : parseUrl(String(place.url), base());

const isForeign = ({ origin, protocol }: URL): boolean =>
  /^https?:$/.test(protocol) && origin !== globalThis.location?.origin;

/** A worker may not run a script of another origin, but it may import one. */
function importing(url: URL): string {
  const text = `import ${JSON.stringify(url.href)};`;
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}

// Written out for bundlers, as above.
const ownWorker: Readonly<Record<WorkerName, () => Worker>> = {
  quantab: () =>
    new Worker(new URL('../worker.js', import.meta.url), { type: 'module', name: 'quantab' }),
  'em-pthread': () =>
    new Worker(new URL('../worker.js', import.meta.url), { type: 'module', name: 'em-pthread' }),
};

/** A worker of the package's script. It may start others by its `script`, which is to be revoked when it has ended. */
export function makeWorker(
  source: OpenOptions['worker'],
  name: WorkerName,
): { worker: Worker; script?: string } {
  if (typeof source === 'function') return { worker: source() as Worker };
  if (source === undefined) {
    const beside = new URL(WORKER_SCRIPT, import.meta.url);
    return isForeign(beside) ? makeWorker(beside, name) : { worker: ownWorker[name]() };
  }
  const url = parseUrl(String(source), base());
  const script = isForeign(url) ? importing(url) : url.href;
  return { worker: new Worker(script, { type: 'module', name }), script };
}

function spawn(source: OpenOptions['worker']): WorkerPort {
  let made;
  try {
    made = makeWorker(source, 'quantab');
  } catch (error) {
    const message = `The worker could not be made: ${sentenceOf(error)} If its script is elsewhere, give its address with the option 'worker'.`;
    throw new QuantabError('Internal', message, {}, { cause: error });
  }
  const { worker, script } = made;
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage(listen) {
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => listen(event.data));
    },
    onFailure(listen) {
      worker.addEventListener('error', (event) =>
        listen(
          event.message
            ? `The worker ended: ${event.message}`
            : "The worker's script could not be loaded. If it is elsewhere, give its address with the option 'worker'.",
        ),
      );
      worker.addEventListener('messageerror', () =>
        listen('The worker ended: a message could not be read.'),
      );
    },
    setBusy() {},
    async terminate() {
      worker.terminate();
      if (script !== undefined) URL.revokeObjectURL(script);
    },
  };
}

function noPaths(path: unknown): never {
  throw new QuantabError(
    'InvalidArgument',
    typeof path === 'string' || path instanceof URL
      ? `'${String(path)}' is a path; a browser writes to a file handle, or gives a blob or stream.`
      : 'A model is written to a file handle.',
  );
}

export const browserPlatform: Platform = {
  resolveSource: async (input, readsBlobs, call) =>
    resolveInput(typeof input === 'string' ? parseUrl(input, base()) : input, readsBlobs, call),
  directoryOf: () => undefined,
  sharesMemory: () => globalThis.crossOriginIsolated === true,
  usualThreads: () => Math.min(navigator.hardwareConcurrency || 1, USUAL_THREADS),
  compile: /* @__PURE__ */ compileOnce(addressOf, compileFetched),
  spawn,
  workersReadBlobs: true,
  pathOf: noPaths,
  pendingFile: noPaths,
  samePath: noPaths,
  beside: noPaths,
  locationOf: noPaths,
};
