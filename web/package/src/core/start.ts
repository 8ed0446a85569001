// Making the engine that a caller's options ask for.
import type { Engine } from './engine.js';
import { QuantabError } from './error.js';
import { wholeNumber } from './options.js';
import type { CoreOptions, Flavor } from './types.js';
import { bestFlavor } from '../platform/common.js';
import type { ModulePlace, Platform } from '../platform/platform.js';

/** Where the core is made from. */
export interface EngineParts {
  module: () => Promise<WebAssembly.Module>;
  worker: CoreOptions['worker'];
  /** How many may compute. */
  threads: number;
}

export const MOST_THREADS = 64;

export type CreateEngine = (parts: EngineParts) => Engine;

export function startEngine(
  platform: Platform,
  createEngine: CreateEngine,
  { flavor, threads, worker, wasm }: CoreOptions,
): Engine {
  const module = moduleFor(flavor, wasm);
  if (threads !== undefined) wholeNumber('threads', threads, 1, MOST_THREADS);
  return createEngine({
    module: () => platform.compile(module),
    worker,
    threads: platform.sharesMemory() ? (threads ?? platform.usualThreads()) : 1,
  });
}

/** A module of the package's own, or elsewhere. */
function moduleFor(flavor: Flavor | undefined, wasm: CoreOptions['wasm']): ModulePlace {
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
