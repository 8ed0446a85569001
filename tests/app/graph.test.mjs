// The drawing of the graph: what is seen, and what pointers do to it.
import fs from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { manyNodes, openNodes, says, selectedRow } from './nodes.mjs';
import { eachTestHasPage, root } from './page.mjs';

const session = eachTestHasPage();

/** The middle of the drawing, on the page. */
async function middle(tab) {
  await tab.page.locator('#graph').scrollIntoViewIfNeeded();
  const { x, y, width, height } = await tab.page.locator('#graph').boundingBox();
  return { x: x + width / 2, y: y + height / 2 };
}

/** Finds a node, which brings it to the middle, and takes the selection away again. */
async function centreOn(tab, name) {
  await tab.page.fill('#find', name);
  await tab.page.click('#find-next');
  await tab.page.focus('#graph');
  await tab.page.keyboard.press('Escape');
  expect(await tab.text('#node-details')).toBe('No node is selected.');
}

/** How many of the drawing's pixels have the colour of a variable of the style sheet. */
function pixelsOf(tab, variable) {
  return tab.page.evaluate(async (name) => {
    const frame = () => new Promise((done) => window.requestAnimationFrame(done));
    await frame();
    await frame();
    const canvas = document.getElementById('graph');
    const probe = new OffscreenCanvas(1, 1).getContext('2d');
    probe.fillStyle = window.getComputedStyle(canvas).getPropertyValue(name);
    probe.fillRect(0, 0, 1, 1);
    const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i] === red && data[i + 1] === green && data[i + 2] === blue) found++;
    }
    return found;
  }, variable);
}

describe('a node', () => {
  test('is selected by a click, in the table too, and left by a click beside it', async () => {
    const { tab } = session;
    await openNodes(tab, manyNodes(200));
    expect(await tab.page.isVisible('#simple-layout')).toBe(false);
    await centreOn(tab, 'Relu_of_h142');
    const { x, y } = await middle(tab);
    await tab.page.mouse.click(x, y);
    expect(await tab.text('#node-title')).toBe('Relu_of_h142');
    expect(await selectedRow(tab)).toBe('Relu_of_h142');
    await tab.page.mouse.click(x + 200, y);
    expect(await tab.text('#node-details')).toBe('No node is selected.');
    await tab.page.fill('#find', '');
    const now = await middle(tab);
    await tab.page.mouse.click(now.x, now.y);
    await says(tab, '#rows-shown', 'Rows 101 to 150 of 200');
    expect(await selectedRow(tab)).toBe('Relu_of_h142');
  });

  test('moves with the graph, which is dragged or moved by keys', async () => {
    const { tab } = session;
    const { mouse, keyboard } = tab.page;
    await openNodes(tab, manyNodes(200));
    await centreOn(tab, 'Relu_of_h142');
    const { x, y } = await middle(tab);
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + 90, y + 40, { steps: 5 });
    await mouse.up();
    expect(await tab.text('#node-details')).toBe('No node is selected.');
    await mouse.click(x + 90, y + 40);
    expect(await tab.text('#node-title')).toBe('Relu_of_h142');
    await keyboard.press('Escape');
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    await mouse.click(x - 30, y + 40);
    expect(await tab.text('#node-title')).toBe('Relu_of_h142');
  });

  test('stays where it is when the wheel zooms about it', async () => {
    const { tab } = session;
    const { mouse, keyboard } = tab.page;
    await openNodes(tab, manyNodes(200));
    await centreOn(tab, 'Relu_of_h142');
    const { x, y } = await middle(tab);
    const before = parseFloat(await tab.text('#zoom-level'));
    await mouse.move(x + 10, y);
    await mouse.wheel(0, -300);
    await tab.page.waitForFunction(
      (old) => parseFloat(document.getElementById('zoom-level').textContent) > old,
      before,
    );
    await mouse.click(x + 10, y);
    expect(await tab.text('#node-title')).toBe('Relu_of_h142');
    await keyboard.press('Escape');
    await tab.page.click('#zoom-fit');
    expect(parseFloat(await tab.text('#zoom-level'))).toBeLessThan(before / 2);
    await tab.page.click('#zoom-in');
    await tab.page.click('#zoom-out');
  });

  test('is drawn as found, and as selected', async () => {
    const { tab } = session;
    await openNodes(tab, manyNodes(40));
    expect(await pixelsOf(tab, '--warn-panel')).toBe(0);
    await tab.page.fill('#find', 'Relu');
    const found = await pixelsOf(tab, '--warn-panel');
    expect(found).toBeGreaterThan(1000);
    const outlines = await pixelsOf(tab, '--accent');
    await tab.page.click('#node-table button >> nth=0');
    expect(await pixelsOf(tab, '--accent')).toBeGreaterThan(outlines + 1000);
    await tab.page.fill('#find', '');
    expect(await pixelsOf(tab, '--warn-panel')).toBe(0);
  });
});

