// The repository's own files: tracked, or new and not ignored.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { Failure, capture } from './run.mjs';

let all;

/** Paths from the root of the files whose path matches; binary files included. */
export function files(pattern = /./) {
  if (!all) {
    const text = capture('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root });
    if (text === null) throw new Failure('The checks need git and a git checkout.');
    all = text.split('\n').filter((name) => fs.existsSync(path.join(root, name)));
  }
  return all.filter((name) => pattern.test(name));
}

export function read(name) {
  return fs.readFileSync(path.join(root, name), 'utf8');
}
