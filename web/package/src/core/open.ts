import type { Engine } from './engine.js';
import { Model } from './model.js';
import type { SourceData } from './protocol.js';
import type { CallOptions, Flavor } from './types.js';
import { bestFlavor, isBlob } from '../platform/common.js';
import type { ExternalInput, ModelInput, Platform } from '../platform/platform.js';

export interface OpenOptions extends CallOptions {
  /** Files the model refers to. In Node, those beside a path are found by themselves. */
  externalData?: ExternalInput | undefined;
  /** Which module runs; by default relaxed SIMD where it is known. */
  flavor?: Flavor | undefined;
}

/** Opens an ONNX model. Reads its structure; weights stay where they are. */
export type OpenModel = (input: ModelInput, options?: OpenOptions) => Promise<Model>;

export function makeOpenModel(
  platform: Platform,
  createEngine: (flavor: Flavor) => Engine,
): OpenModel {
  return async (input, options = {}) => {
    const { externalData, flavor = bestFlavor(), ...call } = options;
    const engine = createEngine(flavor);
    const resolve = (file: ModelInput) => platform.resolveSource(file, engine.readsBlobs, call);
    const source = await resolve(input);
    const files: Record<string, SourceData> = {};
    for (const [location, file] of entriesOf(externalData)) files[location] = await resolve(file);
    const directory = platform.directoryOf(source);
    return Model._open(engine, platform, { source, externalData: { files, directory } }, call);
  };
}

function entriesOf(external: ExternalInput | undefined): [string, ModelInput][] {
  if (external === undefined) return [];
  if (Symbol.iterator in external) {
    return Array.from(external as Iterable<File>, (file) => [
      isBlob(file) ? file.name : String(file),
      file,
    ]);
  }
  return Object.entries(external);
}
