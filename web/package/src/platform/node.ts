import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { QuantabError } from '../core/error.js';
import type { WorkerPort } from '../core/engine.js';
import type { FromWorker, SourceData } from '../core/protocol.js';
import type { Flavor } from '../core/types.js';
import { ioError, nodeFiles } from '../host/files_node.js';
import { compileOnce, resolveInput } from './common.js';
import type { PendingFile, Platform } from './platform.js';

const pathSource = (file: string): SourceData => ({
  kind: 'path',
  name: file,
  path: path.resolve(file),
});

function resolveString(input: string): URL | SourceData {
  return /^(https?|file|data|blob):/.test(input) ? new URL(input) : pathSource(input);
}

async function compile(flavor: Flavor): Promise<WebAssembly.Module> {
  const url = new URL(`../quantab_${flavor}.wasm`, import.meta.url);
  return WebAssembly.compile(await fs.promises.readFile(url));
}

function spawn(): WorkerPort {
  // Without the process's own flags: some, such as --input-type, are refused for a file.
  const worker = new Worker(new URL('../worker.node.js', import.meta.url), {
    name: 'quantab',
    execArgv: [],
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listen) => worker.on('message', (message: FromWorker) => listen(message)),
    onFailure(listen) {
      worker.on('error', (error) => listen(error.message));
      worker.on('exit', (code) => listen(`it exited with code ${code}.`));
    },
    setBusy(busy) {
      if (busy) worker.ref();
      else worker.unref();
    },
    terminate: () => void worker.terminate(),
  };
}

/** A file beside the target that is renamed to it. What is there and no regular file (a device) is written to directly. */
function pendingFile(target: string): PendingFile {
  const stat = fs.statSync(target, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const message = `'${target}' is a folder. Give the name of a file.`;
    throw new QuantabError('Io', message, { file: target });
  }
  if (stat !== undefined && !stat.isFile()) {
    return { path: target, fresh: false, commit: async () => {}, discard: async () => {} };
  }
  const final = stat === undefined ? target : fs.realpathSync(target);
  const temporary = `${final}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  return {
    path: temporary,
    fresh: true,
    async commit() {
      try {
        await fs.promises.rename(temporary, final);
      } catch (error) {
        throw ioError(target, 'cannot be put in place', error);
      }
    },
    discard: () => fs.promises.rm(temporary, { force: true }),
  };
}

export const nodePlatform: Platform = {
  async resolveSource(input, readsBlobs, options) {
    const resolved = typeof input === 'string' ? resolveString(input) : input;
    if (typeof resolved === 'object' && resolved !== null && 'kind' in resolved) return resolved;
    return resolveInput(resolved, readsBlobs, options, (url) => pathSource(fileURLToPath(url)));
  },
  directoryOf: (source) => (source.kind === 'path' ? path.dirname(source.path) : undefined),
  compile: compileOnce(compile),
  spawn,
  workersReadBlobs: false,
  files: nodeFiles,
  pendingFile,
  beside: (file, name) => path.join(path.dirname(file), name),
};
