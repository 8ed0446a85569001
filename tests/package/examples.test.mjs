// The examples, each as a project of its own with the packed package in it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { digitsPath, root, run } from './lib.mjs';
import { install, pack } from './packed.mjs';

const out = path.join(root, 'tests', '.out', 'examples');
const samples = path.join(path.dirname(digitsPath), 'calibration.npy');

let tarball;
let browser;

beforeAll(async () => {
  tarball = pack(out);
  browser = await launchChromium();
}, 60_000);

afterAll(() => browser?.close());

const packageOf = (folder) =>
  JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));

/**
 * A copy of an example with the packed package in it. Whatever else it depends on is found where Node and bundlers look next, in
 * the repository's own node_modules above it: the versions that the example names, without a network.
 */
function project(name) {
  const folder = path.join(out, name);
  fs.cpSync(path.join(root, 'examples', name), folder, {
    recursive: true,
    filter: (file) => !['node_modules', 'dist'].includes(path.basename(file)),
  });
  const { dependencies, devDependencies, ...rest } = packageOf(folder);
  const { quantab, ...others } = dependencies;
  expect(packageOf(root).devDependencies).toMatchObject({ ...others, ...devDependencies });
  const alone = JSON.stringify({ ...rest, dependencies: { quantab } });
  fs.writeFileSync(path.join(folder, 'package.json'), alone);
  install(tarball, folder);
  return folder;
}

/** Runs a script, which has to succeed and to complain of nothing: its lines. */
async function linesOf(folder, ...args) {
  const { status, stdout, stderr } = await run(process.execPath, args, { cwd: folder });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim().split('\n');
}

/** A page of a folder of files, and the errors it meets. */
async function open(folder) {
  const { server, address } = await serve(folder);
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(address);
  const close = async () => {
    await page.close();
    server.close();
  };
  return { page, complaints, close };
}

/** The bytes behind the link that a page shows when it is done. */
async function linked(page, selector) {
  await page.waitForSelector(selector);
  const address = await page.getAttribute(selector, 'href');
  const bytes = await page.evaluate(
    async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())],
    address,
  );
  return Uint8Array.from(bytes);
}

/** Bytes of an int8 file of the digits, which has to run and to name `operator`. */
async function expectQuantized(bytes, operator) {
  const model = await openModel(bytes);
  const names = model.info.operators.map(({ opType }) => opType);
  expect(names).toContain(operator);
  expect(bytes.byteLength).toBeLessThan(fs.statSync(digitsPath).size / 3);
  const { logits } = await model.run(await model.randomSample(1));
  expect(logits.dims).toEqual([1, 10]);
  model.close();
}

test('node/ quantizes with samples and compares', async () => {
  const folder = project('node');
  const args = ['quantize.js', digitsPath, samples, 'small.onnx'];
  const [sizes, figures] = await linesOf(folder, ...args);
  expect(sizes).toMatch(/^\d+ bytes became \d+\.$/);
  expect(figures).toMatch(/^logits: [2-5]\d\.\d dB, same first class: (1|0\.9\d*)$/);
  await expectQuantized(fs.readFileSync(path.join(folder, 'small.onnx')), 'QuantizeLinear');
}, 120_000);

test('node/ says how it is called', async () => {
  const args = [path.join(root, 'examples', 'node', 'quantize.js'), digitsPath];
  const { status, stderr } = await run(process.execPath, args, { cwd: root });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'usage: node quantize.js MODEL.onnx SAMPLES.npy|SAMPLES.npz OUT.onnx\n',
  });
});