test('two fingers zoom', async () => {
  const { tab } = session;
  await openNodes(tab, manyNodes(40));
  const before = parseFloat(await tab.text('#zoom-level'));
  const { x, y } = await middle(tab);
  const client = await tab.page.context().newCDPSession(tab.page);
  const fingers = (type, apart) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: apart === 0 ? [] : [-apart, apart].map((dx, id) => ({ x: x + dx, y, id })),
    });
  await fingers('touchStart', 40);
  await fingers('touchMove', 60);
  await fingers('touchMove', 80);
  await fingers('touchEnd', 0);
  await tab.page.waitForFunction(
    (old) => parseFloat(document.getElementById('zoom-level').textContent) > 1.7 * old,
    before,
  );
  expect(await tab.text('#node-details')).toBe('No node is selected.');
});

test('a model of 3,000 nodes opens, is found in and moves', async () => {
  const { tab } = session;
  await openNodes(tab, manyNodes(3000));
  expect(await tab.text('#simple-layout')).toContain('drawn in simple rows');
  await centreOn(tab, 'Relu_of_h2712');
  const { x, y } = await middle(tab);
  await tab.page.mouse.click(x, y);
  expect(await tab.text('#node-title')).toBe('Relu_of_h2712');
  await tab.page.click('#zoom-fit');
  const milliseconds = await tab.page.evaluate(async () => {
    const canvas = document.getElementById('graph');
    const frame = () => new Promise((done) => window.requestAnimationFrame(done));
    const start = performance.now();
    for (let i = 0; i < 20; ++i) {
      canvas.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'ArrowUp' }));
      await frame();
    }
    return performance.now() - start;
  });
  // A page that hangs, not one that is slow on a busy machine.
  expect(milliseconds).toBeLessThan(20_000);
  expect(tab.problems).toEqual([]);
});

test.each(['light', 'dark'])('axe finds nothing wrong in %s', async (colorScheme) => {
  const { tab } = session;
  const { page } = tab;
  await page.emulateMedia({ colorScheme });
  await page.evaluate(fs.readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8'));
  const violations = async () => {
    const result = await page.evaluate(() => globalThis.axe.run());
    return result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`,
    );
  };
  await tab.openDigits();
  expect(await violations()).toEqual([]);
  await page.click('#nodes summary');
  await tab.shown('#graph');
  expect(await violations()).toEqual([]);
  await page.fill('#find', 'relu');
  await page.click('#find-next');
  expect(await violations()).toEqual([]);
  await page.fill('#find', 'nothing of this name');
  expect(await violations()).toEqual([]);
});

test('its colours follow the theme, and it fits a narrow screen', async () => {
  const { tab } = session;
  await tab.page.setViewportSize({ width: 320, height: 640 });
  await openNodes(tab, manyNodes(40));
  const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(320);
  for (const colorScheme of ['light', 'dark']) {
    await tab.page.emulateMedia({ colorScheme });
    expect(await pixelsOf(tab, '--paper')).toBeGreaterThan(10_000);
  }
});
