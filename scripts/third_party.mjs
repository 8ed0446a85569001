// Fetches and builds what the core links: onnx and protobuf-lite, plus links to the header-only
// libraries that come from apt.
//
//   node scripts/third_party.mjs native|wasm [--cxx COMPILER]       prints the installed prefix
//   node scripts/third_party.mjs benchmark                          prints Google Benchmark's sources
//
// A prefix holds include/ and lib/. Sources are fetched by package name (onnx
// from pip, protobuf from Debian's source packages), checked against the sums in
// scripts/lib/versions.mjs, and kept in the cache; a build is made once per toolchain and recipe and
// found again by a key of both, so that a second call only prints. CMake calls this when it
// configures; no one else has to. A file already in <cache>/downloads is used as it is.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findEmscripten } from './lib/emscripten.mjs';
import { locked } from './lib/lock.mjs';
import { cache, root } from './lib/paths.mjs';
import { findProtoc } from './lib/protoc.mjs';
import { Failure, capture, main, run, say, which } from './lib/run.mjs';
import { debianSource, onnxSource, sha256, withSources } from './lib/sources.mjs';
import { BENCHMARK, ONNX, PROTOBUF } from './lib/versions.mjs';

const FLAGS = {
  native: '-O2 -DNDEBUG',
  wasm: '-Oz -DNDEBUG -fwasm-exceptions -msimd128 -pthread',
};

// Folders under one of the system's include folders; linked one by one, so that a cross compiler
// never sees the rest of the system's headers.
const HEADER_ONLY = { simde: 'libsimde-dev', nlohmann: 'nlohmann-json3-dev', CLI: 'libcli11-dev' };
const INCLUDE_FOLDERS = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'];

function protoc() {
  const program = findProtoc();
  if (program) return program;
  throw new Failure(`protoc ${PROTOBUF.version} is needed. Run: node scripts/setup.mjs`);
}

function linkHeaders(prefix) {
  for (const [name, pack] of Object.entries(HEADER_ONLY)) {
    const link = path.join(prefix, 'include', name);
    if (fs.existsSync(link)) continue;
    fs.rmSync(link, { force: true });
    const folder = INCLUDE_FOLDERS.map((f) => path.join(f, name)).find((f) => fs.existsSync(f));
    if (!folder)
      throw new Failure(`The headers of '${pack}' are missing. Run: node scripts/setup.mjs`);
    fs.symlinkSync(folder, link);
  }
}

async function build(kind, toolchain, prefix) {
  say(
    `Building onnx ${ONNX.version} and protobuf ${PROTOBUF.version} (${kind}); this is done once`,
  );
  const onnx = await withSources(onnxSource);
  const protobuf = await withSources(() => debianSource('protobuf', PROTOBUF));
  const folder = `${prefix}.build`;
  const staged = `${prefix}.part`;
  for (const each of [folder, staged]) fs.rmSync(each, { recursive: true, force: true });
  const log = path.join(cache, 'logs', `third_party-${kind}`);
  await run(
    'cmake',
    [
      ...['-G', 'Ninja', '-S', path.join(root, 'cmake', 'third_party'), '-B', folder],
      '-DCMAKE_BUILD_TYPE=Release',
      `-DCMAKE_CXX_FLAGS_RELEASE=${FLAGS[kind]}`,
      `-DCMAKE_INSTALL_PREFIX=${staged}`,
      `-DQUANTAB_ONNX_SOURCE=${onnx}`,
      `-DQUANTAB_PROTOBUF_SOURCE=${protobuf}`,
      `-DQUANTAB_PROTOC=${protoc()}`,
      `-DQUANTAB_PYTHON=${which('python3')}`,
      ...toolchain.cmake,
    ],
    { log: `${log}-configure.log` },
  );
  const jobs = String(Math.max(1, os.availableParallelism()));
  await run('cmake', ['--build', folder, '--target', 'install', '-j', jobs], {
    log: `${log}-build.log`,
  });
  fs.renameSync(staged, prefix);
  fs.rmSync(folder, { recursive: true, force: true });
}

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { cxx: { type: 'string' } },
  });
  const kind = positionals[0];
  if (kind === 'benchmark') {
    const source = await withSources(() => debianSource('benchmark', BENCHMARK, BENCHMARK.suite));
    process.stdout.write(`${source}\n`);
    return;
  }
  if (!(kind in FLAGS))
    throw new Failure('Usage: node scripts/third_party.mjs native|wasm|benchmark [--cxx COMPILER]');

  let toolchain;
  if (kind === 'wasm') {
    const emscripten = findEmscripten();
    if (!emscripten) throw new Failure('Emscripten is missing. Run: node scripts/setup.mjs');
    toolchain = {
      id: `emscripten ${emscripten.version}`,
      cmake: [`-DCMAKE_TOOLCHAIN_FILE=${emscripten.toolchainFile}`],
    };
  } else {
    const cxx = values.cxx || process.env.CXX || which('c++') || 'c++';
    const id = capture(cxx, ['--version']);
    if (id === null)
      throw new Failure(`The compiler '${cxx}' does not run. Run: node scripts/setup.mjs`);
    toolchain = { id: `${id.split('\n')[0]} ${os.arch()}`, cmake: [`-DCMAKE_CXX_COMPILER=${cxx}`] };
  }

  const recipe = sha256(path.join(root, 'cmake', 'third_party', 'CMakeLists.txt'));
  const key = createHash('sha256')
    .update(JSON.stringify([toolchain.id, FLAGS[kind], ONNX, PROTOBUF, recipe]))
    .digest('hex')
    .slice(0, 12);
  const prefix = path.join(cache, 'third_party', `${kind}-${key}`);
  if (!fs.existsSync(prefix)) {
    await locked(`${prefix}.lock`, async () => {
      if (!fs.existsSync(prefix)) await build(kind, toolchain, prefix);
    });
  }
  linkHeaders(prefix);
  process.stdout.write(`${prefix}\n`);
});
