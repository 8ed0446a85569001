// Raising activations to 16 bits, on the page: what the search finds, what is made of it, and where it cannot be had.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { Tensor } from 'quantab';
import { writeNpy } from 'quantab/samples';
import { maskedScores, rows, WIDE } from '../package/masked_scores.mjs';
import { violations } from './axe.mjs';
import { decibels } from './bad_layer.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

/** All rows in one array. */
function samples() {
  const dims = [rows.length, ...rows[0].x.dims.slice(1)];
  const data = Float32Array.from(rows.flatMap(({ x }) => [...x.data]));
  return { name: 'rows.npy', bytes: Buffer.from(writeNpy(new Tensor('float32', dims, data))) };
}

async function open(tab) {
  await tab.open({ name: 'net.onnx', bytes: maskedScores() });
  await tab.drop(samples());
  await tab.samplesAre('1 sample file, 4 rows, used as 4 samples.');
}

async function showSearch(tab) {
  await tab.page.click('#suggest > summary');
  await tab.shown('#goal');
}

/** Waits for a result that comes after another one. */
async function resultIs(tab, title) {
  await tab.page.waitForFunction(
    (text) => document.getElementById('result-title')?.textContent === text,
    title,
  );
  await tab.finished();
}

const raised = { m: [{ quant_type: 'QUInt16' }], s: [{ quant_type: 'QUInt16' }] };

test('the node whose activations need it gets 16 bits', async () => {
  const { tab } = session;
  const { page } = tab;
  await open(tab);
  await tab.quantize();
  expect(await decibels(tab)).toBeLessThan(20);
  await showSearch(tab);
  expect(await page.inputValue('#remedy')).toBe('float');
  // By the keyboard, to the second choice.
  await page.focus('#remedy');
  await page.keyboard.press('ArrowDown');
  expect(await page.inputValue('#remedy')).toBe('16-bit');
  expect(await violations(page)).toEqual([]);
  await page.click('#suggest-start');
  await tab.gone('#progress');
  await tab.shown('#suggestion');
  expect(await tab.text('#suggestion')).toMatch(
    /^With 1 node of \d+ in 16 bits it is [\d.]+ dB; 20 dB is wanted\.$/,
  );
  expect(await tab.text('#suggest table:has-text("To keep in 16 bits") tbody')).toContain(WIDE);
  expect(await violations(page)).toEqual([]);
  const recipe = await tab.download('#save-suggested');
  expect(JSON.parse(fs.readFileSync(recipe.file, 'utf8'))).toEqual({
    quantize_static: {
      activation_type: 'QUInt8',
      extra_options: { TensorQuantOverrides: raised },
    },
  });

  expect(await tab.text('#keep-suggested')).toBe('Quantize again with 1 node in 16 bits');
  await page.click('#keep-suggested');
  await resultIs(tab, 'Result 2');
  expect(await decibels(tab)).toBeGreaterThanOrEqual(20);
  const kept = JSON.parse(await tab.text('#recipe pre >> nth=0'));
  expect(kept.quantize_static.extra_options.TensorQuantOverrides).toEqual(raised);

  // What is out of reach is said, and what may help.
  await showSearch(tab);
  await page.selectOption('#remedy', '16-bit');
  await page.selectOption('#goal', 'other');
  await page.fill('#goal-value', '200');
  await page.click('#suggest-start');
  await page.waitForFunction(() =>
    document.getElementById('suggestion')?.textContent.startsWith('No model was found'),
  );
  expect(await tab.text('#suggestion')).toMatch(
    /^No model was found that reaches 200 dB\. The closest keeps \d nodes? of \d in 16 bits and reaches [\d.]+ dB\. Nodes that stay in float may reach it\.$/,
  );
  expect(tab.problems).toEqual([]);
});

test('where there are no 16 bits, it says why', async () => {
  const { tab } = session;
  const { page } = tab;
  const reasonAfter = async (title) => {
    await page.click('#quantize');
    await resultIs(tab, title);
    await showSearch(tab);
    const choice = '#remedy option[value="16-bit"]';
    expect(await page.$eval(choice, (option) => option.disabled)).toBe(true);
    return tab.text('#remedy-help');
  };
  await open(tab);
  await page.check('#method-dynamic');
  expect(await reasonAfter('Result 1')).toBe(
    '16 bits need static quantization in the QDQ format, and this result is quantized dynamically.',
  );
  expect(await violations(page)).toEqual([]);
  await page.check('#method-static');
  await page.selectOption('#option-quant_format', 'QOperator');
  expect(await reasonAfter('Result 2')).toBe(
    '16 bits need static quantization in the QDQ format; this result is in QOperator.',
  );
  expect(tab.problems).toEqual([]);
});
