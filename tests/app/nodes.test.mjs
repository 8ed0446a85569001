// Looking through the nodes of a model: the filter, the table and the details.
import { describe, expect, test } from '@jest/globals';
import { makeModel } from './models.mjs';
import { manyNodes, openNodes, rowCount, says, selectedRow } from './nodes.mjs';
import { violations } from './axe.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

test('the page loads nothing for it until it is opened', async () => {
  const { tab, requests } = session;
  await tab.openDigits();
  expect(await tab.text('#nodes summary')).toMatch(/\d+ nodes$/);
  // The worker that keeps the page offline asks for everything, by itself.
  const asked = () => requests.filter((url) => /explore|layout_worker/.test(url)).length;
  const before = asked();
  await tab.page.click('#nodes summary');
  await tab.shown('#graph');
  expect(asked()).toBeGreaterThan(before);
  expect(tab.problems).toEqual([]);
});

test('bytes by operator are numbers with bars, most first', async () => {
  const { tab } = session;
  await tab.openDigits();
  const rows = await tab.page.$$eval('#model table >> nth=1 >> tbody tr', (all) =>
    all.map((row) => ({
      share: parseFloat(row.cells[3].textContent),
      bar: row.querySelector('meter').value / row.querySelector('meter').max,
    })),
  );
  expect(rows.length).toBeGreaterThan(2);
  expect(rows[0].bar).toBe(1);
  expect(rows[0].share).toBeGreaterThan(40);
  for (const [i, { share, bar }] of rows.entries()) {
    expect(share).toBeLessThanOrEqual(rows[Math.max(0, i - 1)].share);
    expect(bar).toBeCloseTo(share / rows[0].share, 1);
  }
});

describe('the filter', () => {
  test('finds by name, operator, input and output', async () => {
    const { tab } = session;
    await openNodes(tab, manyNodes(300));
    for (const [text, operator, found] of [
      ['Add', '', 30],
      ['relu', '', 270],
      ['h123', '', 2],
      ['relu h123', 'ai.onnx:Relu', 2],
      ['', 'ai.onnx:Add', 30],
      ['h19', 'ai.onnx:Add', 3],
      ['nothing of this name', '', 0],
      ['', '', 300],
    ]) {
      await tab.page.fill('#find', text);
      await tab.page.selectOption('#find-operator', operator);
      await says(tab, '#found', `${found} of 300 nodes`);
      expect(await rowCount(tab)).toBe(Math.min(found, 50));
    }
  });

  test('leads from match to match, and round again', async () => {
    const { tab } = session;
    await openNodes(tab, manyNodes(100));
    await tab.page.fill('#find', 'Add_of');
    const seen = [];
    for (let i = 0; i < 11; ++i) {
      await tab.page.click('#find-next');
      seen.push(await tab.text('#node-title'));
    }
    expect(seen[0]).toBe('Add_of_h9');
    expect(seen[9]).toBe('Add_of_h99');
    expect(seen[10]).toBe('Add_of_h9');
    await tab.page.click('#find-previous');
    expect(await tab.text('#node-title')).toBe('Add_of_h99');
  });
});

test('every row can be reached, a page at a time', async () => {
  const { tab } = session;
  await openNodes(tab, manyNodes(120));
  await says(tab, '#rows-shown', 'Rows 1 to 50 of 120');
  await tab.page.dispatchEvent('#rows-previous', 'click');
  await says(tab, '#rows-shown', 'Rows 1 to 50 of 120');
  await tab.page.click('#rows-next');
  await tab.page.click('#rows-next');
  await says(tab, '#rows-shown', 'Rows 101 to 120 of 120');
  expect(await rowCount(tab)).toBe(20);
  expect(await tab.page.getAttribute('#rows-next', 'aria-disabled')).toBe('true');
  await tab.page.fill('#find', 'Add_of');
  await says(tab, '#rows-shown', 'Rows 1 to 12 of 12');
});

