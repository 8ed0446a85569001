import { QuantabError } from '../core/error.js';
import type { WorkerPort } from '../core/engine.js';
import type { FromWorker } from '../core/protocol.js';
import type { Flavor } from '../core/types.js';
import { browserFiles } from '../host/files_browser.js';
import { compileOnce, resolveInput } from './common.js';
import type { Platform } from './platform.js';

// Written out, as bundlers find assets by this very form.
const urlOf: Readonly<Record<Flavor, () => URL>> = {
  simd: () => new URL('../quantab_simd.wasm', import.meta.url),
  relaxed: () => new URL('../quantab_relaxed.wasm', import.meta.url),
};

async function compile(flavor: Flavor): Promise<WebAssembly.Module> {
  const url = urlOf[flavor]();
  const response = await fetch(url);
  if (!response.ok) throw new Error(`'${url.href}' was answered with ${response.status}.`);
  // A server that does not know the type of .wasm files keeps them from being compiled while they arrive.
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

function spawn(): WorkerPort {
  const worker = new Worker(new URL('../worker.js', import.meta.url), {
    type: 'module',
    name: 'quantab',
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listen) =>
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => listen(event.data)),
    onFailure(listen) {
      worker.addEventListener('error', (event) =>
        listen(event.message || 'its script could not be loaded.'),
      );
      worker.addEventListener('messageerror', () => listen('a message could not be read.'));
    },
    setBusy() {},
    terminate: () => worker.terminate(),
  };
}

function noPaths(path: string): never {
  throw new QuantabError(
    'InvalidArgument',
    `'${path}' is a path; a browser writes to a file handle, or gives a blob or stream.`,
  );
}

export const browserPlatform: Platform = {
  resolveSource: (input, readsBlobs, options) =>
    resolveInput(
      typeof input === 'string' ? new URL(input, globalThis.location?.href) : input,
      readsBlobs,
      options,
    ),
  directoryOf: () => undefined,
  compile: /* @__PURE__ */ compileOnce(compile),
  spawn,
  workersReadBlobs: true,
  files: browserFiles,
  pendingFile: noPaths,
  beside: noPaths,
};
