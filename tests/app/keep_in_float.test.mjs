// The verdict in words, and the way from a layer that suffers to a model that keeps it in float.
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { CALIBRATION, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

const layers = '#layers tbody tr';
/** The first output's decibels. */
const decibels = async (tab) =>
  Number(await tab.text('#figures table >> nth=1 >> tbody td >> nth=0'));

async function quantizeDigits(tab, method, chosen = []) {
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.page.check(`#method-${method}`);
  for (const option of chosen) await tab.page.check(`#option-${option}`);
  await tab.quantize();
}

test('the worst layer is kept in float, and the model is better for it', async () => {
  const { tab } = session;
  await quantizeDigits(tab, 'static');
  expect(await tab.text('#verdict')).toMatch(
    /^Both models make the same first choice on \d+ of 300 samples\.$/,
  );
  const before = await decibels(tab);
  expect(await tab.page.getAttribute('#keep-in-float', 'aria-disabled')).toBe('true');
  const worst = tab.page.locator(layers).first();
  const name = await worst.locator('input').getAttribute('data-layer');
  await worst.locator('input').check();
  expect(await tab.text('#keep-in-float')).toBe('Quantize again with 1 layer in float');
  await tab.page.click('#keep-in-float');
  await tab.finished();
  expect(await tab.text('#made-with')).toContain('Nodes to exclude: ');
  expect(await decibels(tab)).toBeGreaterThan(before);
  const rest = await tab.page
    .locator(`${layers} input`)
    .evaluateAll((inputs) => inputs.map((input) => input.dataset.layer));
  expect(rest).not.toContain(name);
  const { file } = await tab.download();
  const model = await openModel(file);
  const recipe = JSON.parse(await tab.text('#recipe pre'));
  const excluded = recipe.quantize_static.nodes_to_exclude;
  expect(excluded.length).toBeGreaterThan(0);
  expect(model.info.nodes.some((node) => excluded.includes(node.name))).toBe(true);
  model.close();
  expect(tab.problems).toEqual([]);
});

describe('layers', () => {
  test('of a dynamic model are judged on samples', async () => {
    const { tab } = session;
    await quantizeDigits(tab, 'dynamic');
    expect(await tab.page.locator(layers).count()).toBeGreaterThan(0);
    expect(await tab.text('#layers caption')).toBe('Layers, worst first (8 samples)');
  });

  test('of half precision are not judged', async () => {
    const { tab } = session;
    await quantizeDigits(tab, 'float16', ['keep_io_types']);
    expect(await tab.page.locator('#layers').count()).toBe(0);
    expect(await tab.text('#verdict')).toContain('300 of 300 samples');
  });
});
