// Whole models, float and quantized, beside their peers, one thread each:
//
//   in one Chromium page    the package (quantab/direct) and onnxruntime-web (wasm)
//   natively                the native program and onnxruntime-node
//
//   node tests/bench/models.mjs [MODEL.onnx ...]
//
// Without arguments: the bundled example, and the float32 models of ../shared/data/cnn and detect where they are. Quantized files are
// made here; made-up samples are enough for timing. Prints the median over rounds of each side's median, in milliseconds, and the
// median over rounds of their ratio; the sides take turns within a round, so that what else the machine does meets both.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openModel } from 'quantab';
import { serve } from '../../scripts/serve.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { Failure, main } from '../../scripts/lib/run.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { median, rounds } from './models/rounds.mjs';
import { nativeRounds } from './models/native.mjs';

const STATIC = { activationType: 'QUInt8', weightType: 'QInt8', perChannel: true };

function chosenModels() {
  const named = process.argv.slice(2);
  const missing = named.find((file) => !fs.existsSync(file));
  if (missing) throw new Failure(`There is no file '${missing}'.`);
  if (named.length > 0) return named;
  const data = path.join(root, '..', 'shared', 'data');
  const found = ['cnn', 'detect'].flatMap((name) => {
    const folder = path.join(data, name);
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).map((file) => path.join(folder, file));
  });
  if (found.length === 0) console.log(`No models in '${data}': the bundled example only.`);
  const float = found.filter((file) => !/qdq|fp16/.test(file));
  return [path.join(root, 'examples', 'digits', 'digits.onnx'), ...float.sort()];
}

/** The float model, its two quantized forms, and one sample, in `folder`. */
async function prepare(file, folder) {
  const model = await openModel(file);
  try {
    const feeds = await model.randomSample(1);
    const forms = { float32: file };
    for (const [name, quantize] of [
      ['dynamic', () => model.quantizeDynamic({ weightType: 'QUInt8' })],
      ['static', () => model.quantizeStatic({ ...STATIC, calibrationData: [feeds] })],
    ]) {
      const quantized = await quantize();
      forms[name] = path.join(folder, `${path.basename(file, '.onnx')}.${name}.onnx`);
      await quantized.writeTo(forms[name]);
      quantized.close();
    }
    return { name: path.basename(file, '.onnx'), forms, feeds };
  } finally {
    model.close();
  }
}

/** A page of this repository, in which both packages can be imported. */
async function openPage() {
  const { server, address } = await serve(root);
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(`${address}tests/bench/models/page.html`);
  return {
    page,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

const encoded = (feeds) =>
  Object.entries(feeds).map(([name, { dtype, dims, data }]) => ({
    name,
    dtype,
    dims,
    base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
  }));

const inPage = (page, file, feeds) =>
  page.evaluate((work) => globalThis.measure(work), {
    model: fs.readFileSync(file).toString('base64'),
    feeds: encoded(feeds),
    ...rounds,
  });

function row(name, form, results) {
  const ms = (side) => median(results.map((round) => round[side])).toFixed(3);
  const ratio = median(results.map(({ quantab, peer }) => peer / quantab)).toFixed(2);
  const cells = [ms('quantab').padStart(10), ms('peer').padStart(10), `${ratio}x`.padStart(9)];
  console.log(`${name.padEnd(34)}${form.padEnd(9)}${cells.join('')}`);
}

const heading = (where, peer) =>
  console.log(`\n${where.padEnd(43)}   quantab${peer.padStart(10)}    faster`);

await main(async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-bench-'));
  try {
    const models = [];
    for (const file of chosenModels()) {
      try {
        models.push(await prepare(file, folder));
      } catch (error) {
        if (error.code !== 'Unsupported') throw error;
        console.log(`${path.basename(file)} is left out: ${error.message}`);
      }
    }
    const { page, close } = await openPage();
    try {
      heading(`Chromium, ms (${rounds.count} rounds)`, 'ort-web');
      for (const { name, forms, feeds } of models) {
        for (const [form, file] of Object.entries(forms)) {
          row(name, form, await inPage(page, file, feeds));
        }
      }
    } finally {
      await close();
    }
    heading(`Native, ms (${rounds.count} rounds)`, 'ort-node');
    for (const { name, forms, feeds } of models) {
      for (const [form, file] of Object.entries(forms)) {
        row(name, form, await nativeRounds(file, feeds));
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
