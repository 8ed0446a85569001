// The package's interface, with the core in a worker and without.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { arrayBuffer } from 'node:stream/consumers';
import { WritableStream } from 'node:stream/web';
import { pathToFileURL } from 'node:url';
import * as worker from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import { relaxedNode } from '../../scripts/lib/node.mjs';
import {
  digitSamples,
  digitsPath,
  hex,
  inTemporaryFolder,
  modelPath,
  runModule,
  samplesOf,
} from './lib.mjs';

const entries = [
  ['in a worker', worker],
  ['directly', direct],
];

describe.each(entries)('%s', (_, { openModel, supportedOperators, Tensor }) => {
  test('the operators that can run are told, each once and in order', async () => {
    const operators = await supportedOperators();
    const find = (type) => operators.find(({ opType }) => opType === type);
    expect(find('Conv')).toEqual({
      domain: 'ai.onnx',
      opType: 'Conv',
      since: 1,
      until: null,
      byDefinition: false,
    });
    expect(find('HannWindow')).toMatchObject({ since: 17, until: null, byDefinition: true });
    expect(find('QLinearAdd').domain).toBe('com.microsoft');
    const names = operators.map(({ domain, opType }) => `${domain}\0${opType}`);
    expect(names).toEqual([...new Set(names)].sort());
    await expect(supportedOperators({ flavor: 'fast' })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/'fast'/),
    });
    await expect(supportedOperators({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'Cancelled',
    });
  });

  test('a model says what it is', async () => {
    const model = await keep(openModel(digitsPath));
    const { info } = model;
    expect(info.inputs).toEqual([
      {
        name: 'image',
        kind: 'tensor',
        dtype: 'float32',
        shape: ['batch', '1', '8', '8'],
        hasShape: true,
      },
    ]);
    expect(info.outputs.map(({ name }) => name)).toEqual(['logits']);
    expect(info.opsets['ai.onnx']).toBe(17);
    expect(info.nodes.map(({ index }) => index)).toEqual(info.nodes.map((_node, i) => i));
    expect(info.nodes[0]).toMatchObject({
      opType: 'Conv',
      inputs: expect.arrayContaining(['image']),
    });
    const byType = Object.groupBy?.(info.nodes, ({ opType }) => opType);
    if (byType) {
      for (const { opType, count } of info.operators) expect(byType[opType]).toHaveLength(count);
    }
    expect(info.unsupported).toEqual([]);
    expect(info.quantized).toBe(false);
    expect(model.byteLength).toBe(fs.statSync(digitsPath).size);
  });

  test('every way to write a model gives the same bytes', async () => {
    const model = await keep(openModel(digitsPath));
    const quantized = await keep(model.quantizeDynamic({ weightType: 'QUInt8' }));
    expect(quantized.info.quantized).toBe(true);
    const bytes = await quantized.bytes();
    expect(bytes.byteLength).toBe(quantized.byteLength);
    expect(bytes.byteLength).toBeLessThan(model.byteLength / 3);

    const expected = hex(bytes);
    const blob = await quantized.blob();
    expect(hex(new Uint8Array(await blob.arrayBuffer()))).toBe(expected);
    expect(hex(new Uint8Array(await arrayBuffer(quantized.stream())))).toBe(expected);
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'out.onnx');
      expect(await quantized.writeTo(file)).toEqual({ model: bytes.byteLength, external: 0 });
      expect(hex(fs.readFileSync(file))).toBe(expected);
      await quantized.writeTo(pathToFileURL(path.join(folder, 'by url.onnx')));
      expect(fs.readdirSync(folder).sort()).toEqual(['by url.onnx', 'out.onnx']);
    });
    let written = Buffer.alloc(0);
    let closed = false;
    await quantized.writeTo({
      createWritable: async () =>
        new WritableStream({
          write: (chunk) => void (written = Buffer.concat([written, chunk])),
          close: () => void (closed = true),
        }),
    });
    expect(closed).toBe(true);
    expect(hex(written)).toBe(expected);
  });

  test('an untouched model is written as it was', async () => {
    const model = await keep(openModel(modelPath('conv')));
    const again = await keep(openModel(await model.bytes()));
    expect({ ...again.info, name: '' }).toEqual({ ...model.info, name: '' });
  });

  test('external data is written beside a path and found there again', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await keep(openModel(digitsPath));
      const file = path.join(folder, 'm.onnx');
      const sizes = await model.writeTo(file, { useExternalDataFormat: true });
      expect(fs.statSync(file).size).toBe(sizes.model);
      expect(fs.statSync(`${file}.data`).size).toBe(sizes.external);
      const beside = await keep(openModel(file));
      expect(beside.info.externalData).toBe(true);
      expect(beside.info.parameters).toBe(model.info.parameters);
      const feeds = digitSamples(1)[0];
      const expected = (await model.run(feeds)).logits;
      expect((await beside.run(feeds)).logits).toEqual(expected);

      const given = await keep(
        openModel(fs.readFileSync(file), {
          externalData: { 'm.onnx.data': fs.readFileSync(`${file}.data`) },
        }),
      );
      expect((await given.run(feeds)).logits).toEqual(expected);
      const files = await keep(
        openModel(new File([fs.readFileSync(file)], 'm.onnx'), {
          externalData: [new File([fs.readFileSync(`${file}.data`)], 'm.onnx.data')],
        }),
      );
      expect((await files.run(feeds)).logits).toEqual(expected);
    });
  });

  test('static quantization takes any iterable of samples and reports its stages', async () => {
    const model = await keep(openModel(digitsPath));
    const samples = digitSamples(8);
    const options = { activationType: 'QUInt8', weightType: 'QInt8', perChannel: true };
    const stages = [];
    const fromArray = await keep(
      model.quantizeStatic({
        ...options,
        calibrationData: samples,
        onProgress: (progress) => stages.push(progress),
      }),
    );
    async function* generate() {
      yield* samples;
    }
    const fromGenerator = await keep(
      model.quantizeStatic({ ...options, calibrationData: generate() }),
    );
    expect(hex(await fromGenerator.bytes())).toBe(hex(await fromArray.bytes()));
    const calibrated = stages.filter(({ stage }) => stage === 'calibrate');
    expect(calibrated.at(0)).toEqual({ stage: 'calibrate', done: 0, total: 8 });
    expect(calibrated.at(-1)).toEqual({ stage: 'calibrate', done: 8, total: 8 });
    expect(calibrated.map(({ done }) => done)).toEqual(
      calibrated.map(({ done }) => done).sort((a, b) => a - b),
    );
  });

  test("extra options go by their own names or by ONNX Runtime's", async () => {
    const model = await keep(openModel(modelPath('conv')));
    const calibrationData = await samplesOf('conv');
    const own = await keep(model.quantizeStatic({ calibrationData, activationSymmetric: true }));
    const theirs = await keep(
      model.quantizeStatic({
        calibrationData,
        extraOptions: { ActivationSymmetric: true },
      }),
    );
    const without = await keep(model.quantizeStatic({ calibrationData }));
    expect(hex(await theirs.bytes())).toBe(hex(await own.bytes()));
    expect(hex(await without.bytes())).not.toBe(hex(await own.bytes()));
  });

  test('a quantized model runs, is compared and is timed', async () => {
    const model = await keep(openModel(digitsPath));
    const quantized = await keep(model.quantizeStatic({ calibrationData: digitSamples(50) }));
    const samples = digitSamples(40, 'heldout.npy');
    const { logits } = await quantized.run(samples[0]);
    expect(logits).toBeInstanceOf(Tensor);
    expect({ dtype: logits.dtype, dims: logits.dims }).toEqual({ dtype: 'float32', dims: [1, 10] });

    const self = await model.compare(model, samples);
    expect(self).toEqual({
      samples: 40,
      outputs: [
        expect.objectContaining({
          name: 'logits',
          elements: 400,
          mse: 0,
          maxAbsError: 0,
          sqnrDb: null,
          top1Agreement: 1,
        }),
      ],
    });
    const { outputs } = await model.compare(quantized, samples);
    expect(outputs[0].mse).toBeGreaterThan(0);
    expect(outputs[0].sqnrDb).toBeGreaterThan(15);
    expect(outputs[0].cosine).toBeGreaterThan(0.98);
    expect(outputs[0].top1Agreement).toBeGreaterThan(0.9);

    // A model of another family, opened from its file and from a result.
    const other = await keep(openModel(await quantized.bytes()));
    expect(await model.compare(other, samples)).toEqual({ samples: 40, outputs });
    const elsewhere = await keep(openModel(digitsPath));
    expect(await elsewhere.compare(quantized, samples)).toEqual({ samples: 40, outputs });

    const latency = await quantized.benchmark({ runs: 5, warmup: 1 });
    expect(latency.runs).toBe(5);
    expect(latency.min).toBeGreaterThan(0);
    expect(latency.median).toBeGreaterThanOrEqual(latency.min);
    expect(latency.p95).toBeGreaterThanOrEqual(latency.median);
  });

  test('tensors given to a call stay as they are', async () => {
    const model = await keep(openModel(digitsPath));
    const [feeds] = digitSamples(1);
    const before = hex(feeds.image.data);
    await model.run(feeds);
    await model.run(feeds);
    expect(hex(feeds.image.data)).toBe(before);
    // A view into a larger buffer, and an array at an odd offset.
    const wide = new Float32Array(100);
    wide.set(feeds.image.data, 30);
    const view = { image: { ...feeds.image, data: wide.subarray(30, 94) } };
    expect(await model.run(view)).toEqual(await model.run(feeds));
  });

  test('made-up samples fit, and are the same for the same seed', async () => {
    const model = await keep(openModel(digitsPath));
    const sample = await model.randomSample(7);
    expect(sample.image.dims).toEqual([1, 1, 8, 8]);
    expect(await model.randomSample(7)).toEqual(sample);
    expect(await model.randomSample(8)).not.toEqual(sample);
    await model.run(sample);
  });

  test('a closed model says so; its relatives go on', async () => {
    const model = await openModel(digitsPath);
    const quantized = await model.quantizeDynamic();
    model.close();
    model.close();
    await expect(model.bytes()).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: /has been closed/,
    });
    expect((await quantized.bytes()).byteLength).toBe(quantized.byteLength);
    quantized.close();
    await expect(quantized.run({})).rejects.toThrow(/has been closed/);
  });
});

