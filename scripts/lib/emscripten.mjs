// Finding Emscripten, and unpacking a private one where the system has none that is good enough.
//
// One on PATH is used as it is (emsdk, Homebrew, Debian 13) when it is new enough and compiles a
// small program. Otherwise Debian 13's packages are unpacked into the cache, which changes nothing
// of the system: Emscripten itself is architecture-independent and needs only the system's clang 19;
// its Binaryen needs a newer libc than Debian 12 has, so each of its tools runs through the loader
// and libraries unpacked beside it. Unpacking rather than installing also lets the compiler use the
// `node` of PATH (Debian's package expects Debian's node) and build what is missing from its cache.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { debian, install, privateApt } from './apt.mjs';
import { cache } from './paths.mjs';
import { locked } from './lock.mjs';
import { Failure, atLeast, capture, run, say, which } from './run.mjs';
import { MINIMUM } from './versions.mjs';

const folder = path.join(cache, 'emscripten');
const privateEmcc = path.join(folder, 'emcc');
// Stands in the unpacked folder once what is there has compiled and run a program.
const provenFile = path.join(folder, 'proven');
// Tells which emcc of PATH was tried and did not compile.
const rejectedFile = path.join(cache, 'emscripten-rejected');

// The release whose packages are unpacked, and its LLVM.
const SUITE = 'trixie';
const LLVM = ['clang-19', 'lld-19', 'llvm-19'];

function describe(emcc) {
  const version = (capture(emcc, ['--version']) || '').match(/\d+\.\d+\.\d+/);
  if (!version || !atLeast(version[0], MINIMUM.emscripten)) return null;
  const roots = [
    path.dirname(fs.realpathSync(emcc)),
    capture(path.join(path.dirname(emcc), 'em-config'), ['EMSCRIPTEN_ROOT']),
  ];
  for (const root of roots.filter(Boolean)) {
    const toolchainFile = path.join(root, 'cmake', 'Modules', 'Platform', 'Emscripten.cmake');
    if (fs.existsSync(toolchainFile)) return { emcc, root, version: version[0], toolchainFile };
  }
  return null;
}

/** Differs when another version is installed at the same place, which is then tried anew. */
function identity(emcc) {
  const { size, mtimeMs } = fs.statSync(emcc);
  return [emcc, capture(emcc, ['--version']), size, mtimeMs].join('\n');
}

function rejected(emcc) {
  return fs.existsSync(rejectedFile) && fs.readFileSync(rejectedFile, 'utf8') === identity(emcc);
}

/** { emcc, root, version, toolchainFile }, or null when there is none of a good version. */
export function findEmscripten() {
  const onPath = which('emcc');
  const candidates = [
    onPath && !rejected(onPath) && onPath,
    fs.existsSync(provenFile) && privateEmcc,
  ];
  for (const emcc of candidates) {
    const found = emcc && fs.existsSync(emcc) && describe(emcc);
    if (found) return found;
  }
  return null;
}

