// Generated files in step with what they are generated from: every generator in scripts/generate/ and
// every workspace script named 'check:…' is run in its checking mode.
import fs from 'node:fs';
import path from 'node:path';
import { PARTS } from '../lib/builds.mjs';
import { root } from '../lib/paths.mjs';
import { run as execute } from '../lib/run.mjs';

export const title = 'that generated files are in step';

export async function run() {
  const options = { cwd: root, allowFailure: true };
  const problems = [];
  const folder = path.join('scripts', 'generate');
  const generators = fs.existsSync(path.join(root, folder))
    ? fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.mjs'))
    : [];
  const scripts = ['web/package', 'web/app'].flatMap((workspace) => {
    const file = path.join(root, workspace, 'package.json');
    if (!fs.existsSync(file)) return [];
    const names = Object.keys(JSON.parse(fs.readFileSync(file, 'utf8')).scripts || {});
    return names.filter((name) => name.startsWith('check:')).map((name) => ({ workspace, name }));
  });
  // Generators ask the native program, and those of the workspaces a module, for what the files repeat.
  if (generators.length > 0) await PARTS.release();
  if (scripts.length > 0) await PARTS['wasm-simd']();
  for (const name of generators) {
    const file = path.join(folder, name);
    if ((await execute(process.execPath, [file, '--check'], options)) !== 0) {
      problems.push(`Out of step: run 'node ${file}'.`);
    }
  }
  for (const { workspace, name } of scripts) {
    if ((await execute('npm', ['run', '--silent', name, '-w', workspace], options)) !== 0) {
      problems.push(`${workspace}: '${name}' failed, as said above.`);
    }
  }
  return problems;
}
