// eslint on every script and TypeScript file; the TypeScript compiler on each workspace.
import fs from 'node:fs';
import path from 'node:path';
import { PARTS } from '../lib/builds.mjs';
import { root } from '../lib/paths.mjs';
import { run as execute } from '../lib/run.mjs';

export const title = 'scripts and TypeScript';

export async function run() {
  const problems = [];
  const options = { cwd: root, allowFailure: true };
  if ((await execute('npx', ['eslint', '--max-warnings=0', '.'], options)) !== 0) {
    problems.push('eslint found the problems above.');
  }
  const workspaces = ['web/package', 'web/app'].filter((folder) =>
    fs.existsSync(path.join(root, folder, 'tsconfig.json')),
  );
  // The page is checked against the types of the built package.
  if (workspaces.includes('web/app')) {
    for (const part of ['wasm-simd', 'wasm-relaxed', 'package']) await PARTS[part]();
  }
  for (const folder of workspaces) {
    const args = ['tsc', '--noEmit', '-p', folder];
    if ((await execute('npx', args, options)) !== 0)
      problems.push(`${folder}: has the type errors above.`);
  }
  return problems;
}
