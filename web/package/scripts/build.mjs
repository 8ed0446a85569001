// Builds the package into dist/: TypeScript to JavaScript and types, the two modules and their start-up code beside them.
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

// All JavaScript of the package but the start-up code, in bytes; a third of it is the description of commands and options.
const BUDGET = { raw: 320 * 1024, gzip: 90 * 1024 };

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

const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: zlib.gzipSync(bytes, { level: 9 }).length,
  brotli: zlib.brotliCompressSync(bytes).length,
});
const columns = ['raw', 'gzip', 'brotli'];
const row = (label, size) =>
  `${label.padEnd(24)}${columns.map((c) => size[c].toLocaleString('en').padStart(12)).join('')}\n`;
const files = fs
  .readdirSync(dist, { recursive: true })
  .filter((file) => file.endsWith('.js') || file.endsWith('.wasm'));
const own = { raw: 0, gzip: 0, brotli: 0 };
let report = `${'bytes'.padEnd(24)}${columns.map((c) => c.padStart(12)).join('')}\n`;
for (const file of files) {
  const size = sizes(fs.readFileSync(path.join(dist, file)));
  if (file.endsWith('.wasm') || file === 'quantab_glue.js') report += row(file, size);
  else for (const c of columns) own[c] += size[c];
}
process.stdout.write(report + row('own JavaScript', own));
for (const [kind, limit] of Object.entries(BUDGET)) {
  if (own[kind] > limit) {
    fail(
      `the package's JavaScript is ${own[kind]} bytes (${kind}), over its budget of ${limit}. Find what grew, or raise the budget with a reason.`,
    );
  }
}

fs.rmSync(finished, { recursive: true, force: true });
fs.renameSync(dist, finished);
