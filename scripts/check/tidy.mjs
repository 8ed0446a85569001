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
  // The sanitized build gives the compile commands; building its library makes the generated headers.
  await buildPreset('debug', ['quantab_core']);
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
      // The <algorithm> of gcc 12 calls what it deprecates.
      const extra = '--extra-arg=-Wno-deprecated-declarations';
      const args = ['-p', path.join('build', 'debug'), '--quiet', extra, next.name];
      const code = await execute(clangTidy, args, { cwd: root, log, allowFailure: true });
      if (code === 0) fs.writeFileSync(next.stamp, '');
      else problems.push(fs.readFileSync(log, 'utf8').trim() || `${next.name}: clang-tidy failed.`);
      fs.rmSync(log, { force: true });
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  return problems;
}