test('the details name what a node reads and writes, and lead there', async () => {
  const { tab } = session;
  const model = makeModel({
    inputs: [{ name: 'x', dims: ['batch', 8] }],
    outputs: [{ name: 'y', dims: ['batch', 4] }],
    weights: { w: [8, 4], most: [] },
    nodes: [
      { type: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { type: 'Clip', inputs: ['h', '', 'most'], outputs: ['y'] },
    ],
  });
  await openNodes(tab, model);
  await tab.page.click('#node-table button >> nth=0');
  expect(await tab.page.locator('#node-details li').allTextContents()).toEqual([
    'x float32 [batch, 8], an input of the model',
    'w, stored in the model: histogram',
    'h to Clip_of_h',
  ]);
  await tab.page.click('#node-details button:has-text("Clip_of_h")');
  expect(await tab.text('#node-title')).toBe('Clip_of_h');
  expect(await tab.focused()).toBe('node-title');
  expect(await selectedRow(tab)).toBe('Clip_of_h');
  expect((await tab.page.locator('#node-details li').allTextContents()).slice(0, 2)).toEqual([
    'h from MatMul_of_x',
    'left out',
  ]);
});

test('a stored weight shows how its numbers are spread', async () => {
  const { tab } = session;
  const model = makeModel({
    inputs: [{ name: 'x', dims: [1, 8] }],
    outputs: [{ name: 'y', dims: [1, 8] }],
    weights: { w: [8, 8], order: [1, 0] },
    nodes: [
      { type: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { type: 'Add', inputs: ['h', 'order'], outputs: ['y'] },
    ],
  });
  await openNodes(tab, model);
  await tab.page.click('#node-table button >> nth=0');
  await tab.page.focus('button[aria-label="Histogram of w"]');
  await tab.page.keyboard.press('Enter');
  await tab.shown('.weight');
  // Every multiple of 1/32 from -31.5/32 to 31.5/32, once.
  expect(await tab.text('.weight figcaption')).toBe(
    'float32 [8, 8], 64 numbers, from -0.9844 to 0.9844, mean 0, standard deviation 0.5773.',
  );
  const label = await tab.page.getAttribute('.weight svg', 'aria-label');
  expect(label).toBe('Histogram of w; heights are logarithms');
  expect((await tab.page.getAttribute('.weight path', 'd')).match(/M/g)).toHaveLength(64);
  expect(await tab.page.evaluate(() => document.activeElement.tagName)).toBe('FIGCAPTION');
  expect(tab.problems).toEqual([]);
});

test('the keyboard is enough to find a node, select it and look at it', async () => {
  const { tab } = session;
  const { keyboard } = tab.page;
  await tab.open({ name: 'm.onnx', bytes: manyNodes(200) });
  await tab.listen();
  await tab.page.focus('#nodes summary');
  await keyboard.press('Enter');
  await tab.shown('#graph');
  await keyboard.press('Tab');
  expect(await tab.focused()).toBe('find');
  await keyboard.type('Add_of');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  expect(await tab.text('#node-title')).toBe('Add_of_h19');
  expect(await tab.said()).toContain('Selected: Add_of_h19, Add.');
  await keyboard.press('Shift+Enter');
  expect(await tab.text('#node-title')).toBe('Add_of_h9');

  for (const id of ['find-operator', 'find-previous', 'find-next', 'graph']) {
    await keyboard.press('Tab');
    expect(await tab.focused()).toBe(id);
  }
  await keyboard.press('0');
  const whole = await tab.text('#zoom-level');
  await keyboard.press('+');
  expect(await tab.text('#zoom-level')).not.toBe(whole);
  await keyboard.press('-');
  expect(await tab.text('#zoom-level')).toBe(whole);
  await keyboard.press('Escape');
  expect(await tab.text('#node-details')).toBe('No node is selected.');

  await tab.page.focus('#node-table button >> nth=3');
  await keyboard.press('Enter');
  expect(await selectedRow(tab)).toBe('Add_of_h39');
  expect(await tab.page.evaluate(() => document.activeElement.textContent)).toBe('Add_of_h39');
});

test('another model has nodes of its own', async () => {
  const { tab } = session;
  await openNodes(tab, manyNodes(30));
  await tab.page.fill('#find', 'Add_of');
  await tab.page.click('#find-next');
  await tab.page.click('#close-model');
  await openNodes(tab, fileOf(DIGITS).bytes);
  expect(await tab.text('#node-details')).toBe('No node is selected.');
  expect(await tab.text('#node-table')).not.toContain('Add_of');
  expect(tab.problems).toEqual([]);
});

test('the layers of a result colour the nodes, with a legend and numbers', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await page.click('#nodes summary');
  await tab.shown('#graph');
  expect(await page.isVisible('#graph-legend')).toBe(false);
  const before = await page.$eval('#graph', (canvas) => canvas.toDataURL());
  await tab.quantize();
  await tab.shown('#graph-legend');
  expect(await page.locator('#graph-legend li').allTextContents()).toEqual([
    '40 dB or more: practically the same',
    '20 dB or more: close',
    '10 dB or more: noticeably different',
    'below 10 dB: far apart',
  ]);
  await page.waitForFunction((old) => document.getElementById('graph').toDataURL() !== old, before);
  // The worst layer has the same number in both tables, and where it is selected.
  const worst = page.locator('#layers tbody tr').first();
  const name = await worst.locator('input').getAttribute('data-layer');
  const decibels = Number((await worst.locator('td').first().textContent()).trim());
  const words = `${Number(decibels.toPrecision(3))} dB`;
  await page.fill('#find', name);
  const rows = await page.$$eval('#node-table tbody tr', (all) =>
    all.map(({ cells }) => [cells[2].textContent, cells[4].textContent]),
  );
  expect(rows).toContainEqual([words, name]);
  await page.click('#find-next');
  expect(await tab.text('#node-error')).toContain(' dB');
  expect(await violations(page)).toEqual([]);
  // Half precision has no layers to show.
  await page.check('#method-float16');
  await tab.quantize();
  await tab.gone('#graph-legend');
  await page.click('#details-1');
  await tab.shown('#graph-legend');
  expect(tab.problems).toEqual([]);
});
