// The Node that runs relaxed SIMD modules: this one when it is new enough, else one from npm in the
// cache. Node 20 knows the instructions only behind a flag and computes the int8 dot wrongly.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { locked } from './lock.mjs';
import { cache } from './paths.mjs';
import { Failure, atLeast, run, say } from './run.mjs';
import { RELAXED_NODE } from './versions.mjs';

const packageName = `node-${os.platform()}-${os.arch()}`;
const folder = path.join(cache, `node-${RELAXED_NODE}`);
const program = path.join(folder, 'node_modules', packageName, 'bin', 'node');

/** The path of a Node that has relaxed SIMD. Call ensureRelaxedNode first. */
export function relaxedNode() {
  if (atLeast(process.versions.node, RELAXED_NODE.split('.')[0])) return process.execPath;
  if (fs.existsSync(program)) return program;
  throw new Failure('A Node with relaxed SIMD is missing. Run: node scripts/setup.mjs');
}

export async function ensureRelaxedNode() {
  if (atLeast(process.versions.node, RELAXED_NODE.split('.')[0]) || fs.existsSync(program)) return;
  await locked(`${folder}.lock`, async () => {
    if (fs.existsSync(program)) return;
    say(`Fetching Node ${RELAXED_NODE} for the relaxed SIMD tests`);
    // Moved into place whole, so that an interrupted installation is not taken for one.
    const staged = `${folder}.part`;
    fs.rmSync(staged, { recursive: true, force: true });
    fs.mkdirSync(staged, { recursive: true });
    fs.writeFileSync(path.join(staged, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    const log = path.join(cache, 'logs', 'node.log');
    await run('npm', [...args, `${packageName}@${RELAXED_NODE}`], { cwd: staged, log });
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(staged, folder);
  });
}
