// Results are kept side by side: chosen, downloaded, removed.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

/** The texts of a row of the results, by its first cell. */
const row = (tab, name) =>
  tab.page.$$eval(
    '#runs tbody tr',
    (rows, wanted) => {
      const found = rows.find((each) => each.cells[0].textContent === wanted);
      return Array.from(found.cells, (cell) => cell.textContent);
    },
    name,
  );

async function twoResults() {
  const { tab } = session;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await tab.quantize();
  await tab.page.check('#method-float16');
  await tab.page.check('#option-keep_io_types');
  await tab.quantize();
  return tab;
}

test('every result stays as a column, with figures in words and numbers', async () => {
  const tab = await twoResults();
  const { page } = tab;
  expect(
    await page.$$eval('#runs thead th', (heads) =>
      heads.map((head) => [head.scope, head.innerText.replaceAll('\n', ' ')]),
    ),
  ).toEqual([
    ['col', 'Result'],
    ['col', 'Original'],
    ['col', '1. digits.static.int8.onnx'],
    ['col', '2. digits.float16.onnx shown below'],
  ]);
  const scopes = await page.$$eval('#runs tbody th', (heads) => heads.map(({ scope }) => scope));
  expect(new Set(scopes)).toEqual(new Set(['row']));
  const [, original, first, second] = await row(tab, 'Made by');
  expect([original, first, second]).toEqual([
    '–',
    'Static, on 300 samplesActivation type: QUInt8',
    'Half precisionKeep io types: yes',
  ]);
  expect((await row(tab, 'Size')).slice(1)).toEqual(['425 kB', '115 kB', '214 kB']);
  expect((await row(tab, 'Of the original')).slice(1)).toEqual(['100 %', '27.1 %', '50.2 %']);
  for (const latency of (await row(tab, 'Latency here')).slice(1)) {
    expect(latency).toMatch(/^[\d.]+ ms[\d.]+ to [\d.]+ ms$/);
  }
  const [, , outputs, closer] = await row(tab, 'Outputs');
  expect(outputs).toMatch(/^closesame first choice on \d+ of 300 samples$/);
  expect(closer).toBe('practically the samesame first choice on 300 of 300 samples');
  const [, , int8, half] = await row(tab, 'SQNR, dB');
  expect(Number(half)).toBeGreaterThan(Number(int8) + 10);
  const bars = await page.$$eval('#runs meter', (meters) => meters.map(({ value }) => value));
  expect(bars).toHaveLength(6);
  expect(Math.max(...bars.slice(0, 3))).toBe(bars[0]);
  expect(tab.problems).toEqual([]);
});

test('an earlier result can be looked at, downloaded and removed', async () => {
  const tab = await twoResults();
  const { page } = tab;
  await page.click('#details-1');
  expect(await tab.focused()).toBe('result-title');
  expect(await tab.text('#result-title')).toBe('Result 1');
  expect(await tab.text('#made-with')).toContain('Static, on 300 samples');
  expect(await page.$('#layers')).not.toBeNull();
  // The settings that are shown are those of the other one.
  expect(await page.isVisible('#outdated')).toBe(true);
  expect(await page.getAttribute('#details-1', 'aria-pressed')).toBe('true');
  const first = await tab.download('#download-1');
  expect(first.name).toBe('digits.static.int8.onnx');
  const recipe = await tab.download('#recipe-1');
  expect(recipe.name).toBe('digits.static.int8.recipe.json');
  expect(JSON.parse(fs.readFileSync(recipe.file, 'utf8'))).toEqual({
    quantize_static: { activation_type: 'QUInt8' },
  });

  await page.click('#remove-1');
  expect(await tab.focused()).toBe('details-2');
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await page.$('#download-1')).toBeNull();
  expect((await tab.download('#download-2')).name).toBe('digits.float16.onnx');
  await page.click('#remove-2');
  expect(await page.isVisible('#runs')).toBe(false);
  expect(await page.isVisible('#result')).toBe(false);
  expect(await tab.focused()).toBe('quantize');
  // Numbers are not given again.
  await tab.quantize();
  expect(await tab.text('#result-title')).toBe('Result 3');
  expect(tab.problems).toEqual([]);
});

test('layers of an earlier result are kept in float by its own settings', async () => {
  const tab = await twoResults();
  const { page } = tab;
  await page.click('#details-1');
  await page.check('#layers tbody tr:first-child input');
  await page.click('#keep-in-float');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 3');
  expect(await tab.text('#made-with')).toMatch(/^Static, on 300 samples · .*Nodes to exclude: /);
  expect(await page.isChecked('#method-static')).toBe(true);
});

test('a file of a set keeps its name when it is made again with a layer in float', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.drop(fileOf(DIGITS, 'model.onnx'), fileOf(CALIBRATION));
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await page.check('#preset-transformers-js');
  await tab.quantize();
  await page.click('#details-2');
  await page.check('#layers tbody tr:first-child input');
  await page.click('#keep-in-float');
  await tab.finished();
  expect((await tab.download()).name).toBe('model_int8.onnx');
  await tab.allOptions();
  await page.check('#option-per_channel');
  await tab.quantize();
  expect((await tab.download()).name).toBe('model.dynamic.int8.onnx');
});

test('the results fit a narrow screen by scrolling in their own box', async () => {
  const tab = await twoResults();
  await tab.page.setViewportSize({ width: 320, height: 640 });
  const { wide, inner, outer } = await tab.page.evaluate(() => {
    const box = document.querySelector('#runs .scroll');
    return {
      wide: document.documentElement.scrollWidth,
      inner: box.scrollWidth,
      outer: box.clientWidth,
    };
  });
  expect(wide).toBeLessThanOrEqual(320);
  expect(inner).toBeGreaterThan(outer);
});
