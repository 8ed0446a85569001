import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker, type Transferable } from 'node:worker_threads';

import { QuantabError } from '../core/error.js';
import type { WorkerPort } from '../core/engine.js';
import type { FromWorker, SourceData } from '../core/protocol.js';
import type { OpenOptions } from '../core/types.js';
import { ioError } from '../host/files_node.js';
import {
  compileFetched,
  compileOnce,
  isUrl,
  parseUrl,
  resolveInput,
  USUAL_THREADS,
} from './common.js';
import type { ModulePlace, PendingFile, Platform } from './platform.js';

const URL_TEXT = /^(https?|file|data|blob):/i;

const pathSource = (file: string): SourceData => ({
  kind: 'path',
  name: file,
  path: path.resolve(file),
});

/** The path of a file: URL; a "%" that encodes nothing stands for itself. */
function pathOfUrl(url: URL): string {
  try {
    return fileURLToPath(url.href.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch (error) {
    const message = `'${url.href}' is no file's URL. Give a path instead.`;
    throw new QuantabError('InvalidArgument', message, { file: url.href }, { cause: error });
  }
}

/** A URL or path as a URL. */
const urlOf = (place: string | URL): URL =>
  typeof place === 'string' && !URL_TEXT.test(place)
    ? pathToFileURL(path.resolve(place))
    : parseUrl(String(place));

const addressOf = (place: ModulePlace): URL =>
  typeof place === 'string'
    ? new URL(`../quantab_${place}.wasm`, import.meta.url)
    : urlOf(place.url);

const compile = async (url: URL): Promise<WebAssembly.Module> =>
  url.protocol === 'file:'
    ? WebAssembly.compile(await fs.promises.readFile(pathOfUrl(url)))
    : compileFetched(url);

function spawn(source: OpenOptions['worker']): WorkerPort {
  const worker =
    typeof source === 'function'
      ? (source() as Worker)
      : new Worker(
          source === undefined ? new URL('../worker.node.js', import.meta.url) : urlOf(source),
          // Without the process's own flags: some, such as --input-type, are refused for a file.
          { name: 'quantab', execArgv: [] },
        );
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as Transferable[]),
    onMessage: (listen) => worker.on('message', (message: FromWorker) => listen(message)),
    onFailure(listen) {
      worker.on('error', (error) => listen(`The worker ended: ${error.message}`));
      worker.on('exit', (code) => listen(`The worker ended with code ${code}.`));
    },
    setBusy(busy) {
      if (busy) worker.ref();
      else worker.unref();
    },
    async terminate() {
      await worker.terminate();
    },
  };
}

/** What is there, if anything; `final` is the file itself, behind any links. */
function existing(target: string): { stat: fs.Stats; final: string } | undefined {
  try {
    const stat = fs.statSync(target, { throwIfNoEntry: false });
    return stat && { stat, final: fs.realpathSync(target) };
  } catch (error) {
    throw ioError(target, 'cannot be written', error);
  }
}

/** A file beside the target that is renamed to it. What is there and no regular file (a device) is written to directly. */
function pendingFile(target: string): PendingFile {
  const old = existing(target);
  if (old?.stat.isDirectory()) {
    const message = `'${target}' is a folder. Give the name of a file.`;
    throw new QuantabError('Io', message, { file: target });
  }
  if (old !== undefined && !old.stat.isFile()) {
    const nothing = async () => {};
    return { path: target, fresh: false, mode: undefined, commit: nothing, discard: nothing };
  }
  const final = old?.final ?? target;
  const mode = old && old.stat.mode & 0o7777;
  const temporary = `${final}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  return {
    path: temporary,
    fresh: true,
    // Its owner, this process, must be able to write it whatever the old file's permissions are.
    mode: mode === undefined ? undefined : mode | 0o600,
    async commit() {
      try {
        const file = await fs.promises.open(temporary, 'r+');
        try {
          if (mode !== undefined) await file.chmod(mode);
          await file.sync();
        } finally {
          await file.close();
        }
        await fs.promises.rename(temporary, final);
      } catch (error) {
        throw ioError(target, 'cannot be put in place', error);
      }
    },
    discard: () => fs.promises.rm(temporary, { force: true }),
  };
}

function pathOf(target: unknown): string {
  if (typeof target === 'string' && !URL_TEXT.test(target)) return target;
  if (typeof target !== 'string' && !isUrl(target)) {
    throw new QuantabError('InvalidArgument', 'A model is written to a path or a file handle.');
  }
  const url = isUrl(target) ? target : parseUrl(target);
  if (url.protocol !== 'file:') {
    const message = `'${url.href}' cannot be written to. Give a path or a file: URL.`;
    throw new QuantabError('InvalidArgument', message, { file: url.href });
  }
  return pathOfUrl(url);
}

function locationOf(file: string, model: string): string {
  const inside = path.relative(path.dirname(path.resolve(model)), path.resolve(file));
  const outside = inside.startsWith('..') || path.isAbsolute(inside);
  return outside ? path.basename(file) : inside.replaceAll(path.sep, '/');
}

export const nodePlatform: Platform = {
  async resolveSource(input, readsBlobs, call) {
    if (typeof input === 'string' && !URL_TEXT.test(input)) return pathSource(input);
    const resolved = typeof input === 'string' ? parseUrl(input) : input;
    if (isUrl(resolved) && resolved.protocol === 'file:') return pathSource(pathOfUrl(resolved));
    return resolveInput(resolved, readsBlobs, call);
  },
  directoryOf: (source) => (source.kind === 'path' ? path.dirname(source.path) : undefined),
  sharesMemory: () => true,
  usualThreads: () => Math.min(os.availableParallelism(), USUAL_THREADS),
  compile: compileOnce(addressOf, compile),
  spawn,
  workersReadBlobs: false,
  pathOf,
  pendingFile,
  samePath: (a, b) => path.resolve(a) === path.resolve(b),
  beside: (file, name) => path.join(path.dirname(file), name),
  locationOf,
};
