// The page in Chromium: what a person does with it, from the first drop to the download.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openModel } from 'quantab';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CALIBRATION, DIGITS, download, drop, fileOf, openPage, root } from './page.mjs';

let session;
beforeEach(async () => {
  session = await openPage();
});
afterEach(() => session.close());

const shown = (selector) => session.page.waitForSelector(selector, { state: 'visible' });
const textOf = (selector) => session.page.textContent(selector);
const alertText = async () => {
  await shown('.alert');
  return textOf('.alert span');
};

async function quantize() {
  await session.page.click('#quantize');
  await shown('#download');
}

describe('from a drop to a download', () => {
  test('a model and samples are dropped, quantized, downloaded, and the download loads', async () => {
    const { page, requests, problems } = session;
    await drop(page, [fileOf(DIGITS)]);
    await shown('#model-title');
    expect(await textOf('#model')).toContain('digits.onnx');
    expect(await textOf('#model')).toContain('image');
    const loaded = requests.length;

    await drop(page, [fileOf(CALIBRATION)]);
    expect(await textOf('#sample-count')).toBe('1 sample file.');
    await quantize();
    expect(await textOf('#result')).toContain('300 samples');
    expect(await textOf('#result')).toContain('Latency here');

    const { file, name } = await download(page);
    expect(name).toBe('digits.static.int8.onnx');
    const size = fs.statSync(file).size;
    expect(size).toBeLessThan(fs.statSync(DIGITS).size * 0.45);

    await page.click('#close-model');
    await drop(page, [fileOf(file)]);
    await shown('#model-title');
    expect(await textOf('#model')).toContain('QuantizeLinear');
    expect(await textOf('#model')).toContain('quantized already');

    const { default: ort } = await import('onnxruntime-node');
    const reference = await ort.InferenceSession.create(file);
    expect(reference.inputNames).toEqual(['image']);

    const added = requests.slice(loaded).filter((url) => !url.startsWith('blob:'));
    expect(added.filter((url) => !url.startsWith(session.address))).toEqual([]);
    expect(added.filter((url) => !/\.(wasm|js)$/.test(url))).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('dynamic quantization needs no samples', async () => {
    const { page } = session;
    await drop(page, [fileOf(DIGITS)]);
    await shown('#method-dynamic');
    await page.check('#method-dynamic');
    await page.selectOption('#option-weight_type', 'QUInt8');
    await quantize();
    expect(await textOf('#result')).toContain('Add samples to see');
    expect((await download(page)).name).toBe('digits.dynamic.int8.onnx');
  });

  test('the example is one click away', async () => {
    const { page } = session;
    await page.click('#try-example');
    await shown('#model-title');
    expect(await textOf('#sample-count')).toBe('1 sample file.');
    await quantize();
    const top1 = await page.textContent('#result table >> nth=1');
    expect(top1).toMatch(/(9[5-9](\.\d+)?|100) %/);
  });

  test('pictures become inputs by preprocessing that is shown and can be changed', async () => {
    const { page } = session;
    await drop(page, [fileOf(DIGITS)]);
    await shown('#settings-title');
    const png = Buffer.from(
      await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(24, 16);
        const context = canvas.getContext('2d');
        context.fillStyle = '#888';
        context.fillRect(4, 4, 12, 8);
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
      }),
    );
    await drop(page, [{ name: 'a.png', bytes: png }]);
    await shown('#image-options');
    expect(await page.inputValue('#image-width')).toBe('8');
    expect(await page.inputValue('#image-channels')).toBe('GRAY');
    await page.fill('#image-mean', '0.5');
    await page.fill('#image-std', 'half');
    await page.click('#quantize');
    expect(await alertText()).toContain("'half'");
    await page.fill('#image-std', '1/2');
    await quantize();
    expect(await textOf('#result')).toContain('1 sample)');
  });

  test('random data is offered and called harmful', async () => {
    const { page } = session;
    await drop(page, [fileOf(DIGITS)]);
    await shown('#samples');
    expect(await textOf('#samples')).toContain('harm accuracy');
    await page.check('#random-data');
    await quantize();
    expect(await textOf('#result')).toContain('Made with random data');
  });

  test('a model with external data is dropped as several files', async () => {
    const { page } = session;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-'));
    const digits = await openModel(DIGITS);
    await digits.writeTo(path.join(folder, 'external.onnx'), { useExternalDataFormat: true });
    digits.close();
    const model = fileOf(`${folder}/external.onnx`);
    await drop(page, [model]);
    expect(await alertText()).toContain('external.onnx.data');
    await drop(page, [model, fileOf(`${folder}/external.onnx.data`)]);
    await shown('#model-title');
    expect(await textOf('#model')).toContain('external data');
  });
});

