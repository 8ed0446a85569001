// Weights quantized alone, on the page: their layers, what each node costs, what to keep in float, and why there are no 16 bits.
import { expect, test } from '@jest/globals';
import { Tensor } from 'quantab';
import { writeNpy } from 'quantab/samples';
import { BAD_NODE, COUNT, productNet, rows } from '../package/product_net.mjs';
import { violations } from './axe.mjs';
import { decibels } from './bad_layer.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

/** All rows in one array. */
function samples() {
  const dims = [rows.length, ...rows[0].p0.dims.slice(1)];
  const data = Float32Array.from(rows.flatMap(({ p0 }) => [...p0.data]));
  return { name: 'rows.npy', bytes: Buffer.from(writeNpy(new Tensor('float32', dims, data))) };
}

async function quantizeWeights(tab, method, choose) {
  await tab.open({ name: 'net.onnx', bytes: productNet() });
  await tab.drop(samples());
  await tab.samplesAre('1 sample file, 4 rows, used as 4 samples.');
  await tab.allOptions();
  await tab.page.check(`#method-${method}`);
  await choose?.();
  await tab.quantize();
}

const recipeOf = async (tab) => JSON.parse(await tab.text('#recipe pre >> nth=0'));

test('of weights in few bits, the worst layer is kept in float', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeWeights(tab, 'nbits', async () => {
    await page.fill('#option-block_size', '16');
    await page.check('#half-after');
  });
  const before = await decibels(tab);
  const layers = page.locator('#layers tbody tr');
  expect(await layers.count()).toBe(COUNT);
  const worst = layers.first();
  expect(await worst.textContent()).toMatch(new RegExp(`^${BAD_NODE} MatMul`));
  await worst.getByRole('button', { name: `Histogram of ${BAD_NODE}` }).click();
  await tab.shown('#layers .opened svg');
  expect(await violations(page)).toEqual([]);
  await worst.getByRole('checkbox', { name: `Keep ${BAD_NODE} in float` }).check();
  await page.click('#keep-in-float');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await recipeOf(tab)).toEqual({
    quantize_matmul_nbits: { block_size: 16, nodes_to_exclude: [BAD_NODE] },
    convert_float_to_float16: { keep_io_types: true },
  });
  expect(await decibels(tab)).toBeGreaterThan(before + 5);
  expect(await layers.count()).toBe(COUNT - 1);
  expect(tab.problems).toEqual([]);
});

test('of weights in float4, a search finds what to keep, and says why not in 16 bits', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeWeights(tab, 'bnb4');
  await page.click('#sensitivity > summary');
  await tab.shown('#sensitivity-start');
  await page.click('#sensitivity-start');
  await tab.shown('#sensitivities');
  const measured = page.locator('#sensitivities tbody tr');
  expect(await measured.count()).toBe(COUNT);
  expect(await measured.first().textContent()).toMatch(new RegExp(`^${BAD_NODE} MatMul`));

  await page.click('#suggest > summary');
  await tab.shown('#goal');
  expect(await page.$eval('#remedy option[value="16-bit"]', ({ disabled }) => disabled)).toBe(true);
  expect(await tab.text('#remedy-help')).toBe(
    '16 bits are for activations, which this result leaves as they were: it has quantized weights alone.',
  );
  expect(await violations(page)).toEqual([]);
  await page.selectOption('#goal', 'other');
  await page.fill('#goal-value', '10');
  await page.click('#suggest-start');
  await tab.shown('#suggestion');
  expect(await tab.text('#suggestion')).toMatch(
    /^With 1 node of 4 in float it is [\d.]+ dB; 10 dB is wanted\.$/,
  );
  await page.click('#keep-suggested');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await recipeOf(tab)).toEqual({ quantize_matmul_bnb4: { nodes_to_exclude: [BAD_NODE] } });
  expect(await decibels(tab)).toBeGreaterThanOrEqual(10);
  expect(tab.problems).toEqual([]);
});
