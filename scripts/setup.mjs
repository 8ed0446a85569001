// Installs what the project needs and this machine lacks; says what it does; a second run finds
// everything there and changes nothing. On Debian it uses apt-get (root only when a package is
// missing); elsewhere it names what to install.
//
//   node scripts/setup.mjs [build] [test] [bench] [fuzz] [check]        (default: all)
//
// build: compilers, libraries, Emscripten, npm packages
// test: clang with sanitizers, GoogleTest, Chromium, a Node for relaxed SIMD
// bench: Google Benchmark as well     fuzz: clang with libFuzzer     check: clang-format and clang-tidy
//
// A program of a good version that is already on PATH is used, whoever installed it.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { debian, install } from './lib/apt.mjs';
import { ensureClangTidy } from './lib/clang_tidy.mjs';
import { ensureEmscripten } from './lib/emscripten.mjs';
import { ensureRelaxedNode } from './lib/node.mjs';
import { root } from './lib/paths.mjs';
import { findProtoc } from './lib/protoc.mjs';
import { Failure, atLeast, capture, main, run, say, which } from './lib/run.mjs';
import { MINIMUM, PROTOBUF } from './lib/versions.mjs';

const has = (program, minimum) => () => {
  const version = which(program) && capture(program, ['--version']);
  return Boolean(version) && (!minimum || atLeast(version.replace(/^[^\d]*/, ''), minimum));
};
const hasFile = (file) => () => fs.existsSync(file);
const hasHeader = (name) => () =>
  ['/usr/include', '/usr/local/include', '/opt/homebrew/include'].some((folder) =>
    fs.existsSync(path.join(folder, name)),
  );

/** Whether the compiler has the sanitizers' and libFuzzer's libraries, in whichever folder it looks for them. */
function hasSanitizers(compiler) {
  const folder = path.join(capture(compiler, ['-print-resource-dir']) ?? '', 'lib');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true }) : [];
  return names.some((name) => path.basename(name).startsWith('libclang_rt.asan'));
}

// The compiler of the sanitized build.
const CLANG = {
  name: 'clang 19 with its runtime',
  packages: ['clang-19', 'libclang-rt-19-dev'],
  met: () => which('clang++-19') !== null && hasSanitizers('clang++-19'),
};

// Each need: how to see that it is met, and the Debian packages that meet it.
const NEEDS = {
  build: [
    { name: 'CMake', packages: ['cmake'], met: has('cmake', MINIMUM.cmake) },
    { name: 'Ninja', packages: ['ninja-build'], met: has('ninja') },
    { name: 'ccache', packages: ['ccache'], met: has('ccache') },
    { name: 'a C++ compiler', packages: ['g++'], met: has('c++') },
    {
      name: `protoc ${PROTOBUF.version}`,
      packages: ['protobuf-compiler'],
      met: () => findProtoc() !== null,
    },
    {
      name: 'Python with pip',
      packages: ['python3', 'python3-pip', 'python3-venv'],
      met: () => capture('python3', ['-m', 'pip', '--version']) !== null,
    },
    { name: 'SIMDe', packages: ['libsimde-dev'], met: hasHeader('simde') },
    { name: 'nlohmann-json', packages: ['nlohmann-json3-dev'], met: hasHeader('nlohmann') },
    { name: 'CLI11', packages: ['libcli11-dev'], met: hasHeader('CLI') },
    {
      name: 'libzip',
      packages: ['libzip-dev', 'pkg-config'],
      met: () => capture('pkg-config', ['--modversion', 'libzip']) !== null,
    },
  ],
  test: [
    CLANG,
    {
      name: "GoogleTest's sources (QUANTAB_GOOGLETEST names their folder)",
      packages: ['googletest'],
      met: hasFile(process.env.QUANTAB_GOOGLETEST || '/usr/src/googletest'),
    },
    {
      name: 'Chromium',
      packages: ['chromium'],
      met: () => Boolean(process.env.CHROMIUM || which('chromium')),
    },
  ],
  bench: [
    { name: 'Google Benchmark', packages: ['libbenchmark-dev'], met: hasHeader('benchmark') },
  ],
  fuzz: [CLANG],
  check: [
    CLANG,
    { name: 'clang-format 19', packages: ['clang-format-19'], met: has('clang-format-19') },
  ],
};

/** Installs the repository's npm packages when they are missing or older than the lock-file. */
export async function ensureNpmPackages() {
  const lock = path.join(root, 'package-lock.json');
  const stamp = path.join(root, 'node_modules', '.package-lock.json');
  if (fs.existsSync(stamp) && fs.statSync(stamp).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  say('Installing npm packages');
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root });
}

/** Makes the named groups of needs met. */
export async function setup(groups = Object.keys(NEEDS)) {
  if (!atLeast(process.versions.node, MINIMUM.node)) {
    throw new Failure(`Node ${MINIMUM.node} or newer is needed, this is ${process.versions.node}.`);
  }
  const unmet = () => groups.flatMap((group) => NEEDS[group]).filter((need) => !need.met());
  const missing = unmet();
  if (missing.length > 0) {
    if (!debian()) {
      const names = missing.map((need) => need.name).join(', ');
      throw new Failure(`Missing: ${names}. Install them with your system's package manager.`);
    }
    await install(missing.flatMap((need) => need.packages));
    const still = unmet();
    if (still.length > 0) {
      const names = still.map((need) => need.name).join(', ');
      throw new Failure(`Still missing after installing their packages: ${names}.`);
    }
  }
  if (groups.includes('build')) {
    await ensureEmscripten();
    await ensureNpmPackages();
  }
  if (groups.includes('test')) await ensureRelaxedNode();
  if (groups.includes('check')) await ensureClangTidy();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const groups = process.argv.slice(2);
    const unknown = groups.find((group) => !(group in NEEDS));
    if (unknown) throw new Failure(`'${unknown}' is not one of ${Object.keys(NEEDS).join(', ')}.`);
    await setup(groups.length > 0 ? groups : undefined);
    say('Everything that is needed is there');
  });
}
