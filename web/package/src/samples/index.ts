// quantab/samples in a page.
import type { ValueInfo } from '../core/types.js';
import { browserDecoders } from './decode_browser.js';
import type { Sound } from './audio/wav.js';
import type { SampleFile } from './group.js';
import { readWith, type ReadOptions, type SampleSet } from './read.js';
import { decodeSoundWith } from './readers/audio.js';
import type { PartialPreprocess } from './settings.js';

export * from './public.js';

/**
 * The samples among files, also in zip files, in the order of their paths. `preprocess` says how they become inputs; what it leaves
 * open is guessed, and `preprocess` of the result has it all. Rejects with a QuantabError when there are no samples for the
 * inputs (unless there is an `onError`), or settings do not fit.
 */
export const readSamples = (
  files: readonly SampleFile[],
  inputs: readonly ValueInfo[],
  preprocess?: PartialPreprocess,
  options?: ReadOptions,
): Promise<SampleSet> => readWith(browserDecoders, files, inputs, preprocess, options);

/** The mean of the channels of a sound, by the contents of its file. Rejects with a QuantabError. */
export const decodeSound = (bytes: Uint8Array): Promise<Sound> =>
  decodeSoundWith(browserDecoders, bytes);
