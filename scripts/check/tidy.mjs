// clang-tidy on the core's and the native program's sources, with the rules of .clang-tidy. A file
// that passed is not looked at again until it, a header or the rules change.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildPreset } from '../lib/builds.mjs';
import { ensureClangTidy } from '../lib/clang_tidy.mjs';
import { files, read } from '../lib/files.mjs';
import { cache, root } from '../lib/paths.mjs';
import { run as execute } from '../lib/run.mjs';

export const title = 'C++ with clang-tidy';

export async function run() {
  // The optimised build gives the compile commands; building it makes the generated headers.
  await buildPreset('release', ['quantab']);
  const clangTidy = await ensureClangTidy();
  const stamps = path.join(cache, 'tidy');
  fs.mkdirSync(stamps, { recursive: true });
  const common = createHash('sha256')
    .update(read('.clang-tidy'))
    .update(read('scripts/check/requirements.txt'))
    .update(read('cmake/options.cmake'));
  for (const name of files(/^core\/.*\.(h|inc)$/)) common.update(read(name));
  const seed = common.digest('hex');

  const queue = files(/^core\/.*\.cc$/).flatMap((name) => {
    const key = createHash('sha256').update(seed).update(name).update(read(name)).digest('hex');
    const stamp = path.join(stamps, key.slice(0, 24));
    return fs.existsSync(stamp) ? [] : [{ name, stamp }];
  });
  const problems = [];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const log = `${next.stamp}.log`;
      // The commands may be gcc's, with warnings that clang does not know; and gcc 12's <algorithm> calls what it deprecates.
      const clang = ['-Wno-unknown-warning-option', '-Wno-deprecated-declarations'];
      const extra = clang.map((flag) => `--extra-arg=${flag}`);
      const args = ['-p', path.join('build', 'release'), '--quiet', ...extra, next.name];
      const code = await execute(clangTidy, args, { cwd: root, log, allowFailure: true });
      if (code === 0) fs.writeFileSync(next.stamp, '');
      else problems.push(fs.readFileSync(log, 'utf8').trim() || `${next.name}: clang-tidy failed.`);
      fs.rmSync(log, { force: true });
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  return problems;
}
