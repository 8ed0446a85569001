// Where things are: the repository's root and the cache outside the tree.
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Everything fetched or built once per machine; `QUANTAB_CACHE` moves it. */
export const cache = path.resolve(
  process.env.QUANTAB_CACHE || path.join(os.homedir(), '.cache', 'quantab'),
);
