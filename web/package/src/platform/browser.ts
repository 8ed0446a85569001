import { QuantabError, sentenceOf } from '../core/error.js';
import type { WorkerPort } from '../core/engine.js';
import type { FromWorker } from '../core/protocol.js';
import type { Flavor, OpenOptions } from '../core/types.js';
import { compileFetched, compileOnce, parseUrl, resolveInput } from './common.js';
import type { ModulePlace, Platform } from './platform.js';

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

function makeWorker(source: OpenOptions['worker']): { worker: Worker; script?: string } {
  if (typeof source === 'function') return { worker: source() as Worker };
  if (source === undefined) {
    const beside = new URL(WORKER_SCRIPT, import.meta.url);
    if (!isForeign(beside)) {
      // Written out for bundlers, as above.
      const worker = new Worker(new URL('../worker.js', import.meta.url), {
        type: 'module',
        name: 'quantab',
      });
      return { worker };
    }
    return makeWorker(beside);
  }
  const url = parseUrl(String(source), base());
  const script = isForeign(url) ? importing(url) : url.href;
  return { worker: new Worker(script, { type: 'module', name: 'quantab' }), script };
}

function spawn(source: OpenOptions['worker']): WorkerPort {
  let made;
  try {
    made = makeWorker(source);
  } catch (error) {
    const message = `The worker could not be made: ${sentenceOf(error)} If its script is elsewhere, give its address with the option 'worker'.`;
    throw new QuantabError('Internal', message, {}, { cause: error });
  }
  const { worker, script } = made;
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage(listen) {
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => listen(event.data));
      worker.addEventListener('message', () => script && URL.revokeObjectURL(script), {
        once: true,
      });
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
  compile: /* @__PURE__ */ compileOnce(addressOf, compileFetched),
  spawn,
  workersReadBlobs: true,
  pathOf: noPaths,
  pendingFile: noPaths,
  samePath: noPaths,
  beside: noPaths,
  locationOf: noPaths,
};
