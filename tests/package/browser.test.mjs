// The package in Chromium: with and without shared memory, with a worker and directly, from other places than its own.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openModel } from 'quantab';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { digitsPath, packageFolder, root, writeLargeModel } from './lib.mjs';
import { pools } from './proto.mjs';
import { NOT_ISOLATED, reporting, visitFolder, writePage } from './visit.mjs';

const out = path.join(root, 'tests', '.out', 'browser');
const dist = path.join(packageFolder, 'dist');
const large = path.join(out, 'large.onnx');
const LARGE = 24;
const ENDLESS = 1_000_000_000;

let browser;
let dynamicBytes;
beforeAll(async () => {
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  writeLargeModel(large, LARGE);
  const model = await openModel(digitsPath);
  const dynamic = await model.quantizeDynamic();
  dynamicBytes = dynamic.byteLength;
  dynamic.close();
  model.close();
  browser = await launchChromium();
}, 120_000);
afterAll(() => browser?.close());

/** What every page has at hand besides the package. */
const TOOLS = `
const sample = { image: { dtype: 'float32', dims: [1, 1, 8, 8], data: new Float32Array(64).fill(0.5) } };
const says = ({ name, code, message }) => ({ name, code, message });
const digits = async () => new File([await (await fetch('/digits.onnx')).blob()], 'digits.onnx');
const large = async () => new File([await (await fetch('/large.onnx')).blob()], 'large.onnx');
const hash = async (bytes) =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).slice(0, 8)).join();
async function cancelled(model, call) {
  const controller = new AbortController();
  const start = performance.now();
  const failure = await call(controller).catch((error) => error);
  return { code: failure.code, fast: performance.now() - start < 20000 };
}
const benchmark = (model) => (controller) =>
  model.benchmark({ runs: ${ENDLESS}, signal: controller.signal, onProgress: ({ done }) => done > 0 && controller.abort() });
`;

/** A folder with the package, the models, and a page whose script returns `body`. */
function site(
  name,
  body,
  { imports = "import { openModel } from './quantab/index.js';", csp } = {},
) {
  const folder = path.join(out, name);
  writePage(folder, reporting(imports + TOOLS, body), csp);
  fs.symlinkSync(dist, path.join(folder, 'quantab'));
  fs.symlinkSync(digitsPath, path.join(folder, 'digits.onnx'));
  fs.symlinkSync(large, path.join(folder, 'large.onnx'));
  return folder;
}

const settings = [
  ['a page that is isolated', {}, true],
  ['a page that is not isolated', NOT_ISOLATED, false],
];

