// What a reader of files is; each is a file of readers/.
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import type { Sound } from './audio/wav.js';
import type { SampleFile } from './group.js';
import type { Pixels } from './image.js';
import type { InputKind, Preprocess } from './settings.js';
import type { Tokenizers } from './text/tokenizers.js';

/** What the machine decodes, by the contents of a file; each rejects with a QuantabError. */
export interface Decoders {
  image(bytes: Uint8Array): Promise<Pixels>;
  /** Of sounds other than WAV and FLAC. */
  audio(bytes: Uint8Array): Promise<Sound>;
}

export interface ReadContext {
  inputs: readonly ValueInfo[];
  preprocess: Preprocess;
  tokenizers: Tokenizers;
  decoders: Decoders;
}

/** The inputs that one file gives to a sample. */
export type Part = TensorMap<Tensor>;

/** What a file gives to one sample: what that is called and how to read it. */
export interface PendingPart {
  name: string;
  read(): Promise<Part>;
}

export interface SampleReader {
  /** With the dot, lower case. */
  extensions: readonly string[];
  /** The kinds of inputs that such a file can be for. */
  kinds: readonly InputKind[];
  /** What is in a file: one sample (or a part of one), or several. */
  open(file: SampleFile, context: ReadContext): Promise<PendingPart[]>;
}
