// Every real model of ../shared/data, and every quantized file made of the float32 ones, gives the outputs of onnxruntime-node:
// run by the native program and by the package with both WebAssembly modules. README.md has the rest.
//
//   node tests/models/main.mjs [--program FILE] [--data DIR] [--samples DIR] [--runs N] [--only TEXT]… [--engine NAME]… [--verbose]
//
// The last line is `models: N passed, N failed, N not run by onnxruntime`.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';

import { cache, root } from '../../scripts/lib/paths.mjs';
import { catalog } from './catalog.mjs';
import { checkComparison } from './compare_check.mjs';
import { native, wasm } from './engines.mjs';
import { reference } from './reference.mjs';
import { allowances, judgeSample } from './tolerance.mjs';
import { APART, REFUSED, VARIANTS } from './variants.mjs';

const { values: settings } = parseArgs({
  options: {
    program: { type: 'string', default: path.join(root, 'build', 'release', 'quantab') },
    data: { type: 'string', default: path.join(root, '..', 'shared', 'data') },
    samples: { type: 'string', default: path.join(cache, 'parity-samples') },
    // How many samples a quantized file runs on; a model as it is runs on all.
    runs: { type: 'string', default: '2' },
    only: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string', multiple: true, default: ['native', 'simd', 'relaxed'] },
    verbose: { type: 'boolean', default: false },
  },
});

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-models-'));
const engines = [native(settings.program, scratch), wasm('simd'), wasm('relaxed')].filter(
  ({ name }) => settings.engine.includes(name),
);
const count = { passed: 0, failed: 0, notRun: 0 };

const firstLine = (error) => error.message.split('\n')[0];

/** Runs a file with one engine: what is wrong, '' for nothing, and the largest share of an allowance that was used. */
async function tryEngine(engine, work, references) {
  const { file, classifier, sampleFiles } = work;
  let most = 0;
  let opened;
  try {
    opened = await engine.open(file);
    const allowed = references && allowances(work, references);
    for (const [i, sample] of sampleFiles.entries()) {
      const actual = await opened.run(sample);
      if (references === null) continue;
      const { wrong, share } = judgeSample(references[i], actual, allowed, classifier);
      if (wrong !== '') return { wrong: `sample ${i}, ${wrong}`, most };
      most = Math.max(most, share);
    }
    return { wrong: '', most };
  } catch (error) {
    return { wrong: firstLine(error), most };
  } finally {
    await opened?.close();
  }
}

/** Runs a file with every engine: { wrong, most } as above, over all of them. */
async function tryAll(work, references) {
  const found = [];
  for (const engine of engines) found.push(await tryEngine(engine, work, references));
  const wrongs = found.map(({ wrong }, i) => wrong && `${engines[i].name}: ${wrong}`);
  return {
    wrong: wrongs.filter((text) => text !== '').join('; '),
    most: Math.max(...found.map(({ most }) => most)),
  };
}

function report(label, { wrong, most }) {
  if (wrong !== '') {
    ++count.failed;
    console.log(`FAIL  ${label}: ${wrong}`);
  } else {
    ++count.passed;
    if (settings.verbose) console.log(`ok    ${label}: ${most.toFixed(2)} of what is allowed`);
  }
}

/** Compares a file with onnxruntime; returns whether that runs it. It may fail to where `mayFail`. */
async function check(label, work, mayFail) {
  let references;
  try {
    references = await reference(work, scratch);
  } catch (error) {
    const message = firstLine(error);
    if (!mayFail) report(label, { wrong: `onnxruntime does not run it: ${message}` });
    else {
      ++count.notRun;
      const { wrong } = await tryAll(work, null);
      const here = wrong === '' ? 'it runs here' : `here: ${wrong}`;
      console.log(`NOT RUN BY ONNXRUNTIME  ${label}: ${message} (${here})`);
    }
    return false;
  }
  report(label, await tryAll(work, references));
  return true;
}

/** The files of a folder, by name. */
const contents = (folder) =>
  Object.fromEntries(
    fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name))]),
  );

/** Quantizes a model with every engine, which must make the same bytes; returns the path of one of the files, in `folder`. */
async function quantized(model, variant, folder) {
  const [mode, options] = VARIANTS[variant];
  const how = { ...model, mode, options, apart: variant === APART };
  const made = [];
  for (const engine of engines) {
    const own = path.join(folder, engine.name);
    fs.mkdirSync(own);
    await engine.quantize(model.file, how, path.join(own, 'quantized.onnx'));
    made.push(contents(own));
    if (!isDeepStrictEqual(made.at(-1), made[0])) {
      throw new Error(`${engine.name} makes another file than ${engines[0].name}`);
    }
  }
  return path.join(folder, engines[0].name, 'quantized.onnx');
}

/** A file made of a model; onnxruntime must run it if it runs the model. */
async function checkQuantized(model, variant, runsThere) {
  const label = `${model.name}, ${variant}`;
  const folder = fs.mkdtempSync(path.join(scratch, 'quantized-'));
  try {
    const file = await quantized(model, variant, folder);
    const sampleFiles = model.sampleFiles.slice(0, Number(settings.runs));
    const work = { ...model, file, kind: 'quantized', tolerance: undefined, sampleFiles };
    await check(label, work, !runsThere);
  } catch (error) {
    const words = REFUSED[model.name];
    if (words === undefined || !error.message.includes(words)) {
      report(label, { wrong: firstLine(error) });
    } else console.log(`NOT MADE  ${label}: ${firstLine(error)}`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function checkModel(model) {
  if (model.sampleFiles.length === 0) {
    return report(model.name, { wrong: 'there are no samples for it' });
  }
  const runsThere = await check(model.name, model, true);
  if (model.kind !== 'float32') return;
  for (const variant of Object.keys(VARIANTS)) await checkQuantized(model, variant, runsThere);
}

checkComparison();
try {
  const chosen = catalog(settings.data, settings.samples).filter(
    ({ name }) => settings.only.length === 0 || settings.only.some((text) => name.includes(text)),
  );
  for (const model of chosen) await checkModel(model);
} finally {
  fs.rmSync(scratch, { recursive: true });
}
const { passed, failed, notRun } = count;
console.log(`models: ${passed} passed, ${failed} failed, ${notRun} not run by onnxruntime`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
