// Models in blobs, which a browser reads ahead of what the core asks for, beside the same models in memory.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { launchChromium } from '../lib/chromium.mjs';
import { packageFolder, root, writeLargeModel } from './lib.mjs';
import { reporting, visitFolder, writePage } from './visit.mjs';

const folder = path.join(root, 'tests', '.out', 'blobs');
/** Megabytes: several times what is read ahead. */
const LARGE = 40;

let browser;
beforeAll(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const large = path.join(folder, 'large.onnx');
  writeLargeModel(large, LARGE);
  const model = await openModel(large);
  await model.writeTo(path.join(folder, 'split.onnx'), { useExternalDataFormat: true });
  model.close();
  browser = await launchChromium();
}, 120_000);
afterAll(() => browser?.close());

test('a blob gives what its bytes give', async () => {
  writePage(
    folder,
    reporting(
      `import { openModel } from './quantab/index.js';`,
      `
      const get = async (name) => (await fetch(name)).blob();
      const hash = async (bytes) =>
        Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))).join();
      const convert = async (input, options, settings) => {
        const model = await openModel(input, options);
        const made = await model.quantizeDynamic(settings);
        const digest = await hash(await made.bytes());
        made.close();
        model.close();
        return digest;
      };
      const large = await get('large.onnx');
      const split = await get('split.onnx');
      const data = await get('split.onnx.data');
      const bytes = new Uint8Array(await large.arrayBuffer());
      const report = [];
      for (const perChannel of [false, true]) {
        const externalData = { 'split.onnx.data': data };
        report.push([
          await convert(bytes, {}, { perChannel }),
          await convert(new File([large], 'large.onnx'), {}, { perChannel }),
          await convert(new File([split], 'split.onnx'), { externalData }, { perChannel }),
        ]);
      }
      return { bytes: large.size, report };
      `,
    ),
  );
  fs.symlinkSync(path.join(packageFolder, 'dist'), path.join(folder, 'quantab'));
  const { report, complaints } = await visitFolder(browser, folder);
  expect(complaints).toEqual([]);
  expect(report.failed).toBeUndefined();
  expect(report.bytes).toBeGreaterThan(LARGE * 1e6 - 1);
  for (const [fromBytes, fromBlob, fromTwo] of report.report) {
    expect(fromBlob).toBe(fromBytes);
    expect(fromTwo).toBe(fromBytes);
  }
}, 120_000);