// Compiles, links (with Binaryen's optimizer) and runs a program that throws and catches.
async function works(emcc) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-'));
  try {
    const source = path.join(work, 'a.cc');
    fs.writeFileSync(source, 'int main() { try { throw 7; } catch (int i) { return i - 7; } }\n');
    const output = path.join(work, 'a.cjs');
    const args = [source, '-O3', '-fwasm-exceptions', '-msimd128', '-o', output];
    const log = path.join(cache, 'logs', 'emscripten.log');
    if ((await run(emcc, args, { log, allowFailure: true })) !== 0) return false;
    return capture(process.execPath, [output]) !== null;
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

// A script that runs a program through the loader and libraries unpacked in `runtime`.
function writeWrapper(file, runtime, program) {
  const names = fs.readdirSync(path.join(runtime, 'usr', 'lib'));
  const triple = names.find((name) => name.endsWith('-linux-gnu'));
  const libraries = path.join('usr', 'lib', triple);
  const loader = fs
    .readdirSync(path.join(runtime, libraries))
    .find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  const text = `#!/bin/sh
runtime="$(dirname "$0")/../../runtime"
exec "$runtime/${libraries}/${loader}" --library-path "$runtime/${libraries}" "$runtime/usr/bin/${program}" "$@"
`;
  fs.writeFileSync(file, text, { mode: 0o755 });
}

async function unpack() {
  say('Unpacking a private Emscripten from Debian packages; this is done once');
  await install([...LLVM, 'python3']);
  const apt = await privateApt({ suite: SUITE, types: 'deb' });
  const temporary = `${folder}.part`;
  fs.rmSync(temporary, { recursive: true, force: true });
  const downloads = path.join(temporary, 'downloads');
  fs.mkdirSync(downloads, { recursive: true });
  await apt(
    ['download', 'emscripten', 'node-acorn', 'binaryen', 'libc6', 'libstdc++6', 'libgcc-s1'],
    {
      cwd: downloads,
    },
  );
  const packages = Object.fromEntries(
    fs.readdirSync(downloads).map((file) => [file.split('_')[0], path.join(downloads, file)]),
  );
  const extract = (name, options) =>
    run('sh', ['-c', `dpkg-deb --fsys-tarfile "$1" | tar -x ${options}`, 'sh', packages[name]], {
      cwd: temporary,
    });

  // Graphics and sanitizers are not used; their libraries are most of the package's size.
  const unused = ['libGL*', '*-ww*', '*asan*', 'pic', 'lto-pic', 'libwasmfs*', 'libal.a'];
  const exclude = unused.map(
    (name) => `--exclude='./usr/share/emscripten/cache/sysroot/lib/*/${name}'`,
  );
  await extract(
    'emscripten',
    `${exclude.join(' ')} --exclude=./usr/share/emscripten/test --strip-components=4 ./usr/share/emscripten`,
  );
  await extract(
    'node-acorn',
    '--strip-components=4 --one-top-level=node_modules ./usr/share/nodejs',
  );
  const runtime = path.join(temporary, 'runtime');
  for (const name of ['binaryen', 'libc6', 'libstdc++6', 'libgcc-s1']) {
    await run('dpkg-deb', ['-x', packages[name], runtime]);
  }
  for (const folderOfDocuments of ['share', 'include']) {
    fs.rmSync(path.join(runtime, 'usr', folderOfDocuments), { recursive: true, force: true });
  }
  const bin = path.join(temporary, 'binaryen', 'bin');
  fs.mkdirSync(bin, { recursive: true });
  for (const program of fs.readdirSync(path.join(runtime, 'usr', 'bin'))) {
    if (program.startsWith('wasm')) writeWrapper(path.join(bin, program), runtime, program);
  }
  fs.writeFileSync(
    path.join(temporary, '.emscripten'),
    `import os, shutil
LLVM_ROOT = '/usr/bin'
LLVM_ADD_VERSION = '19'
CLANG_ADD_VERSION = '19'
BINARYEN_ROOT = os.path.join('${folder}', 'binaryen')
NODE_JS = shutil.which('node')
CACHE = os.path.join('${folder}', 'cache')
FROZEN_CACHE = False
`,
  );
  fs.rmSync(downloads, { recursive: true });
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(temporary, folder);
}

/** Finds Emscripten or unpacks one; returns what findEmscripten returns. */
export async function ensureEmscripten() {
  const found = findEmscripten();
  if (found && (found.emcc === privateEmcc || (await works(found.emcc)))) return found;
  if (found) {
    say(`'${found.emcc}' is new enough but does not compile a small program; it is left alone`);
    fs.mkdirSync(cache, { recursive: true });
    fs.writeFileSync(rejectedFile, identity(found.emcc));
  }
  if (!debian()) {
    throw new Failure(
      `Emscripten ${MINIMUM.emscripten} or newer is needed: install emsdk and put emcc on PATH.`,
    );
  }
  return locked(`${folder}.lock`, async () => {
    if (fs.existsSync(provenFile)) return findEmscripten();
    await unpack();
    if (!(await works(privateEmcc))) {
      throw new Failure(
        `Emscripten does not work; see '${path.join(cache, 'logs', 'emscripten.log')}'.`,
      );
    }
    fs.writeFileSync(provenFile, '');
    return findEmscripten();
  });
}
