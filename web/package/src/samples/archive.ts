// Zip files among others: what is in them.
import type { SampleFile } from './group.js';
import { errorOf } from './format.js';
import { QuantabError } from '../core/error.js';
import { membersOf } from './zip.js';

const WORDS = { kind: '.zip', next: 'Make it again, or give the files themselves.' };

/** Folders, and what systems put beside files. */
const isVisible = (path: string): boolean =>
  !path.endsWith('/') &&
  !path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

/** The files with those of archives in the archives' places, named "a.zip/x.png". Rejects with a QuantabError. */
export async function unpacked(files: readonly SampleFile[]): Promise<SampleFile[]> {
  const found: SampleFile[] = [];
  for (const file of files) {
    if (!/\.zip$/i.test(file.path)) {
      found.push(file);
      continue;
    }
    try {
      for (const { name, read } of membersOf(await file.bytes(), WORDS)) {
        if (isVisible(name)) found.push({ path: `${file.path}/${name}`, bytes: read });
      }
    } catch (error) {
      throw error instanceof QuantabError ? errorOf(error, `'${file.path}'`, file.path) : error;
    }
  }
  return found;
}
