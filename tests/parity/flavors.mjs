// Native and WebAssembly, both flavours, make the same files: every fixture of golden/, quantized by the native program and by the
// package with either module, compared byte by byte. A fixture may be refused only if ONNX Runtime's own result is not the aim.
//
//   node tests/parity/flavors.mjs [--program build/release/quantab]
//
// Needs the native program and the built package. The last line is `N passed, N failed`.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { openModel } from 'quantab';
import { readNpz } from 'quantab/samples';

const FLAVORS = ['simd', 'relaxed'];

const root = fileURLToPath(new URL('../../', import.meta.url));
const golden = path.join(root, 'tests', 'parity', 'golden');
const at = process.argv.indexOf('--program');
const program = at < 0 ? path.join(root, 'build', 'release', 'quantab') : process.argv[at + 1];

const kebab = (name) => name.replaceAll('_', '-').toLowerCase();
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** ONNX Runtime's key under extra_options in snake_case: 'AddQDQPairToWeight' → 'add_qdq_pair_to_weight'. */
const snake = (key) =>
  key
    .replace(/MatMul/g, 'Matmul')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();

/** All options of a case by their names in snake_case. */
function flat({ extra_options: extra = {}, ...options }) {
  return {
    ...options,
    ...Object.fromEntries(Object.entries(extra).map(([key, value]) => [snake(key), value])),
  };
}

async function native(mode, model, options, samples, out) {
  const flags = Object.entries(options).map(([name, value]) => `--${kebab(name)}=${value}`);
  const data = mode === 'static' ? ['--calibration-data', samples] : [];
  await promisify(execFile)(program, [mode, model, '-o', out, ...flags, ...data]);
  return readFile(out);
}

async function wasm(flavor, mode, model, options, samples) {
  const call = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [camel(name), value]),
  );
  const float = await openModel(model, { flavor });
  try {
    const result =
      mode === 'dynamic'
        ? await float.quantizeDynamic(call)
        : await float.quantizeStatic({ ...call, calibrationData: await feeds(samples) });
    return Buffer.from(await result.bytes());
  } finally {
    await float.close();
  }
}

async function feeds(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.npz')).sort();
  return Promise.all(names.map(async (name) => readNpz(await readFile(path.join(folder, name)))));
}

/** The bytes, or the message of what went wrong: two failures are alike if they say the same. */
async function outcome(work) {
  try {
    return { bytes: await work() };
  } catch (error) {
    const [line] = (error.stderr || error.message).trim().split('\n').slice(-1);
    return { message: line };
  }
}

function difference(a, b) {
  if (a.message !== undefined || b.message !== undefined) {
    return a.message !== undefined && b.message !== undefined
      ? ''
      : `one fails: ${a.message ?? b.message}`;
  }
  if (a.bytes.equals(b.bytes)) return '';
  const first = a.bytes.findIndex((byte, i) => byte !== b.bytes[i]);
  return `${a.bytes.length} and ${b.bytes.length} bytes, first different at ${first}`;
}

const { cases } = JSON.parse(await readFile(path.join(golden, 'index.json'), 'utf8'));
const scratch = await mkdtemp(path.join(os.tmpdir(), 'flavors-'));
let passed = 0;
let failed = 0;
let refused = 0;
try {
  for (const { name, mode, model, expect } of cases) {
    const spec = JSON.parse(
      await readFile(path.join(golden, 'cases', name, 'options.json'), 'utf8'),
    );
    const options = flat(spec.options);
    const file = path.join(golden, 'models', `${model}.onnx`);
    const samples = path.join(golden, 'samples', model);
    const out = path.join(scratch, 'out.onnx');
    const expected = await outcome(() => native(mode, file, options, samples, out));
    if (expected.message !== undefined) {
      ++refused;
      if (expect === 'equal') {
        ++failed;
        console.log(`FAIL  ${name}, native: ${expected.message}`);
        continue;
      }
    }
    for (const flavor of FLAVORS) {
      const actual = await outcome(() => wasm(flavor, mode, file, options, samples));
      const wrong = difference(expected, actual);
      if (wrong === '') {
        ++passed;
      } else {
        ++failed;
        console.log(`FAIL  ${name}, ${flavor}: ${wrong}`);
      }
    }
  }
} finally {
  await rm(scratch, { recursive: true });
}
console.log(
  `${cases.length} cases, of which ${refused} are refused; ${FLAVORS.length} flavours each against native`,
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
