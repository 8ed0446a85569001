import { throwIfAborted } from './abort.js';
import type { Engine } from './engine.js';
import { QuantabError } from './error.js';
import { Model } from './model.js';
import { checkCall } from './options.js';
import type { ExternalInput, Flavor, ModelInput, OpenModel, OpenOptions } from './types.js';
import { bestFlavor, isBlob } from '../platform/common.js';
import type { ModulePlace, Platform } from '../platform/platform.js';

/** Where the core is made from. */
export interface EngineParts {
  module: () => Promise<WebAssembly.Module>;
  worker: OpenOptions['worker'];
}

export function makeOpenModel(
  platform: Platform,
  createEngine: (parts: EngineParts) => Engine,
): OpenModel {
  return async (input, options = {}) => {
    checkCall(options);
    const { externalData, flavor, worker, wasm, ...call } = options;
    throwIfAborted(call.signal);
    const module = moduleFor(flavor, wasm);
    const engine = createEngine({ module: () => platform.compile(module), worker });
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

/** A module of the package's own, or elsewhere. */
function moduleFor(flavor: Flavor | undefined, wasm: OpenOptions['wasm']): ModulePlace {
  if (flavor !== undefined && flavor !== 'simd' && flavor !== 'relaxed') {
    throw new QuantabError(
      'InvalidArgument',
      `flavor must be 'simd' or 'relaxed', got '${String(flavor)}'.`,
    );
  }
  const wanted = flavor ?? bestFlavor();
  if (wasm === undefined) return wanted;
  const byFlavor =
    typeof wasm === 'object' && wasm !== null && ('simd' in wasm || 'relaxed' in wasm);
  if (!byFlavor) return { url: wasm as string | URL };
  const url = wasm[wanted] ?? (flavor === undefined ? wasm.simd : undefined);
  return url === undefined ? wanted : { url };
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
