// Building each part, in the order in which they need each other.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cache, root } from './paths.mjs';
import { Failure, run, say, which } from './run.mjs';

const jobs = () => String(process.env.QUANTAB_JOBS || os.availableParallelism());

/**
 * The environment in which compilers go through ccache, when it is there: objects are shared between the two WebAssembly builds,
 * and between checkouts. The prefix map differs between checkouts so that the objects do not.
 */
function compilerCache() {
  if (!which('ccache')) return {};
  return {
    CMAKE_CXX_COMPILER_LAUNCHER: 'ccache',
    CMAKE_C_COMPILER_LAUNCHER: 'ccache',
    CCACHE_DIR: process.env.CCACHE_DIR || path.join(cache, 'ccache'),
    CCACHE_BASEDIR: root,
    CCACHE_NOHASHDIR: 'true',
    CCACHE_IGNOREOPTIONS: '-ffile-prefix-map=*',
    // What a precompiled header takes to be cached: macros that it was made with are not looked at again.
    CCACHE_SLOPPINESS: 'pch_defines,time_macros',
  };
}

/**
 * Configures a CMake preset, which takes a moment and notices other third-party versions or compilers, and builds it, or only the
 * named targets.
 */
export async function buildPreset(preset, targets = [], definitions = []) {
  say(`Building ${preset}`);
  const env = compilerCache();
  const log = path.join(cache, 'logs', `configure-${preset}.log`);
  await run('cmake', ['--preset', preset, '--log-level=NOTICE', ...definitions], {
    cwd: root,
    env,
    log,
  });
  const chosen = targets.flatMap((target) => ['--target', target]);
  await run('cmake', ['--build', '--preset', preset, '-j', jobs(), ...chosen], { cwd: root, env });
}

/** Runs the build script of an npm workspace. */
export async function buildWorkspace(folder) {
  say(`Building ${folder}`);
  if (!fs.existsSync(path.join(root, folder, 'package.json'))) {
    throw new Failure(`'${folder}' has no package.json.`);
  }
  await run('npm', ['run', '--silent', 'build', '-w', folder], { cwd: root });
}

/** Every part by its name, in build order. The presets build what runs, not tests or benchmarks. */
export const PARTS = {
  debug: () => buildPreset('debug', ['quantab']),
  release: () => buildPreset('release', ['quantab']),
  'wasm-simd': () => buildPreset('wasm-simd', ['quantab_wasm']),
  'wasm-relaxed': () => buildPreset('wasm-relaxed', ['quantab_wasm']),
  package: () => buildWorkspace('web/package'),
  app: () => buildWorkspace('web/app'),
};

/** The parts that a user runs: all but the sanitized build. */
export const SHIPPED = ['release', 'wasm-simd', 'wasm-relaxed', 'package', 'app'];
