// Zip files among others: what is in them.
import type { SampleFile } from './group.js';
import { errorOf } from './format.js';
import { QuantabError } from '../core/error.js';
import { membersOf, type Member } from './zip.js';

const WORDS = { kind: '.zip', next: 'Make it again, or give the files themselves.' };

/** Folders, and what systems put beside files. */
const isVisible = (path: string): boolean =>
  !path.endsWith('/') &&
  !path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

/** Gives an archive's members; they are read anew once nobody holds them, so that archives do not stay in memory. */
function keeper(file: SampleFile): () => Promise<Member[]> {
  let kept: WeakRef<Member[]> | undefined;
  return async () => {
    const members = kept?.deref() ?? membersOf(await file.bytes(), WORDS);
    kept = new WeakRef(members);
    return members;
  };
}

/**
 * The files with those of archives in the archives' places, named "a.zip/x.png" and of the archive's batch. Rejects with a
 * QuantabError.
 */
export async function unpackSamples(files: readonly SampleFile[]): Promise<SampleFile[]> {
  const found: SampleFile[] = [];
  for (const file of files) {
    if (!/\.zip$/i.test(file.path)) {
      found.push(file);
      continue;
    }
    try {
      const members = keeper(file);
      for (const [i, { name }] of (await members()).entries()) {
        if (!isVisible(name)) continue;
        const bytes = async () => (await members())[i]!.read();
        found.push({ path: `${file.path}/${name}`, bytes, batch: file.batch });
      }
    } catch (error) {
      throw error instanceof QuantabError ? errorOf(error, `'${file.path}'`, file.path) : error;
    }
  }
  return found;
}
