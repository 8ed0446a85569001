// The package as npm packs it, and installed from that, without a network.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageFolder } from './lib.mjs';

const npm = (args, cwd) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Packs the built package into `folder`, which is made anew: the tarball's path. */
export function pack(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(npm(args, packageFolder));
  return path.join(folder, filename);
}

/** Installs a tarball into the project at `folder`. */
export function install(tarball, folder) {
  const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  npm(['install', ...quiet, tarball], folder);
}
