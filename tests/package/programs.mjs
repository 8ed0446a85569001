// The two command lines, which print the same and end alike.
import path from 'node:path';
import { cliScript, root, run } from './lib.mjs';

/** Runs a program with arguments; `.with(options)` does so with options of spawn(). */
function program(...command) {
  const [file, ...first] = command;
  const withOptions =
    (options) =>
    (...args) =>
      run(file, [...first, ...args], options);
  return Object.assign(withOptions({}), { command, with: withOptions });
}

/** Both command lines, by name. */
export const programs = [
  ['node', program(process.execPath, cliScript)],
  ['native', program(path.join(root, 'build', 'release', 'quantab'))],
];