describe('sources', () => {
  const { openModel } = worker;
  const bytes = fs.readFileSync(digitsPath);
  const plain = new Uint8Array(bytes);
  let server;
  let origin;
  beforeAll(async () => {
    server = http.createServer((request, response) => {
      if (!['/digits.onnx', '/100%.onnx', '/%C3%A4%20b.onnx'].includes(request.url))
        response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${server.address().port}`;
  });
  afterAll(() => server.close());

  test.each([
    ['a path', () => digitsPath, digitsPath],
    ['a file URL', () => pathToFileURL(digitsPath), digitsPath],
    ['a file URL as text', () => pathToFileURL(digitsPath).href, digitsPath],
    ['a URL', () => new URL(`${origin}/digits.onnx`), 'digits.onnx'],
    ['a URL as text', () => `${origin}/digits.onnx`, 'digits.onnx'],
    ['an encoded URL', () => `${origin}/%C3%A4%20b.onnx`, 'ä b.onnx'],
    ['a URL that is encoded wrongly', () => `${origin}/100%.onnx`, '100%.onnx'],
    ['a File', () => new File([bytes], 'my digits.onnx'), 'my digits.onnx'],
    ['a Blob', () => new Blob([bytes]), '<blob>'],
    [
      'a file handle',
      () => ({ kind: 'file', name: 'h.onnx', getFile: async () => new File([bytes], 'h.onnx') }),
      'h.onnx',
    ],
    ['a Buffer', () => bytes, '<bytes>'],
    ['an ArrayBuffer', () => plain.slice().buffer, '<bytes>'],
    ['a view', () => new DataView(plain.slice().buffer), '<bytes>'],
  ])('%s', async (_, source, name) => {
    const model = await keep(openModel(source()));
    expect(model.name).toBe(name);
    expect(model.info.inputs[0].name).toBe('image');
  });

  test('a file URL that is encoded wrongly', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, '100%.onnx');
      fs.copyFileSync(digitsPath, file);
      for (const url of [`file://${folder}/100%.onnx`, `file://${folder}/100%25.onnx`]) {
        for (const source of [url, new URL(url)])
          expect((await keep(openModel(source))).name).toBe(file);
      }
    });
  });

  test('a URL that is not there is named with the answer', async () => {
    await expect(openModel(new URL(`${origin}/no.onnx`))).rejects.toMatchObject({
      code: 'Io',
      message: expect.stringMatching(/no\.onnx' could not be fetched: the server answered 404/),
    });
  });

  test.each([
    [undefined],
    [null],
    [42],
    [{}],
    ['http://[bad'],
    ['https://'],
    ['file://%zz/m.onnx'],
    ['file:///a%00b.onnx'],
  ])('%p is refused', async (input) => {
    await expect(openModel(input)).rejects.toMatchObject({
      name: 'QuantabError',
      code: expect.stringMatching(/^(InvalidArgument|Io)$/),
    });
  });

  test.each([[null], [5], ['w.bin'], [new Blob([])], [['w.bin']], [[null]], [{ w: 5 }]])(
    'externalData %p is refused',
    async (externalData) => {
      await expect(openModel(digitsPath, { externalData })).rejects.toMatchObject({
        name: 'QuantabError',
        code: 'InvalidArgument',
      });
    },
  );
});

