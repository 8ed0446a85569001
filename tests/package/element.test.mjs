// <quantab-app> of the packed package in a page of somebody else's, with a strict policy and styles of its own.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { serve } from '../../scripts/serve.mjs';
import { violations } from '../app/axe.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { digitsPath, root } from './lib.mjs';
import { install, pack } from './packed.mjs';

const out = path.join(root, 'tests', '.out', 'element');
const folder = path.join(out, 'project');
const onnxRuntimeWeb = path.join(root, 'node_modules', 'onnxruntime-web', 'dist');
/** What of onnxruntime-web the page has. */
const ORT_FILES = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
const calibration = path.join(path.dirname(digitsPath), 'calibration.npy');

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
    <title>Somebody's page</title>
    <link rel="icon" href="./icon.svg" />
    <link rel="stylesheet" href="./page.css" />
    <script type="module" src="./node_modules/quantab/dist/app/quantab_app.js"></script>
  </head>
  <body>
    <header>
      <h1>A page</h1>
      <p><button id="quantize">A button of the page's</button></p>
    </header>
    <quantab-app></quantab-app>
    <quantab-app id="second"></quantab-app>
  </body>
</html>
`;
const STYLE = 'button { background: #ff0000; color: #000000 } quantab-app { --accent: #7a1fa2 }';

let browser;
let server;
let page;
let complaints;
let requests;
let address;

beforeAll(async () => {
  const tarball = pack(out);
  fs.mkdirSync(folder, { recursive: true });
  const files = {
    'package.json': JSON.stringify({ name: 'page', private: true, version: '0.0.0' }),
    'index.html': PAGE,
    'page.css': STYLE,
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  };
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), text);
  }
  fs.mkdirSync(path.join(folder, 'ort'), { recursive: true });
  for (const name of ORT_FILES) {
    fs.copyFileSync(path.join(onnxRuntimeWeb, name), path.join(folder, 'ort', name));
  }
  install(tarball, folder);
  browser = await launchChromium();
  ({ server, address } = await serve(folder));
  page = await browser.newPage();
  complaints = [];
  requests = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(address);
  await page.waitForSelector('quantab-app #pick-model', { state: 'attached' });
  // The app itself comes after its markup.
  await page.waitForLoadState('networkidle');
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function drop(selector, file) {
  const base64 = fs.readFileSync(file).toString('base64');
  const dataTransfer = await page.evaluateHandle(
    ([text, name]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      return data;
    },
    [base64, path.basename(file)],
  );
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent(selector, type, { dataTransfer });
  }
}

test('a model that is dropped on it is quantized, and the page stays as it is', async () => {
  await drop('h1', digitsPath);
  await drop('quantab-app', digitsPath);
  await page.waitForSelector('quantab-app #model-title');
  await drop('quantab-app', calibration);
  await page.waitForSelector('quantab-app #sample-count:has-text("300")');
  await page.click('quantab-app #quantize');
  await page.waitForSelector('quantab-app #download');
  await page.waitForSelector('quantab-app #progress', { state: 'detached' });
  const [started] = await Promise.all([
    page.waitForEvent('download'),
    page.click('quantab-app #download'),
  ]);
  const file = path.join(out, 'made.onnx');
  await started.saveAs(file);
  const model = await openModel(file);
  expect(model.info.quantized).toBe(true);
  expect(model.byteLength).toBeLessThan(fs.statSync(digitsPath).size / 3);
  model.close();

  expect(await page.title()).toBe("Somebody's page");
  expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('blob:'))).toEqual(
    [],
  );
  expect(complaints).toEqual([
    'There is a <quantab-app> in this page already. A page can have one.',
  ]);
}, 120_000);

test('results can be compared with the onnxruntime-web that the page gives, and only then', async () => {
  expect(await page.$('quantab-app #compare-onnxruntime')).toBeNull();
  // What the page gives counts for the results that are shown from then on.
  await page.$eval('quantab-app', (element) => {
    window.asked = [];
    element.onnxRuntime = async (threads) => {
      window.asked.push(threads);
      if (window.asked.length === 1) throw new Error('There is none yet.');
      const ort = await import('/ort/ort.wasm.min.mjs');
      ort.env.wasm.numThreads = threads;
      return ort;
    };
  });
  await page.click('quantab-app #quantize');
  await page.waitForSelector('quantab-app #progress');
  await page.waitForSelector('quantab-app #progress', { state: 'detached' });
  const compare = async () => {
    await page.click('quantab-app #compare-onnxruntime');
    await page.waitForSelector('quantab-app #progress', { state: 'detached' });
  };
  expect(requests.filter((url) => url.includes('/ort/'))).toEqual([]);
  await compare();
  expect(await page.textContent('quantab-app .alert span')).toBe('There is none yet.');
  await compare();
  const caption = await page.textContent('quantab-app #onnxruntime caption');
  const asked = await page.evaluate(() => window.asked);
  const { version } = JSON.parse(
    fs.readFileSync(path.join(onnxRuntimeWeb, '..', 'package.json'), 'utf8'),
  );
  expect(asked).toHaveLength(2);
  expect(caption).toMatch(
    new RegExp(
      `^Beside onnxruntime-web ${version} \\(median of \\d+ runs that take turns, ${asked[1]} threads? each, on the first sample\\)$`,
    ),
  );
  const rows = await page.$$eval('quantab-app #onnxruntime tbody tr', (all) =>
    all.map(({ cells }) => Array.from(cells, ({ textContent }) => textContent)),
  );
  expect(rows.map(([name]) => name)).toEqual(['Float', 'Quantized']);
  for (const [, here, , there] of rows) {
    expect(Number.parseFloat(here)).toBeGreaterThan(0);
    expect(Number.parseFloat(there)).toBeGreaterThan(0);
  }
  expect(await violations(page)).toEqual([]);
  expect(complaints).toHaveLength(1);
}, 120_000);

test('a comparison whose onnxruntime-web never comes can be cancelled, and other work begun', async () => {
  await page.$eval('quantab-app', (element) => {
    window.isAsked = false;
    element.onnxRuntime = () => {
      window.isAsked = true;
      return new Promise(() => {});
    };
  });
  const quantize = async () => {
    await page.click('quantab-app #quantize');
    await page.waitForSelector('quantab-app #progress');
    await page.waitForSelector('quantab-app #progress', { state: 'detached' });
  };
  await quantize();
  await page.click('quantab-app #compare-onnxruntime');
  await page.waitForFunction(() => window.isAsked);
  await page.click('quantab-app #progress-cancel');
  await page.waitForSelector('quantab-app #progress', { state: 'detached', timeout: 5000 });
  expect(await page.textContent('quantab-app #status')).toBe('Cancelled.');
  expect(await page.$('quantab-app .alert')).toBeNull();
  await quantize();
  expect(await page.textContent('quantab-app #result-title')).toBe('Result 4');
  expect(complaints).toHaveLength(1);
}, 60_000);

test('graph and details work in it, by a worker of their own', async () => {
  await page.click('quantab-app #nodes summary');
  await page.waitForSelector('quantab-app #graph');
  await page.click('quantab-app #node-table button >> nth=0');
  await page.click('quantab-app #node-details .link:has-text("histogram") >> nth=0');
  await page.waitForSelector('quantab-app .weight svg');
  expect(complaints).toHaveLength(1);
}, 60_000);

test('neither styles reach the other, but for the colours that are given', async () => {
  const colour = (selector, name) =>
    page.$eval(selector, (element, property) => window.getComputedStyle(element)[property], name);
  expect(await colour('header button', 'backgroundColor')).toBe('rgb(255, 0, 0)');
  expect(await colour('quantab-app #quantize', 'backgroundColor')).toBe('rgb(122, 31, 162)');
  expect(await colour('h1', 'fontSize')).toBe('32px');
});

test('axe finds nothing', async () => {
  expect(await violations(page)).toEqual([]);
}, 60_000);

test('loading it where there are no elements does no harm', async () => {
  const { defineQuantabApp, QuantabApp } = await import('quantab/app');
  expect([typeof defineQuantabApp, typeof QuantabApp]).toEqual(['function', 'function']);
});
