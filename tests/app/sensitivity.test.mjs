// What each node costs when it alone is quantized, and the way from there to a better model.
import { expect, test } from '@jest/globals';
import { violations } from './axe.mjs';
import { badNode, decibels, quantizeBadLayer } from './bad_layer.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

const ROWS = '#sensitivities tbody tr';

test('nodes are ranked, the worst first, and what is ticked stays in float', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeBadLayer(tab);
  const before = await decibels(tab);
  await page.click('#sensitivity > summary');
  await tab.shown('#sensitivity-start');
  await page.fill('#sensitivity-samples', '3');
  await page.focus('#sensitivity-start');
  await page.keyboard.press('Enter');
  await tab.shown('#sensitivities');
  expect(await tab.text('#sensitivities caption')).toBe(
    'Each node quantized alone, worst first (3 samples)',
  );
  // The focus is on the table that came of it.
  expect(await page.evaluate(() => document.activeElement.closest('#sensitivities') !== null)).toBe(
    true,
  );
  const rows = await page.$$eval(ROWS, (all) =>
    all.map(({ cells }) => Array.from(cells, (cell) => cell.textContent.trim())),
  );
  expect(rows[0][0]).toBe(`${badNode} Conv`);
  const values = rows.map(([, value]) => (value === '∞' ? Infinity : Number(value)));
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(values[1] - values[0]).toBeGreaterThan(10);
  const bars = await page.$$eval(`${ROWS} meter`, (all) => all.map(({ value }) => value));
  expect(bars[0]).toBe(Math.max(...bars));
  expect(await violations(page)).toEqual([]);

  expect(await page.getAttribute('#keep-sensitive', 'aria-disabled')).toBe('true');
  await page.check(`${ROWS}:first-child input`);
  expect(await tab.text('#keep-sensitive')).toBe('Quantize again with 1 node in float');
  await page.click('#keep-sensitive');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await tab.text('#made-with')).toContain(`Nodes to exclude: ${badNode}`);
  expect(await decibels(tab)).toBeGreaterThan(before + 10);
  expect(tab.problems).toEqual([]);
});
