// Builds the package into dist/: TypeScript to JavaScript and types, the two modules and their start-up code beside them, and the page as
// an element.
//
//   node scripts/build.mjs
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const root = path.join(here, '..', '..');
const finished = path.join(here, 'dist');
// Takes the place of dist/ when it is complete: who uses the package meanwhile, or after a failure, has the old one.
const dist = path.join(root, 'build', `package.${process.pid}`);
process.on('exit', () => fs.rmSync(dist, { recursive: true, force: true }));
const flavors = ['simd', 'relaxed'];

// Libraries that are loaded when samples need them, as their packages have them: the files of each, and where they go. All that is
// in a package's tree beside them is for making such files rather than reading them.
const LIBRARIES = {
  '@huggingface/tokenizers': {
    folder: 'tokenizers',
    files: { 'dist/tokenizers.min.mjs': 'tokenizers.js' },
  },
  '@jsquash/jpeg': {
    folder: 'jpeg',
    files: [
      'decode.js',
      'meta.js',
      'utils.js',
      'codec/dec/mozjpeg_dec.js',
      'codec/dec/mozjpeg_dec.wasm',
      'codec/LICENSE.codec.md',
    ],
  },
  '@jsquash/png': {
    folder: 'png',
    files: [
      'decode.js',
      'codec/pkg/squoosh_png.js',
      'codec/pkg/squoosh_png_bg.wasm',
      'codec/LICENSE.codec.md',
    ],
  },
  '@jsquash/webp': {
    folder: 'webp',
    files: [
      'decode.js',
      'utils.js',
      'codec/dec/webp_dec.js',
      'codec/dec/webp_dec.wasm',
      'codec/LICENSE.codec.md',
    ],
  },
};

// The package's own JavaScript but the start-up code, in bytes; a third of the main part is the description of commands and options.
// What reads samples is an entry of its own, and so is the page as an element.
const BUDGETS = {
  'own JavaScript': { raw: 368 * 1024, gzip: 94 * 1024 },
  'of samples': { raw: 176 * 1024, gzip: 66 * 1024 },
  'of the app': { raw: 300 * 1024, gzip: 100 * 1024 },
};

/** By the first folder of a file. */
const PARTS = { samples: 'of samples', app: 'of the app' };

const fail = (message) => {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
};

const built = (flavor, extension) =>
  path.join(root, 'build', `wasm-${flavor}`, `quantab_${flavor}.${extension}`);

for (const flavor of flavors) {
  if (!fs.existsSync(built(flavor, 'wasm'))) {
    fail(
      `'${path.relative(root, built(flavor, 'wasm'))}' is missing. Run: node scripts/build.mjs wasm-${flavor}`,
    );
  }
}

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
try {
  const args = [tsc, '--project', path.join(here, 'tsconfig.json'), '--outDir', dist];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
} catch {
  fail('TypeScript found the errors above.');
}

// The start-up code differs only in the file it would fetch; the package hands it a compiled module instead.
const [simd, relaxed] = flavors.map((flavor) =>
  fs
    .readFileSync(built(flavor, 'mjs'), 'utf8')
    .replaceAll(`quantab_${flavor}.wasm`, 'quantab.wasm'),
);
if (simd !== relaxed) {
  fail('The start-up code of the two modules differs: they import or export different functions.');
}
fs.writeFileSync(path.join(dist, 'quantab_glue.js'), simd);
for (const flavor of flavors) {
  fs.copyFileSync(built(flavor, 'wasm'), path.join(dist, `quantab_${flavor}.wasm`));
}
fs.copyFileSync(path.join(root, 'LICENSE'), path.join(here, 'LICENSE'));

/** A package's folder, above the file that is imported by its name. */
function packageOf(name) {
  const entry = fileURLToPath(import.meta.resolve(name));
  const end = path.join('node_modules', ...name.split('/'));
  return entry.slice(0, entry.lastIndexOf(end) + end.length);
}

for (const [name, { folder, files }] of Object.entries(LIBRARIES)) {
  const from = packageOf(name);
  const named = Array.isArray(files) ? files.map((file) => [file, file]) : Object.entries(files);
  for (const [source, target] of [...named, ['LICENSE', 'LICENSE']]) {
    const to = path.join(dist, 'libraries', folder, target);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(path.join(from, source), to);
  }
}

const vite = path.join(packageOf('vite'), 'bin', 'vite.js');
const element = path.join(root, 'web', 'app', 'vite.element.config.ts');
try {
  const args = [vite, 'build', '--config', element, '--outDir', path.join(dist, 'app')];
  execFileSync(process.execPath, [...args, '--logLevel', 'warn'], { stdio: 'inherit' });
} catch {
  fail('The page could not be built as an element, for the reasons above.');
}

const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: zlib.gzipSync(bytes, { level: 9 }).length,
  brotli: zlib.brotliCompressSync(bytes).length,
});
const columns = ['raw', 'gzip', 'brotli'];
const row = (label, size) =>
  `${label.padEnd(40)}${columns.map((c) => size[c].toLocaleString('en').padStart(12)).join('')}\n`;
const files = fs
  .readdirSync(dist, { recursive: true })
  .filter((file) => file.endsWith('.js') || file.endsWith('.wasm'));
const own = Object.fromEntries(
  Object.keys(BUDGETS).map((part) => [part, { raw: 0, gzip: 0, brotli: 0 }]),
);
let report = `${'bytes'.padEnd(40)}${columns.map((c) => c.padStart(12)).join('')}\n`;
for (const file of files) {
  const size = sizes(fs.readFileSync(path.join(dist, file)));
  const isOwn =
    !file.endsWith('.wasm') && file !== 'quantab_glue.js' && !file.startsWith('libraries');
  const part = own[PARTS[file.split(path.sep)[0]] ?? 'own JavaScript'];
  if (isOwn) for (const c of columns) part[c] += size[c];
  else report += row(file, size);
}
process.stdout.write(
  report +
    Object.entries(own)
      .map(([part, size]) => row(part, size))
      .join(''),
);
for (const [part, budget] of Object.entries(BUDGETS)) {
  for (const [kind, limit] of Object.entries(budget)) {
    if (own[part][kind] > limit) {
      fail(
        `the package's JavaScript (${part}) is ${own[part][kind]} bytes (${kind}), over its budget of ${limit}. Find what grew, or raise the budget with a reason.`,
      );
    }
  }
}

fs.rmSync(finished, { recursive: true, force: true });
fs.renameSync(dist, finished);
