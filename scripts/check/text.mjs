// What no file may hold: paths of one person's machine, hosts in a lock-file, marks of unfinished
// work, tests that keep the others from running.
import path from 'node:path';
import { files, read } from '../lib/files.mjs';
import { root } from '../lib/paths.mjs';

export const title = 'for paths, hosts and marks that do not belong in the tree';

const SELF = 'scripts/check/text.mjs';
const BINARY = /\.(onnx|npy|npz|pb|png|jpg|jpeg|ico|woff2|gz|data|bin|wasm)$/;

const RULES = [
  {
    pattern: /(^|[\s"'`=(])\/(home|Users|root|work)\/[\w.-]+/,
    says: 'an absolute path of a machine',
  },
  { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, says: 'a mark of unfinished work' },
  { pattern: /\b(f(describe|it)|describe\.only|it\.only|test\.only)\(/, says: 'a focused test' },
  { pattern: /^(<{7}|>{7}) /, says: 'a mark of an unsolved merge' },
];
// The files where such text is data: sums, generated tables, licences.
const EXEMPT = /^(LICENSE|package-lock\.json)$/;

export async function run() {
  const problems = [];
  const names = files().filter((name) => name !== SELF && !BINARY.test(name));
  for (const name of names) {
    const lines = read(name).split('\n');
    lines.forEach((line, index) => {
      const at = `${name}:${index + 1}`;
      if (name.endsWith('package-lock.json') && /"resolved": "http/.test(line)) {
        problems.push(`${at}: names a host. Run 'npm install' again; .npmrc leaves hosts out.`);
      }
      if (line.includes(root) && root.split(path.sep).length > 2) {
        problems.push(`${at}: names this checkout's folder.`);
      }
      if (EXEMPT.test(name)) return;
      for (const { pattern, says } of RULES) {
        if (pattern.test(line))
          problems.push(`${at}: holds ${says}: '${line.trim().slice(0, 80)}'.`);
      }
    });
  }
  return problems;
}
