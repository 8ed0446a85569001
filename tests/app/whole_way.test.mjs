// The whole way of a person with a convolutional model and a folder of pictures, up to going on without a network after a reload.
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { readNpy } from 'quantab/samples';
import { violations } from './axe.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, temporaryFolder } from './page.mjs';
import { pngOf } from './png.mjs';

const session = eachTestHasPage();
const PICTURES = 40;

/** The model, and digits as pictures in a folder beside it. */
function onDisk() {
  const folder = temporaryFolder();
  const pictures = path.join(folder, 'pictures');
  fs.mkdirSync(pictures);
  const model = path.join(folder, 'digits.onnx');
  fs.copyFileSync(DIGITS, model);
  const { data } = readNpy(fs.readFileSync(CALIBRATION));
  for (let i = 0; i < PICTURES; ++i) {
    const pixels = data.subarray(i * 64, (i + 1) * 64).map((value) => Math.round(value * 255));
    fs.writeFileSync(path.join(pictures, `${i}.png`), pngOf(8, 8, pixels));
  }
  return { model, pictures };
}

/** The first output's decibels of the result whose details are shown. */
const decibels = async (tab) =>
  Number(await tab.text('#figures table >> nth=1 >> tbody td >> nth=0'));

async function isFine(tab) {
  const { page } = tab;
  expect(await violations(page)).toEqual([]);
  const { width, height } = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width, height });
}

test('drop, quantize, keep the worst layer in float, save, reload, go on offline', async () => {
  const { tab, context, server } = session;
  const { page } = tab;
  const { model, pictures } = onDisk();
  await isFine(tab);
  await page.waitForFunction(
    () => document.getElementById('offline').textContent === 'Ready to work offline.',
  );

  await tab.dropPaths(model, pictures);
  await tab.shown('#model-title');
  await tab.samplesAre(`${PICTURES} sample files.`);
  await isFine(tab);
  await tab.quantize();
  expect(await tab.text('#made-with')).toMatch(/^Static, on 40 samples · Per channel: yes/);
  expect(await tab.text('#verdict')).toMatch(/the same first choice on (39|40) of 40 samples/);
  const recipe = JSON.parse(await tab.text('#recipe pre >> nth=0'));
  expect(recipe.preprocess.inputs.image.kind).toBe('image');
  const before = await decibels(tab);
  await isFine(tab);

  await page.check('#layers tbody tr:first-child input');
  await page.click('#keep-in-float');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await decibels(tab)).toBeGreaterThan(before);
  await isFine(tab);
  const { file } = await tab.download();
  const made = await openModel(file);
  expect(made.info.quantized).toBe(true);
  made.close();
  const report = await tab.download('#save-report');
  expect(fs.readFileSync(report.file, 'utf8')).toContain(await tab.text('#verdict'));

  await page.waitForTimeout(500);
  await context.setOffline(true);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await page.reload();
  await tab.shown('#go-on-now');
  await isFine(tab);
  await page.click('#go-on-now');
  await tab.shown('#model-title');
  await tab.samplesAre(`${PICTURES} sample files.`);
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await page.$$('#runs thead th')).toHaveLength(4);
  await isFine(tab);
  await page.click('#make-again');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 3');
  expect((await tab.download()).name).toBe('digits.static.int8.onnx');
  expect(tab.problems).toEqual([]);
});