test('html/ quantizes with and without samples', async () => {
  const { page, complaints, close } = await open(project('html'));
  const quantized = async () => {
    await page.click('#quantize');
    return linked(page, '#result a');
  };
  try {
    await page.click('#quantize');
    await page.waitForFunction(() => /Choose a model first/.test(document.body.textContent));
    await page.setInputFiles('#model', digitsPath);
    await expectQuantized(await quantized(), 'DynamicQuantizeLinear');
    await page.evaluate(() => document.querySelector('#result').replaceChildren());
    await page.setInputFiles('#samples', samples);
    await expectQuantized(await quantized(), 'QuantizeLinear');
    expect(await page.getAttribute('#result a', 'download')).toBe('digits.int8.onnx');
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
}, 180_000);

test('react/ quantizes what is chosen or dropped, and can be cancelled', async () => {
  const folder = project('react');
  await linesOf(folder, path.join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build');
  const { page, complaints, close } = await open(path.join(folder, 'dist'));
  const [model, chooser] = ['input[accept=".onnx"]', 'input[multiple]'];
  const start = 'button:has-text("Quantize")';
  const cancel = 'button:has-text("Cancel")';
  /** Drops one file so many times, each under another name. */
  const drop = async (file, count) => {
    const base64 = fs.readFileSync(file).toString('base64');
    const dataTransfer = await page.evaluateHandle(
      ([text, extension, times]) => {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        for (let i = 0; i < times; ++i) data.items.add(new File([bytes], `${i}${extension}`));
        return data;
      },
      [base64, path.extname(file), count],
    );
    await page.dispatchEvent('main', 'drop', { dataTransfer });
  };
  try {
    expect(await page.isDisabled(start)).toBe(true);
    await page.setInputFiles(model, digitsPath);
    await page.click(start);
    await expectQuantized(
      await linked(page, 'a[download="digits.int8.onnx"]'),
      'DynamicQuantizeLinear',
    );

    await drop(samples, 60);
    await page.click(start);
    await page.click(cancel);
    await page.waitForSelector(`${cancel}:disabled`);
    expect(await page.textContent('[role=status]')).toBe('');

    await page.setInputFiles(chooser, samples);
    await drop(digitsPath, 1);
    await page.click(start);
    await expectQuantized(await linked(page, 'a[download="0.int8.onnx"]'), 'QuantizeLinear');
    expect(await page.textContent('li')).toMatch(/^logits: [2-5]\d\.\d dB$/);

    await page.setInputFiles(chooser, digitsPath);
    await page.click(start);
    await page.waitForFunction(() =>
      /There are no files for the model's inputs/.test(document.body.textContent),
    );
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
}, 180_000);

test('transformers.js/ loads what was quantized, and embeds nearly the same', async () => {
  const folder = project('transformers.js');
  await linesOf(folder, 'make_model.js', 'model');
  const sizes = await linesOf(folder, 'quantize.js', 'model');
  const names = ['model_quantized.onnx', 'model_q4.onnx', 'model_fp16.onnx'];
  names.forEach((name, i) => {
    const [, before, after] = /: (\d+) bytes became (\d+)\.$/.exec(sizes[i]);
    expect(sizes[i].startsWith(name)).toBe(true);
    expect(fs.statSync(path.join(folder, 'model', 'onnx', name)).size).toBe(Number(after));
    expect(before / after).toBeGreaterThan([3, 1.5, 1.8][i]);
  });
  const [q8, q4, fp16] = await linesOf(folder, 'embed.js', 'model');
  expect(q8).toMatch(/^q8: cosine similarity 0\.99\d\d at least$/);
  expect(q4).toMatch(/^q4: cosine similarity 0\.9\d\d\d at least$/);
  expect(fp16).toMatch(/^fp16: cosine similarity (1\.0000|0\.999\d) at least$/);

  fs.rmSync(path.join(folder, 'model', 'onnx', 'model_quantized.onnx'));
  const { status, stderr } = await run(process.execPath, ['embed.js', 'model'], { cwd: folder });
  expect(status).toBe(1);
  expect(stderr).toContain('model_quantized.onnx');
}, 180_000);

test.each(['make_model.js', 'quantize.js', 'embed.js'])(
  'transformers.js/%s says how it is called',
  async (script) => {
    const file = path.join(root, 'examples', 'transformers.js', script);
    const { status, stderr } = await run(process.execPath, [file], { cwd: root });
    expect({ status, stderr }).toEqual({ status: 2, stderr: `usage: node ${script} FOLDER\n` });
  },
);
