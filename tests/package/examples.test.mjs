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

/** A copy of an example with what it depends on. */
function project(name) {
  const folder = path.join(out, name);
  fs.cpSync(path.join(root, 'examples', name), folder, { recursive: true });
  install(tarball, folder);
  return folder;
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
  const { status, stdout, stderr } = await run(process.execPath, args, { cwd: folder });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [sizes, figures] = stdout.split('\n');
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
  const { server, address } = await serve(project('html'));
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const quantized = async () => {
    await page.click('#quantize');
    await page.waitForSelector('#result a');
    const address = await page.getAttribute('#result a', 'href');
    const bytes = await page.evaluate(
      async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())],
      address,
    );
    return Uint8Array.from(bytes);
  };
  try {
    await page.goto(address);
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
    await page.close();
    server.close();
  }
}, 180_000);
