import type { Tensor } from '../core/tensor.js';
import { QuantabError } from '../core/error.js';

/** Tensors of one file: by name where the format names them; a file of a single unnamed tensor has the name ''. */
export type NamedTensors = Record<string, Tensor>;

/** A kind of file that holds tensors. Each is a file of formats/. */
export interface SampleFormat {
  /** With the dot, lower case. */
  extensions: readonly string[];
  /** Whether tensors are stored under the names of inputs; else the file's own name decides as well. */
  keyed: boolean;
  /** The tensors in a file's bytes. Throws a QuantabError. */
  read(bytes: Uint8Array): NamedTensors | Promise<NamedTensors>;
}

export function invalidFile(message: string): QuantabError {
  return new QuantabError('InvalidArgument', message);
}

/** An error of a file, or of a part of it, with `what` before its message. */
export function errorOf(error: QuantabError, what: string, file?: string): QuantabError {
  const where = file === undefined ? error.where : { file };
  return new QuantabError(error.code, `${what}: ${error.message}`, where, { cause: error });
}
