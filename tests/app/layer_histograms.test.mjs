// Rows of the layer report that open to histograms of float against quantized values.
import { expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { violations } from './axe.mjs';
import { floatTensor, makeModel, pbOf } from './models.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

/** More layers than the report shows at once: products by 8 × 8. */
const COUNT = 18;
const value = (i) => (i === 0 ? 'x' : i === COUNT ? 'y' : `h${i}`);
const chain = makeModel({
  inputs: [{ name: 'x', dims: [1, 8] }],
  outputs: [{ name: 'y', dims: [1, 8] }],
  weights: Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [`w${i}`, [8, 8]])),
  nodes: Array.from({ length: COUNT }, (_, i) => ({
    type: 'MatMul',
    inputs: [value(i), `w${i}`],
    outputs: [value(i + 1)],
  })),
});

const button = (name) => `#layers button[aria-label="Histogram of ${name}"]`;
/** The worst layer that has a weight, and the weight. */
async function worst(tab) {
  const labels = await tab.page
    .locator('#layers tbody button')
    .evaluateAll((all) => all.map((each) => each.ariaLabel.replace('Histogram of ', '')));
  const name = labels.find((each) => each !== 'x');
  return { name, weight: name === 'y' ? `w${COUNT - 1}` : `w${name.slice(1) - 1}` };
}
const label = (tab, nth) => tab.page.getAttribute(`.opened svg >> nth=${nth}`, 'aria-label');

const figure = (number) => Number(number.toPrecision(4));
const range = ({ min, max }) => `from ${figure(min)} to ${figure(max)}`;

/** What the picture says of a histogram as the package gives it. */
function words({ name, reference, quantized, clipped }) {
  const { elements } = reference;
  const share = Number(((100 * clipped) / elements).toPrecision(3));
  const cut =
    clipped === 0
      ? 'No float value is clipped.'
      : `${clipped} of ${elements} float values ${clipped === 1 ? 'is' : 'are'} clipped (${share} %).`;
  return `Histogram of ${name}: float values ${range(reference)}, quantized values ${range(quantized)}. ${cut} Heights are logarithms.`;
}

test('a row opens to the values of its layer and of its weight, in both models', async () => {
  const { tab, requests } = session;
  const { page } = tab;
  await tab.open({ name: 'chain.onnx', bytes: chain });
  await tab.drop(...['a.pb', 'b.pb'].map((name) => ({ name, bytes: pbOf([1, 8]) })));
  await tab.samplesAre('2 sample files.');
  await page.click('#options summary');
  await page.selectOption('#option-calibrate_method', 'Percentile');
  await page.fill('#option-calib_percentile', '60');
  await tab.quantize();
  const { file } = await tab.download();

  const { name, weight } = await worst(tab);
  const asked = () => requests.filter((url) => /layer_histograms/.test(url)).length;
  const before = asked();
  await page.focus(button(name));
  await page.keyboard.press('Enter');
  await tab.shown('.opened svg >> nth=1');
  expect(asked()).toBeGreaterThan(before);
  expect(await page.getAttribute(button(name), 'aria-expanded')).toBe('true');
  expect(await tab.text('#status')).toBe(`The histogram of ${name} is there.`);

  const model = await openModel(chain);
  const quantized = await openModel(file);
  const samples = [{ x: floatTensor([1, 8]) }, { x: floatTensor([1, 8]) }];
  const all = await model.layerHistograms(quantized, samples, { names: [name, weight] });
  quantized.close();
  model.close();
  expect(all[0].clipped).toBeGreaterThan(0);
  expect(await label(tab, 0)).toBe(words(all[0]));
  expect(await label(tab, 1)).toBe(words(all[1]));
  expect(await page.locator('.opened figcaption').allTextContents()).toEqual([
    expect.stringMatching(`^What ${name} is on 2 samples\\. \\d+ of 16 float values .+ clipped`),
    `Weight ${weight}, float and int8. No float value is clipped.`,
  ]);
  const ends = await page.locator('.opened .ends').first().locator('span').allTextContents();
  expect(ends).toEqual([String(figure(all[0].min)), String(figure(all[0].max))]);
  // Both outlines over the same bins; where the integers end is within the float values.
  const paths = await page
    .locator('.opened svg')
    .first()
    .locator('path')
    .evaluateAll((elements) => elements.map((path) => path.getAttribute('d')));
  expect(paths[0].match(/H/g)).toHaveLength(64);
  expect(paths[1].match(/H/g)).toHaveLength(64);
  expect(paths[2]).toMatch(/^M[\d.]+ 0V24/);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await violations(page)).toEqual([]);

  // It stays open beneath its row when all layers are shown.
  await page.click('#layers button:has-text("Show all")');
  const above = await page
    .locator('.opened')
    .evaluate((row) => row.previousElementSibling.querySelector('button').ariaLabel);
  expect(above).toBe(`Histogram of ${name}`);
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await page.click(button(name));
  expect(await page.locator('.opened').count()).toBe(0);
  expect(await page.getAttribute(button(name), 'aria-expanded')).toBe('false');

  // Another result takes its place while it is being looked at.
  await page.click(button(name));
  await page.check('#method-dynamic');
  await tab.quantize();
  expect(await page.locator('.opened').count()).toBe(0);
  await page.click(button((await worst(tab)).name));
  await tab.shown('.opened svg');
  expect(await label(tab, 0)).toContain('The value itself is not quantized');
  expect(tab.problems).toEqual([]);
});
