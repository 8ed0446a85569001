import type { Tensor } from '../core/tensor.js';
import { QuantabError } from '../core/error.js';

/** Tensors of one file: by name where the format names them; a file of a single unnamed tensor has the name ''. */
export type NamedTensors = Record<string, Tensor>;

/** A kind of file that holds tensors. Each is a file of formats/. */
export interface SampleFormat {
  /** With the dot, lower case. */
  extensions: readonly string[];
  read(bytes: Uint8Array): NamedTensors | Promise<NamedTensors>;
}

export function invalidFile(message: string): QuantabError {
  return new QuantabError('InvalidArgument', message);
}