describe.each(settings)('%s', (title, headers, isolated) => {
  const name = isolated ? 'isolated' : 'plain';

  test('a cancelled call ends; models go on', async () => {
    const folder = site(
      `cancel-${name}`,
      `
      const model = await openModel(await digits());
      const dynamic = await model.quantizeDynamic();
      const kept = await model.quantizeStatic({ calibrationData: [sample] });
      const lost = await model.quantizeStatic({ calibrationData: [sample] });
      const before = await hash(await dynamic.bytes());
      const keptBefore = await hash(await (await kept.blob()).arrayBuffer());
      const ended = await cancelled(model, benchmark(model));
      model.close();
      return {
        isolated: crossOriginIsolated,
        shares: typeof SharedArrayBuffer,
        ended,
        dynamic: (await hash(await dynamic.bytes())) === before,
        kept: (await hash(await kept.bytes())) === keptBefore,
        outputs: Object.keys(await kept.run(sample)),
        lost: await lost.bytes().then(({ byteLength }) => byteLength > 0, says),
      };`,
    );
    const { report, complaints } = await visitFolder(browser, folder, headers);
    expect(complaints).toEqual([]);
    expect(report).toEqual({
      isolated,
      shares: isolated ? 'function' : 'undefined',
      ended: { code: 'Cancelled', fast: true },
      dynamic: true,
      kept: true,
      outputs: ['logits'],
      lost: isolated
        ? true
        : {
            name: 'AbortError',
            code: 'Cancelled',
            message: expect.stringMatching(/dropped.*Quantize again/),
          },
    });
  }, 120_000);

  test('streams and files of the browser', async () => {
    const folder = site(
      `files-${name}`,
      `
      const folder = await navigator.storage.getDirectory();
      const handle = (name) => folder.getFileHandle(name, { create: true });
      const contents = async (name) => (await (await handle(name)).getFile()).arrayBuffer();
      const model = await openModel(await large());
      const expected = await hash(await model.bytes());
      const size = model.byteLength;

      // As a stream: with shared memory, the core is never far ahead.
      let done = 0;
      const onProgress = (progress) => progress.stage === 'write' && (done = progress.done);
      const reader = model.stream({ onProgress }).getReader();
      const parts = [(await reader.read()).value];
      await new Promise((resolve) => setTimeout(resolve, 300));
      const ahead = done;
      for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
      const streamed = await hash(await new Blob(parts).arrayBuffer());

      const target = await handle('out.onnx');
      const sizes = await model.writeTo(target);
      const written = await hash(await contents('out.onnx'));
      const again = await openModel(target);

      const data = await handle('weights.bin');
      const both = await model.writeTo(await handle('m.onnx'), { useExternalDataFormat: true, externalTarget: data });
      const twoFiles = await openModel(await handle('m.onnx'), { externalData: { 'weights.bin': data } });
      const rejoined = await hash(await twoFiles.bytes());

      // Cancelled: the old files stay.
      const ended = await cancelled(model, (controller) =>
        model.writeTo(target, {
          useExternalDataFormat: true,
          externalTarget: data,
          signal: controller.signal,
          onProgress: ({ stage }) => stage === 'write' && controller.abort(),
        }),
      );
      const names = [];
      for await (const each of folder.keys()) names.push(each);
      return {
        ahead: ahead / 2 ** 20,
        chunks: parts.length > 10,
        same: [streamed, written, rejoined].map((each) => each === expected),
        sizes: sizes.model === size && sizes.external === 0,
        both: both.external > size * 0.9 && (await contents('weights.bin')).byteLength === both.external,
        again: again.name,
        external: twoFiles.info.externalData,
        ended,
        stays: (await hash(await contents('out.onnx'))) === expected,
        names: names.sort(),
        path: await model.writeTo('out.onnx').catch(says),
        url: await model.writeTo(new URL('https://example.com/x')).catch(says),
      };`,
    );
    const { report, complaints } = await visitFolder(browser, folder, headers);
    expect(complaints).toEqual([]);
    expect(report).toEqual({
      ahead: expect.any(Number),
      chunks: true,
      same: [true, true, true],
      sizes: true,
      both: true,
      again: 'out.onnx',
      external: true,
      ended: { code: 'Cancelled', fast: true },
      stays: true,
      names: ['m.onnx', 'out.onnx', 'weights.bin'],
      path: expect.objectContaining({ code: 'InvalidArgument' }),
      url: expect.objectContaining({ code: 'InvalidArgument' }),
    });
    if (isolated) expect(report.ahead).toBeLessThan(16);
  }, 120_000);

  test.each(['index', 'direct'])(
    'threads, by %s.js',
    async (entry) => {
      const folder = site(
        `threads-${entry}-${name}`,
        `
      const bytes = new Uint8Array(await (await fetch('/pools.onnx')).arrayBuffer());
      const results = {};
      for (const threads of [1, 2]) {
        const model = await openModel(bytes, { threads });
        const feeds = await model.randomSample(5);
        const hashes = new Set();
        const until = performance.now() + 30000;
        let capabilities;
        do {
          hashes.add(await hash((await model.run(feeds)).y.data));
          capabilities = await model.capabilities();
        } while (capabilities.threadsUsed < capabilities.threads && performance.now() < until);
        results[threads] = { capabilities, hashes: [...hashes] };
        model.close();
      }
      return results;`,
        { imports: `import { openModel } from './quantab/${entry}.js';` },
      );
      fs.writeFileSync(path.join(folder, 'pools.onnx'), pools);
      const { report, complaints } = await visitFolder(browser, folder, headers);
      expect(complaints).toEqual([]);
      const of = (threads) => ({ flavor: 'relaxed', threads, threadsUsed: threads, workers: 1 });
      const { hashes } = report[1];
      expect(hashes).toHaveLength(1);
      expect(report).toEqual({
        1: { capabilities: of(1), hashes },
        2: { capabilities: of(isolated ? 2 : 1), hashes },
      });
    },
    120_000,
  );

  test('calibration is shared out where memory is not', async () => {
    const folder = site(
      `workers-${name}`,
      `
      const samples = Array.from({ length: 40 }, (_, i) => ({
        image: { ...sample.image, data: Float32Array.from({ length: 64 }, (_, k) => Math.sin(i * 64 + k)) },
      }));
      const model = await openModel(await digits());
      const call = { calibrationData: samples, calibrateMethod: 'Entropy' };
      const usual = await model.calibrate(call);
      const { workers } = await model.capabilities();
      const one = await model.calibrate({ ...call, workers: 1 });
      const three = await model.calibrate({ ...call, workers: 3 });
      const ended = await cancelled(model, (controller) =>
        model.calibrate({
          ...call,
          workers: 3,
          signal: controller.signal,
          onProgress: ({ done }) => done === 20 && controller.abort(),
        }),
      );
      const again = await model.calibrate(call);
      return {
        workers,
        cores: navigator.hardwareConcurrency,
        same: [one, three, again].map((text) => text === usual),
        lines: usual.split('\\n').length > 5,
        ended,
      };`,
    );
    const { report, complaints } = await visitFolder(browser, folder, headers);
    expect(complaints).toEqual([]);
    const { cores } = report;
    expect(report).toEqual({
      workers: isolated ? 1 : Math.min(cores, 4),
      cores,
      same: [true, true, true],
      lines: true,
      ended: { code: 'Cancelled', fast: true },
    });
  }, 120_000);

  test('quantab/direct, in the page itself', async () => {
    const folder = site(
      `direct-${name}`,
      `
      const model = await openModel(await digits());
      const dynamic = await model.quantizeDynamic();
      const bytes = await dynamic.bytes();
      const parts = [];
      for await (const chunk of dynamic.stream()) parts.push(chunk);
      const timed = AbortSignal.timeout(100);
      function* samples() {
        for (;;) yield sample;
      }
      const failure = await model.quantizeStatic({ calibrationData: samples(), signal: timed }).catch((error) => error);
      return {
        size: bytes.byteLength,
        streamed: (await hash(await new Blob(parts).arrayBuffer())) === (await hash(bytes)),
        failure: { code: failure.code, cause: failure.cause.name },
        outputs: Object.keys(await model.run(sample)),
        compared: (await model.compare(dynamic, [sample])).samples,
      };`,
      { imports: "import { openModel } from './quantab/direct.js';" },
    );
    const { report, complaints } = await visitFolder(browser, folder, headers);
    expect(complaints).toEqual([]);
    expect(report).toEqual({
      size: dynamicBytes,
      streamed: true,
      failure: { code: 'Cancelled', cause: 'TimeoutError' },
      outputs: ['logits'],
      compared: 1,
    });
  }, 120_000);

  test('quantab/direct, in a worker of the page: files are read in ranges', async () => {
    const folder = site(
      `own-worker-${name}`,
      `
      const worker = new Worker('./own.js', { type: 'module' });
      const answer = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
      worker.onerror = (event) => (document.title = JSON.stringify({ failed: event.message }));
      worker.postMessage(await large());
      return answer;`,
      { imports: '' },
    );
    fs.writeFileSync(
      path.join(folder, 'own.js'),
      `
      import { openModel } from './quantab/direct.js';
      const { arrayBuffer } = Blob.prototype;
      self.onmessage = async ({ data: file }) => {
        let whole = 0;
        Blob.prototype.arrayBuffer = function () {
          if (this.size >= file.size) whole++;
          return arrayBuffer.call(this);
        };
        try {
          const model = await openModel(file);
          const quantized = await model.quantizeDynamic();
          const blob = await quantized.blob();
          postMessage({ name: model.name, whole, size: blob.size === quantized.byteLength, read: blob.size > 0 });
        } catch (error) {
          postMessage({ failed: String(error.stack ?? error) });
        }
      };`,
    );
    const { report, complaints } = await visitFolder(browser, folder, headers);
    expect(complaints).toEqual([]);
    expect(report).toEqual({ name: 'large.onnx', whole: 0, size: true, read: true });
  }, 120_000);

  test('the package from another origin', async () => {
    const cdn = await serve(dist, 0, {
      headers: {
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      },
    });
    try {
      const origin = new URL(cdn.address).origin;
      const folder = site(
        `cdn-${name}`,
        `
        const model = await openModel(await digits());
        const { byteLength } = await model.quantizeDynamic();
        await model.run(sample);
        const { threads } = await model.capabilities();
        return { byteLength, isolated: crossOriginIsolated, threads };`,
        {
          imports: `import { openModel } from '${cdn.address}index.js';`,
          csp: `default-src 'self'; script-src 'self' 'wasm-unsafe-eval' ${origin}; worker-src blob: ${origin}; connect-src 'self' ${origin}; img-src data:`,
        },
      );
      const { report, complaints } = await visitFolder(browser, folder, headers);
      expect(complaints).toEqual([]);
      const threads = isolated ? Math.min(os.availableParallelism(), 4) : 1;
      expect(report).toEqual({ byteLength: dynamicBytes, isolated, threads });
    } finally {
      cdn.server.close();
    }
  }, 120_000);
});

