// A file over 600 lines is split, or says why not near its top, in a comment that begins with
// 'Over 600 lines because'.
import { files, read } from '../lib/files.mjs';

export const title = 'that files stay under 600 lines';

const LIMIT = 600;

export async function run() {
  return files(/\.(h|cc|inc|m?js|cjs|tsx?|css|html|py|cmake|sh)$|CMakeLists\.txt$/).flatMap(
    (name) => {
      const lines = read(name).split('\n');
      // Nobody reads or edits what a script writes.
      if (lines.length - 1 <= LIMIT || name.includes('/generated/')) return [];
      if (lines.slice(0, 30).some((line) => line.includes('Over 600 lines because'))) return [];
      return [`${name}: has ${lines.length - 1} lines, expected at most ${LIMIT}. Split it.`];
    },
  );
}