test('importing the package starts nothing and leaves nothing in the global scope', async () => {
  const report = await runModule(`
    const before = Object.getOwnPropertyNames(globalThis);
    const { openModel } = await import('quantab');
    await import('quantab/samples');
    const after = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
    console.log(JSON.stringify({ type: typeof openModel, after, active: process.getActiveResourcesInfo() }));
  `);
  expect(report).toEqual({
    type: 'function',
    after: [],
    active: expect.not.arrayContaining(['Worker']),
  });
});

test.each(['quantab', 'quantab/direct'])('%s: either flavour can be asked for', async (entry) => {
  const report = await runModule(
    `
    import fs from 'node:fs';
    const read = fs.promises.readFile;
    const files = [];
    fs.promises.readFile = (file, ...rest) => { files.push(String(file)); return read(file, ...rest); };
    const { openModel } = await import('${entry}');
    const { digitSamples } = await import(${JSON.stringify(new URL('lib.mjs', import.meta.url).href)});
    const outputs = {};
    for (const flavor of ['simd', 'relaxed']) {
      const model = await openModel(${JSON.stringify(digitsPath)}, { flavor });
      outputs[flavor] = Object.keys(await model.run(digitSamples(1)[0]));
      model.close();
    }
    const failure = await openModel(${JSON.stringify(digitsPath)}, { flavor: 'fast' }).catch((error) => error);
    const modules = files.filter((file) => file.endsWith('.wasm')).map((file) => file.split('/').at(-1));
    console.log(JSON.stringify({ modules, outputs, code: failure.code, message: failure.message }));
    `,
    { node: relaxedNode() },
  );
  expect(report).toEqual({
    modules: ['quantab_simd.wasm', 'quantab_relaxed.wasm'],
    outputs: { simd: ['logits'], relaxed: ['logits'] },
    code: 'InvalidArgument',
    message: "flavor must be 'simd' or 'relaxed', got 'fast'.",
  });
});

test('an open model does not keep the process alive', async () => {
  const report = await runModule(`
    import { openModel } from 'quantab';
    const model = await openModel(${JSON.stringify(digitsPath)});
    console.log(JSON.stringify(model.info.inputs.length));
  `);
  expect(report).toBe(1);
});
