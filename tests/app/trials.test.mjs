// All ready-made settings side by side, the unbeaten ones marked, and the way from one of them to a result.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { Tensor } from 'quantab';
import { readNpy, writeNpy } from 'quantab/samples';
import { violations } from './axe.mjs';
import { CALIBRATION, eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

const COUNT = 40;
const SAMPLES = `1 sample file, ${COUNT} rows, used as ${COUNT} samples.`;

/** The first of the example's images. */
function few() {
  const { dtype, dims, data } = readNpy(fs.readFileSync(CALIBRATION));
  const part = data.slice(0, (COUNT * data.length) / dims[0]);
  const images = new Tensor(dtype, [COUNT, ...dims.slice(1)], part);
  return { name: 'few.npy', bytes: Buffer.from(writeNpy(images)) };
}

const number = (text) => Number.parseFloat(text);
const UNITS = { B: 1, kB: 1e3 };

async function rows(tab) {
  const cells = await tab.page.$$eval('#trials tbody tr', (all) =>
    all.map((row) => Array.from(row.cells, (cell) => cell.textContent)),
  );
  return cells.map(([name, size, , latency, outputs, mark]) => ({
    name,
    bytes: number(size) * UNITS[size.split(' ')[1]],
    latency: number(latency),
    decibels: number(/(-?[\d.]+) dB$/.exec(outputs)?.[1]),
    mark,
  }));
}

test('every setting is tried once; what nothing beats is marked and can be made', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.openDigits();
  expect(await page.isVisible('#try-all')).toBe(false);
  await tab.drop(few());
  await tab.samplesAre(SAMPLES);
  await page.focus('#try-all');
  await page.keyboard.press('Enter');
  await tab.shown('#trials-title');
  expect(await tab.focused()).toBe('trials-title');
  const [original, ...tried] = await rows(tab);
  expect(original.name).toBe('Original');
  expect(tried.map(({ name }) => name).toSorted()).toEqual([
    'Balanced',
    'Most accurate',
    'Smallest',
    'transformers.js _fp16',
    'transformers.js _int8',
    'transformers.js _quantized _uint8',
  ]);
  expect(tried[0].name).toBe('Smallest');
  const sizes = tried.map(({ bytes }) => bytes);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(tried.every(({ latency }) => latency > 0)).toBe(true);
  // The smallest and the closest are beaten by none, and what is worse in everything is not taken for unbeaten.
  const marks = new Map(tried.map(({ name, mark }) => [name, mark]));
  expect(marks.get('Smallest')).toBe('unbeaten');
  for (const each of tried) {
    const isBeaten = tried.some(
      (other) =>
        other.bytes < each.bytes && other.latency < each.latency && other.decibels > each.decibels,
    );
    if (isBeaten) expect(each.mark).toBe('beaten');
  }
  expect(await violations(page)).toEqual([]);

  await page.click('#trials tr:has-text("Smallest") button');
  await tab.finished();
  expect(await tab.text('#made-with')).toBe(
    'Static, on 40 samples · Per channel: yes · Activation type: QUInt8 · Weight type: QInt4',
  );
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(tab.problems).toEqual([]);
});

test('what was tried before it was cancelled is shown, and nothing is called best', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.openDigits();
  await tab.drop(few());
  await tab.samplesAre(SAMPLES);
  const cancelled = page.evaluate(
    () =>
      new Promise((resolve) => {
        new window.MutationObserver((_, observer) => {
          if (!document.getElementById('progress-stage')?.textContent.startsWith('2 of 6, '))
            return;
          observer.disconnect();
          document.getElementById('progress-cancel').click();
          resolve();
        }).observe(document.getElementById('work'), { childList: true, subtree: true });
      }),
  );
  await page.click('#try-all');
  await cancelled;
  await tab.shown('#trials-title');
  const tried = await rows(tab);
  expect(tried.map(({ name, mark }) => [name, mark])).toEqual([
    ['Original', '–'],
    ['Balanced', '–'],
  ]);
  expect(await tab.text('#trials .notice')).toContain('cancelled before all were tried');
  expect(await page.isVisible('.alert')).toBe(false);
  // Another model has nothing of it.
  await page.click('#close-model');
  await tab.openDigits();
  expect(await page.isVisible('#trials')).toBe(false);
});