describe('what goes wrong is said, and the page goes on working', () => {
  const bad = [
    ['an empty file', Buffer.alloc(0), 'empty'],
    ['random bytes', Buffer.from('c3a1f09f9880ffee00112233445566778899aabb', 'hex'), 'bad.onnx'],
    ['a truncated model', fs.readFileSync(DIGITS).subarray(0, 100_000), 'bad.onnx'],
    ['a TensorFlow Lite file', Buffer.from('1c00000054464c33deadbeef', 'hex'), 'TensorFlow Lite'],
  ];
  test.each(bad)('%s', async (_, bytes, said) => {
    const { page, problems } = session;
    await drop(page, [{ name: 'bad.onnx', bytes }]);
    expect(await alertText()).toContain(said);
    await drop(page, [fileOf(DIGITS)]);
    await shown('#model-title');
    expect(problems).toEqual([]);
  });

  test('a sample of the wrong shape says expected and got', async () => {
    const { page } = session;
    await drop(page, [fileOf(DIGITS)]);
    await shown('#samples');
    const labels = `${root}/examples/digits/heldout_labels.npy`;
    await drop(page, [fileOf(labels)]);
    await page.click('#quantize');
    const text = await alertText();
    expect(text).toContain('image');
    expect(text).toMatch(/expected/);
    await page.click('.alert button');
    await page.check('#method-dynamic');
    await page.click('#samples button.link');
    await quantize();
  });

  test('static quantization without samples asks for them', async () => {
    await drop(session.page, [fileOf(DIGITS)]);
    await shown('#quantize');
    await session.page.click('#quantize');
    expect(await alertText()).toContain('needs samples');
  });

  test('cancelling leaves nothing behind, and the model can be quantized again', async () => {
    const { page } = session;
    const rows = fs.readFileSync(CALIBRATION);
    await drop(page, [fileOf(DIGITS)]);
    await shown('#samples');
    const many = Array.from({ length: 20 }, (_, i) => ({
      name: `calibration_${i}.npy`,
      bytes: rows,
    }));
    await drop(page, many);
    await page.click('#quantize');
    await shown('#cancel');
    await page.click('#cancel');
    await page.waitForSelector('#progress', { state: 'detached' });
    expect(await page.isVisible('#download')).toBe(false);
    expect(await page.isVisible('.alert')).toBe(false);
    await page.click('#samples button.link');
    await drop(page, [fileOf(CALIBRATION)]);
    await quantize();
  });
});

describe('the page keeps its promises', () => {
  test('it works offline once it is loaded', async () => {
    const { page, context } = session;
    await page.waitForFunction(
      () => document.getElementById('offline').textContent === 'Ready to work offline.',
    );
    await context.setOffline(true);
    await page.reload();
    await page.click('#try-example');
    await shown('#model-title');
    await quantize();
  });

  test('its policy forbids every other origin', async () => {
    const refused = await session.page.evaluate(async () => {
      const blocked = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        blocked.push(event.blockedURI),
      );
      await fetch('https://example.org/').catch(() => blocked.push('fetch failed'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return blocked;
    });
    expect(refused.some((uri) => uri.startsWith('https://example.org'))).toBe(true);
  });

  test('everything can be reached and started from the keyboard', async () => {
    const { page } = session;
    const seen = new Set();
    for (let i = 0; i < 10; ++i) {
      await page.keyboard.press('Tab');
      seen.add(await page.evaluate(() => document.activeElement?.id));
    }
    expect(seen).toContain('pick-model');
    expect(seen).toContain('try-example');
    await page.focus('#try-example');
    await page.keyboard.press('Enter');
    await shown('#model-title');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('model-title');
    await page.focus('#quantize');
    await page.keyboard.press('Enter');
    await shown('#download');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('result-title');
  });

  test('axe finds nothing wrong, with and without a model', async () => {
    const { page } = session;
    const source = fs.readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8');
    const violations = async () => {
      // The page's own policy would refuse a script element; the debugger's evaluation is not bound by it.
      await page.evaluate(source);
      const result = await page.evaluate(() => globalThis.axe.run());
      return result.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((n) => n.target).join(' ')}`,
      );
    };
    expect(await violations()).toEqual([]);
    await page.click('#try-example');
    await shown('#model-title');
    expect(await violations()).toEqual([]);
    await quantize();
    expect(await violations()).toEqual([]);
  });
});
