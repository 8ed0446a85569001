// Cancelling: a call ends at once, leaves nothing behind, and the model goes on.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { openModel } from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import {
  digitSamples,
  digitsPath,
  hex,
  inTemporaryFolder,
  never,
  runModule,
  timesOpen,
  wait,
  writeLargeModel,
} from './lib.mjs';

const cancelled = { name: 'AbortError', code: 'Cancelled' };
/** More runs than any machine makes in the time of a test. */
const ENDLESS = 1_000_000_000;
/** Milliseconds: what was cancelled must not take longer than this to say so. */
const SOON = 20_000;

const entries = [
  ['in a worker', openModel],
  ['directly', direct.openModel],
];

describe.each(entries)('%s', (where, open) => {
  test('a signal that has fired already rejects every call, with its reason as the cause', async () => {
    const model = await keep(open(digitsPath));
    const signal = AbortSignal.abort('enough');
    for (const call of [
      () => open(digitsPath, { signal }),
      () => model.quantizeDynamic({ signal }),
      () => model.quantizeStatic({ signal, calibrationData: digitSamples(1) }),
      () => model.run(digitSamples(1)[0], { signal }),
      () => model.compare(model, digitSamples(1), { signal }),
      () => model.layerReport(model, digitSamples(1), { signal }),
      () => model.benchmark({ signal }),
      () => model.bytes({ signal }),
      () => model.blob({ signal }),
      () => model.stream({ signal }).getReader().read(),
      () => model.writeTo('never.onnx', { signal }),
      () => model.randomSample(0, { signal }),
      () => model.memory({ signal }),
    ]) {
      await expect(call()).rejects.toMatchObject({ ...cancelled, cause: 'enough' });
    }
    expect((await model.bytes()).byteLength).toBe(model.byteLength);
  });

  test('a call in the core ends; the model and its results go on', async () => {
    const model = await keep(open(digitsPath));
    const quantized = await keep(model.quantizeStatic({ calibrationData: digitSamples(4) }));
    const expected = hex(await quantized.bytes());
    const controller = new AbortController();
    const start = performance.now();
    await expect(
      model.benchmark({
        runs: ENDLESS,
        signal: controller.signal,
        onProgress: ({ done }) => done > 0 && controller.abort('why'),
      }),
    ).rejects.toMatchObject({ ...cancelled, cause: 'why' });
    expect(performance.now() - start).toBeLessThan(SOON);
    expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
    expect(hex(await quantized.bytes())).toBe(expected);
  });

  test('calibration ends between samples and asks for no more of them', async () => {
    const model = await keep(open(digitsPath));
    const controller = new AbortController();
    let asked = 0;
    let ended = false;
    async function* samples() {
      try {
        for (;;) {
          if (++asked === 3) controller.abort();
          yield digitSamples(1)[0];
        }
      } finally {
        ended = true;
      }
    }
    await expect(
      model.quantizeStatic({ calibrationData: samples(), signal: controller.signal }),
    ).rejects.toMatchObject(cancelled);
    await wait(0);
    expect({ asked, ended }).toEqual({ asked: 3, ended: true });
    const quantized = await keep(model.quantizeDynamic());
    expect(quantized.info.quantized).toBe(true);
  });

  test('events come in during a long calibration', async () => {
    const model = await keep(open(digitsPath));
    const [sample] = digitSamples(1);
    let asked = 0;
    function* samples() {
      for (; asked < 20_000; asked++) yield sample;
    }
    const signal = AbortSignal.timeout(100);
    await expect(
      model.quantizeStatic({ calibrationData: samples(), signal }),
    ).rejects.toMatchObject(cancelled);
    expect(asked).toBeLessThan(20_000);
  });

  test.each([
    [
      'calibration',
      (model, data, call) => model.quantizeStatic({ calibrationData: data, ...call }),
    ],
    ['comparison', (model, data, call) => model.compare(model, data, call)],
    ['layer report', (model, data, call) => model.layerReport(model, data, call)],
  ])('%s does not wait for samples that never come', async (_, task) => {
    const model = await keep(open(digitsPath));
    let returned = 0;
    const stuck = {
      [Symbol.asyncIterator]: () => ({
        next: never,
        return: () => {
          returned++;
          return never();
        },
      }),
    };
    const signal = AbortSignal.timeout(50);
    await expect(task(model, stuck, { signal })).rejects.toMatchObject(cancelled);
    expect(returned).toBe(1);
    expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
  });

  test('a call that waits for another is dropped; the other is not disturbed', async () => {
    const model = await keep(open(digitsPath));
    const controller = new AbortController();
    const first = model.benchmark({ runs: 200 });
    const second = model.benchmark({ runs: ENDLESS, signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject(cancelled);
    expect((await first).runs).toBe(200);
  });

  test('closing a model ends its call', async () => {
    const model = await open(digitsPath);
    const running = model.benchmark({
      runs: ENDLESS,
      onProgress: ({ done }) => done > 0 && model.close(),
    });
    await expect(running).rejects.toMatchObject({ code: 'Cancelled' });
  });

  test('closing a model ends the calls that wait', async () => {
    const model = await open(digitsPath);
    const waiting = [model.run(digitSamples(1)[0]), model.bytes()];
    model.close();
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'Cancelled' });
  });

  test('a call cancelled as its file was just read leaves nothing open', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(fs.realpathSync(folder), 'model.onnx');
      fs.copyFileSync(digitsPath, file);
      const controller = new AbortController();
      let during = 0;
      await expect(
        open(file, {
          signal: controller.signal,
          onProgress({ stage, done, total }) {
            if (stage !== 'read' || done !== total) return;
            during = timesOpen(file);
            controller.abort();
          },
        }),
      ).rejects.toMatchObject(cancelled);
      await wait(50);
      expect(during).toBeLessThanOrEqual(1);
      expect(timesOpen(file)).toBe(0);
    });
  });

  describe('opening does not wait for', () => {
    let server;
    let address;
    beforeAll(async () => {
      // Takes requests and never answers them.
      server = http.createServer(() => {});
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${server.address().port}`;
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    test.each([
      ['a module', () => [digitsPath, { wasm: `${address}/${where}.wasm` }]],
      ['a model', () => [`${address}/model.onnx`]],
      ['external data', () => [digitsPath, { externalData: { w: `${address}/w.bin` } }]],
      ['a file handle', () => [{ kind: 'file', getFile: never }]],
      ['a blob', () => [Object.assign(new Blob(['x']), { arrayBuffer: never })]],
    ])('%s that never comes', async (_, inputs) => {
      const [input, options] = inputs();
      const controller = new AbortController();
      const opening = open(input, { ...options, signal: controller.signal });
      await Promise.race([opening, wait(50)]);
      controller.abort();
      await expect(opening).rejects.toMatchObject(cancelled);
    });
  });
});

describe('a file whose writing is cancelled', () => {
  /** Writes over an old file and cancels when the new one is there in part. */
  const program = (folder, prelude) => `
    ${prelude}
    import fs from 'node:fs';
    import path from 'node:path';
    import { openModel } from 'quantab';
    const folder = ${JSON.stringify(folder)};
    const model = await openModel(path.join(folder, 'large.onnx'));
    const quantized = await model.quantizeDynamic();
    const controller = new AbortController();
    let during = [];
    const failure = await quantized
      .writeTo(path.join(folder, 'out.onnx'), {
        signal: controller.signal,
        onProgress({ stage, done, total }) {
          if (stage !== 'write' || controller.signal.aborted) return;
          during = fs.readdirSync(folder).filter((name) => name.endsWith('.part'));
          if (during.length > 0 && done < total) controller.abort();
        },
      })
      .catch((error) => error);
    const after = fs.readdirSync(folder).sort();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const later = fs.readdirSync(folder).sort();
    // The model goes on.
    await quantized.writeTo(path.join(folder, 'again.onnx'));
    console.log(JSON.stringify({ code: failure.code, during: during.length, after, later }));
  `;

  test.each([
    ['', 48],
    // The worker has a grace of 100 ms, and then must be gone before its file is taken away.
    ['delete globalThis.SharedArrayBuffer;', 200],
  ])(
    'leaves nothing, and an old one as it was: %j',
    async (prelude, megabytes) => {
      await inTemporaryFolder(async (folder) => {
        const file = path.join(folder, 'out.onnx');
        writeLargeModel(path.join(folder, 'large.onnx'), megabytes);
        fs.writeFileSync(file, 'the old one');
        const report = await runModule(program(folder, prelude));
        const left = ['large.onnx', 'out.onnx'];
        expect(report).toEqual({ code: 'Cancelled', during: 1, after: left, later: left });
        expect(fs.readFileSync(file, 'utf8')).toBe('the old one');
        expect(fs.statSync(path.join(folder, 'again.onnx')).size).toBeGreaterThan(1e6);
      });
    },
    180_000,
  );
});

describe('where memory cannot be shared, the worker is ended and', () => {
  /** Runs `body` in a Node without shared memory; it has a function that makes a model's core end. */
  const withoutSharedMemory = (body) =>
    runModule(`
      delete globalThis.SharedArrayBuffer;
      import { Worker } from 'node:worker_threads';
      import { openModel } from 'quantab';
      const { digitSamples, digitsPath, hex, sentDuring } = await import(${JSON.stringify(new URL('lib.mjs', import.meta.url).href)});
      const [sample] = digitSamples(1);
      async function endCore(model) {
        const controller = new AbortController();
        return model
          .benchmark({ runs: ${ENDLESS}, signal: controller.signal, onProgress: ({ done }) => done > 0 && controller.abort() })
          .catch((error) => error);
      }
      const says = ({ code, message }) => ({ code, message });
      const model = await openModel(digitsPath);
      ${body}
    `);

  test('models are opened anew', async () => {
    const report = await withoutSharedMemory(`
      const dynamic = await model.quantizeDynamic();
      const kept = await model.quantizeStatic({ calibrationData: digitSamples(2) });
      const lost = await model.quantizeStatic({ calibrationData: digitSamples(2) });
      const before = { dynamic: hex(await dynamic.bytes()), kept: hex(new Uint8Array(await (await kept.blob()).arrayBuffer())) };
      // Reading a stream keeps nothing.
      for await (const chunk of lost.stream()) void chunk;
      const start = performance.now();
      const failure = await endCore(model);
      const milliseconds = performance.now() - start;
      console.log(JSON.stringify({
        code: failure.code,
        milliseconds,
        outputs: Object.keys(await model.run(sample)),
        dynamic: hex(await dynamic.bytes()) === before.dynamic,
        kept: Object.keys(await kept.run(sample)),
        same: hex(await kept.bytes()) === before.kept,
        lost: await lost.bytes().catch(says),
      }));
    `);
    expect(report).toEqual({
      code: 'Cancelled',
      milliseconds: expect.any(Number),
      outputs: ['logits'],
      dynamic: true,
      kept: ['logits'],
      same: true,
      lost: { code: 'Cancelled', message: expect.stringMatching(/dropped.*Quantize again/) },
    });
    expect(report.milliseconds).toBeLessThan(SOON);
  });

  test('a quantized model comes back though what it was made from is closed', async () => {
    const report = await withoutSharedMemory(`
      const dynamic = await model.quantizeDynamic();
      const kept = await model.quantizeStatic({ calibrationData: digitSamples(2) });
      await kept.blob();
      // Quantized already: nothing is left to quantize, but it is a model made from a model that was kept.
      const third = await kept.quantizeDynamic({ opTypesToQuantize: ['Gather'] }).catch(() => undefined);
      const before = hex(await dynamic.bytes());
      const thirdBefore = third && hex(await third.bytes());
      model.close();
      kept.close();
      const failure = await endCore(dynamic);
      console.log(JSON.stringify({
        code: failure.code,
        dynamic: hex(await dynamic.bytes()) === before,
        outputs: Object.keys(await dynamic.run(sample)),
        third: third === undefined || hex(await third.bytes()) === thirdBefore,
        closed: await model.bytes().catch(says),
      }));
    `);
    expect(report).toEqual({
      code: 'Cancelled',
      dynamic: true,
      outputs: ['logits'],
      third: true,
      closed: { code: 'InvalidArgument', message: expect.stringMatching(/has been closed/) },
    });
  });

  test('calls that come at once open a model once', async () => {
    const report = await withoutSharedMemory(`
      const dynamic = await model.quantizeDynamic();
      await endCore(model);
      const controller = new AbortController();
      let results;
      const sent = await sentDuring(async () => {
        const calls = [
          model.run(sample, { signal: controller.signal }),
          model.run(sample),
          model.bytes(),
          model.compare(dynamic, [sample]),
          dynamic.run(sample),
        ];
        // Whoever came first takes nothing from the others.
        controller.abort();
        results = await Promise.allSettled(calls);
      });
      const names = sent.map(({ message }) => message.name ?? message.type);
      const count = (name) => names.filter((each) => each === name).length;
      console.log(JSON.stringify({
        statuses: results.map(({ status }) => status),
        starts: count('start'),
        // One for the model, one to make the quantized one from.
        opens: count('open'),
        quantizations: count('convert'),
      }));
    `);
    expect(report).toEqual({
      statuses: ['rejected', ...Array(4).fill('fulfilled')],
      starts: 1,
      opens: 2,
      quantizations: 1,
    });
  });

  test('models are compared in the new core', async () => {
    const report = await withoutSharedMemory(`
      const dynamic = await model.quantizeDynamic();
      const before = await model.compare(dynamic, digitSamples(4));
      await endCore(model);
      await dynamic.bytes();
      const mixed = await model.compare(dynamic, digitSamples(4));
      await endCore(model);
      await model.bytes();
      const other = await model.compare(dynamic, digitSamples(4));
      console.log(JSON.stringify({ before, mixed, other }));
    `);
    expect(report.mixed).toEqual(report.before);
    expect(report.other).toEqual(report.before);
  });
});
