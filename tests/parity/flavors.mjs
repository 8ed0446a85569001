// Native and WebAssembly, both flavours, make the same files: every fixture of golden/, quantized by the native program and by the
// package with either module, compared byte by byte, calibrated scales included. A fixture may be refused only if ONNX Runtime's
// own result is not the aim, and then by all in the same words. A program or module that breaks down fails, whatever the others do.
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
  const isObject = (value) => typeof value === 'object' && !Array.isArray(value);
  const flags = Object.entries(options).map(
    ([name, value]) => `--${kebab(name)}=${isObject(value) ? JSON.stringify(value) : value}`,
  );
  const data = mode === 'static' ? ['--calibration-data', samples] : [];
  const REFUSED = 1;
  try {
    await promisify(execFile)(program, [mode, model, '-o', out, ...flags, ...data]);
    return { bytes: await readFile(out) };
  } catch (error) {
    if (error.code !== REFUSED) {
      return { broken: `exit ${error.code ?? error.signal}, ${error.stderr || error.message}` };
    }
    return { message: error.stderr.trim().split('\n').at(-1) };
  }
}

const QUANTIZERS = {
  dynamic: (model, call) => model.quantizeDynamic(call),
  static: async (model, call, samples) =>
    model.quantizeStatic({ ...call, calibrationData: await feeds(samples) }),
  nbits: (model, call) => model.quantizeMatMulNBits(call),
  bnb4: (model, call) => model.quantizeMatMulBnb4(call),
};

async function wasm(flavor, mode, model, options, samples) {
  const call = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [camel(name), value]),
  );
  let float;
  let result;
  try {
    float = await openModel(model, { flavor });
    result = await QUANTIZERS[mode](float, call, samples);
    return { bytes: Buffer.from(await result.bytes()) };
  } catch (error) {
    const refused = error.name === 'QuantabError' && error.code !== 'Internal';
    return refused ? { message: error.message } : { broken: error.stack };
  } finally {
    result?.close();
    float?.close();
  }
}

async function feeds(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.npz')).sort();
  return Promise.all(names.map(async (name) => readNpz(await readFile(path.join(folder, name)))));
}

/** What is wrong with two outcomes, each bytes, a refusal's message, or a breakdown; nothing: ''. */
function difference(a, b) {
  if (a.broken !== undefined) return `native broke down: ${a.broken}`;
  if (b.broken !== undefined) return `it broke down: ${b.broken}`;
  if (a.message !== undefined || b.message !== undefined) {
    if (a.message === b.message) return '';
    const says = ({ message }) => message ?? 'a file';
    return `native gives '${says(a)}', this '${says(b)}'`;
  }
  if (a.bytes.equals(b.bytes)) return '';
  const first = a.bytes.findIndex((byte, i) => byte !== b.bytes[i]);
  return `${a.bytes.length} and ${b.bytes.length} bytes, first different at ${first}`;
}

// Before the fixtures: what must be told apart, and what must not.
const [bytes, others] = [{ bytes: Buffer.from('a') }, { bytes: Buffer.from('b') }];
const [message, words] = [{ message: 'No.' }, { message: 'Not.' }];
for (const [a, b, alike] of [
  [bytes, bytes, true],
  [message, message, true],
  [bytes, others, false],
  [bytes, message, false],
  [message, words, false],
  [{ broken: 'x' }, { broken: 'x' }, false],
  [message, { broken: 'No.' }, false],
]) {
  if ((difference(a, b) === '') !== alike) throw new Error('The comparison itself is wrong.');
}

const { cases } = JSON.parse(await readFile(path.join(golden, 'index.json'), 'utf8'));
const scratch = await mkdtemp(path.join(os.tmpdir(), 'flavors-'));
let equal = 0;
let refused = 0;
let failed = 0;
const fail = (what) => {
  ++failed;
  console.log(`FAIL  ${what}`);
};
try {
  for (const { name, mode, model, expect } of cases) {
    const spec = JSON.parse(
      await readFile(path.join(golden, 'cases', name, 'options.json'), 'utf8'),
    );
    const options = flat(spec.options);
    const file = path.join(golden, 'models', `${model}.onnx`);
    const samples = path.join(golden, 'samples', model);
    const expected = await native(mode, file, options, samples, path.join(scratch, 'out.onnx'));
    if (expected.message !== undefined && expect === 'equal') {
      fail(`${name}, native: ${expected.message}`);
      continue;
    }
    for (const flavor of FLAVORS) {
      const actual = await wasm(flavor, mode, file, options, samples);
      const wrong = difference(expected, actual);
      if (wrong !== '') fail(`${name}, ${flavor}: ${wrong}`);
      else if (expected.message !== undefined) ++refused;
      else ++equal;
    }
  }
} finally {
  await rm(scratch, { recursive: true });
}
console.log(
  `${cases.length} cases, ${FLAVORS.length} flavours each against native: ${equal} files are equal, ${refused} refusals agree`,
);
console.log(`${equal + refused} passed, ${failed} failed`);
process.exitCode = failed > 0 || equal === 0 ? 1 : 0;
