// Cancelling: a call ends at once, leaves nothing behind, and the model goes on.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import { digitSamples, digitsPath, hex, inTemporaryFolder, runModule } from './lib.mjs';

const cancelled = { name: 'AbortError', code: 'Cancelled' };
/** More runs than any machine makes in the time of a test. */
const ENDLESS = 1_000_000_000;

describe('in a worker', () => {
  test('a signal that has fired already rejects every call, with its reason as the cause', async () => {
    const model = await keep(openModel(digitsPath));
    const signal = AbortSignal.abort('enough');
    await expect(openModel(digitsPath, { signal })).rejects.toMatchObject({
      ...cancelled,
      cause: 'enough',
    });
    for (const call of [
      () => model.quantizeDynamic({ signal }),
      () => model.quantizeStatic({ signal, calibrationData: digitSamples(1) }),
      () => model.run(digitSamples(1)[0], { signal }),
      () => model.compare(model, digitSamples(1), { signal }),
      () => model.benchmark({ signal }),
      () => model.bytes({ signal }),
    ]) {
      await expect(call()).rejects.toMatchObject(cancelled);
    }
    expect((await model.bytes()).byteLength).toBe(model.byteLength);
  });

  test('a call in the core ends; the model and its results go on', async () => {
    const model = await keep(openModel(digitsPath));
    const quantized = await keep(model.quantizeStatic({ calibrationData: digitSamples(4) }));
    const expected = hex(await quantized.bytes());
    const controller = new AbortController();
    const start = performance.now();
    await expect(
      model.benchmark({
        runs: ENDLESS,
        signal: controller.signal,
        onProgress: ({ done }) => done > 0 && controller.abort(),
      }),
    ).rejects.toMatchObject(cancelled);
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
    expect(hex(await quantized.bytes())).toBe(expected);
  });

  test('calibration ends between samples and asks for no more of them', async () => {
    const model = await keep(openModel(digitsPath));
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
    expect({ asked, ended }).toEqual({ asked: 3, ended: true });
    const quantized = await keep(model.quantizeDynamic());
    expect(quantized.info.quantized).toBe(true);
  });

  test('a call that waits for another is dropped; the other is not disturbed', async () => {
    const model = await keep(openModel(digitsPath));
    const controller = new AbortController();
    const first = model.benchmark({ runs: 200 });
    const second = model.benchmark({ runs: ENDLESS, signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject(cancelled);
    expect((await first).runs).toBe(200);
  });

  test('a cancelled file leaves nothing, and an old one as it was', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await keep(openModel(digitsPath));
      const file = path.join(folder, 'out.onnx');
      fs.writeFileSync(file, 'the old one');
      const controller = new AbortController();
      const writing = model.writeTo(file, {
        signal: controller.signal,
        onProgress: ({ stage }) => stage === 'write' && controller.abort(),
      });
      controller.abort();
      await expect(writing).rejects.toMatchObject(cancelled);
      expect(fs.readdirSync(folder)).toEqual(['out.onnx']);
      expect(fs.readFileSync(file, 'utf8')).toBe('the old one');
    });
  });

  test('closing a model ends its call', async () => {
    const model = await openModel(digitsPath);
    const running = model.benchmark({
      runs: ENDLESS,
      onProgress: ({ done }) => done > 0 && model.close(),
    });
    await expect(running).rejects.toMatchObject({ code: 'Cancelled' });
  });
});

test('where memory cannot be shared, the worker is ended and the model opened anew', async () => {
  const report = await runModule(`
    delete globalThis.SharedArrayBuffer;
    import { openModel } from 'quantab';
    const { digitSamples, digitsPath, hex } = await import(${JSON.stringify(new URL('lib.mjs', import.meta.url).href)});
    const model = await openModel(digitsPath);
    const dynamic = await model.quantizeDynamic();
    const kept = await model.quantizeStatic({ calibrationData: digitSamples(2) });
    const lost = await model.quantizeStatic({ calibrationData: digitSamples(2) });
    const before = { dynamic: hex(await dynamic.bytes()), kept: hex(new Uint8Array(await (await kept.blob()).arrayBuffer())) };
    const controller = new AbortController();
    const start = performance.now();
    const failure = await model
      .benchmark({ runs: ${ENDLESS}, signal: controller.signal, onProgress: ({ done }) => done > 0 && controller.abort() })
      .catch((error) => error);
    const milliseconds = performance.now() - start;
    console.log(JSON.stringify({
      code: failure.code,
      milliseconds,
      outputs: Object.keys(await model.run(digitSamples(1)[0])),
      dynamic: hex(await dynamic.bytes()) === before.dynamic,
      kept: Object.keys(await kept.run(digitSamples(1)[0])),
      lost: await lost.bytes().catch(({ code, message }) => ({ code, message })),
    }));
  `);
  expect(report).toEqual({
    code: 'Cancelled',
    milliseconds: expect.any(Number),
    outputs: ['logits'],
    dynamic: true,
    kept: ['logits'],
    lost: { code: 'Cancelled', message: expect.stringMatching(/dropped.*Quantize again/) },
  });
  expect(report.milliseconds).toBeLessThan(20_000);
});

test('directly: the signal is looked at between units of work', async () => {
  const model = await keep(direct.openModel(digitsPath));
  const controller = new AbortController();
  await expect(
    model.benchmark({
      runs: ENDLESS,
      signal: controller.signal,
      onProgress: ({ done }) => done > 0 && controller.abort(),
    }),
  ).rejects.toMatchObject(cancelled);
  expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
});
