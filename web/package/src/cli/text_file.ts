// Small text files that the user reads and writes too.
import fs from 'node:fs';

import { QuantabError } from '../core/error.js';
import { ioError } from '../host/files_node.js';

/** Such files are smaller than this, in bytes. */
const LARGEST = 64 * 2 ** 20;

/** The whole file. Throws a QuantabError: 'Io' when it cannot be read, 'InvalidArgument' when it is too large. */
export function readText(file: string): string {
  const failing = <T>(what: string, step: () => T): T => {
    try {
      return step();
    } catch (error) {
      throw ioError(file, what, error);
    }
  };
  const { size } = failing('cannot be opened', () => fs.statSync(file));
  if (size > LARGEST) {
    throw new QuantabError(
      'InvalidArgument',
      `'${file}' has ${size} bytes, too many for a file of text. Is it the right one?`,
    );
  }
  return failing('cannot be read', () => fs.readFileSync(file, 'utf8'));
}

/** Writes text, or bytes; the file changes only when all is written. Throws a QuantabError of code 'Io'. */
export function writeText(file: string, text: string | Uint8Array): void {
  const pending = `${file}.${process.pid}.part`;
  try {
    fs.writeFileSync(pending, text);
    fs.renameSync(pending, file);
  } catch (error) {
    fs.rmSync(pending, { force: true });
    throw ioError(file, 'cannot be written', error);
  }
}