test('worker and modules at addresses of the caller', async () => {
  const folder = site(
    'moved',
    `
    const file = await digits();
    const wasm = { simd: '/moved/quantab_simd.wasm', relaxed: new URL('/moved/quantab_relaxed.wasm', location.href) };
    const results = {};
    for (const [name, options] of Object.entries({
      text: { worker: '/moved/worker.js', wasm },
      url: { worker: new URL('/moved/worker.js', location.href), wasm: '/moved/quantab_simd.wasm' },
      function: { worker: () => new Worker('/moved/worker.js', { type: 'module' }), wasm: { simd: wasm.simd } },
      flavor: { worker: '/moved/worker.js', wasm, flavor: 'simd' },
    })) {
      const model = await openModel(file, options);
      results[name] = (await model.quantizeDynamic()).byteLength;
      model.close();
    }
    return {
      results,
      noWorker: await openModel(file, { wasm }).catch(says),
      noModule: await openModel(file, { worker: '/moved/worker.js' }).catch(says),
    };`,
    { imports: "import { openModel } from './partial/index.js';" },
  );
  fs.cpSync(dist, path.join(folder, 'moved'), { recursive: true });
  fs.cpSync(dist, path.join(folder, 'partial'), { recursive: true });
  for (const file of ['worker.js', 'quantab_simd.wasm', 'quantab_relaxed.wasm'])
    fs.rmSync(path.join(folder, 'partial', file));
  const { report, requests } = await visitFolder(browser, folder);
  expect(report).toEqual({
    results: {
      text: dynamicBytes,
      url: dynamicBytes,
      function: dynamicBytes,
      flavor: dynamicBytes,
    },
    noWorker: {
      name: 'QuantabError',
      code: 'Internal',
      message: expect.stringMatching(/could not be loaded.*option 'worker'/),
    },
    noModule: {
      name: 'QuantabError',
      code: 'Io',
      message: expect.stringMatching(/could not be loaded.*option 'wasm'/),
    },
  });
  // Each module is fetched once, however many models are opened.
  const modules = requests.filter((url) => /moved\/.*\.wasm$/.test(url));
  expect(modules.length).toBe(new Set(modules).size);
}, 120_000);
