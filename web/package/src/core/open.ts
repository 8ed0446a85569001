import { throwIfAborted } from './abort.js';
import { QuantabError } from './error.js';
import { Model } from './model.js';
import { checkCall } from './options.js';
import { startEngine, type CreateEngine } from './start.js';
import type { ExternalInput, ModelInput, OpenModel } from './types.js';
import { isBlob } from '../platform/common.js';
import type { Platform } from '../platform/platform.js';

export function makeOpenModel(platform: Platform, createEngine: CreateEngine): OpenModel {
  return async (input, options = {}) => {
    checkCall(options);
    const { externalData, flavor, threads, worker, wasm, ...call } = options;
    throwIfAborted(call.signal);
    const engine = startEngine(platform, createEngine, { flavor, threads, worker, wasm });
    const resolve = (file: ModelInput) => platform.resolveSource(file, engine.readsBlobs, call);
    const source = await resolve(input);
    const files = [];
    for (const [location, file] of entriesOf(externalData)) {
      files.push([location, await resolve(file)] as const);
    }
    const directory = platform.directoryOf(source);
    const opening = { source, externalData: { files: Object.fromEntries(files), directory } };
    return Model._open(engine, platform, opening, call);
  };
}

function entriesOf(external: ExternalInput | undefined): [string, ModelInput][] {
  if (external === undefined) return [];
  const wrong = (got: string): never => {
    throw new QuantabError(
      'InvalidArgument',
      `externalData must be a list of Files, or files by location such as { 'weights.bin': file }, got ${got}.`,
    );
  };
  if (typeof external !== 'object' || external === null) return wrong(String(external));
  if (isBlob(external)) return wrong('one file');
  if (!(Symbol.iterator in external)) return Object.entries(external);
  return Array.from(external as Iterable<unknown>, (file) => {
    const named = typeof file === 'object' && file !== null && 'name' in file;
    return named
      ? [String(file.name), file as unknown as ModelInput]
      : wrong('files without a name');
  });
}
