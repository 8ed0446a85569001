// What the page finds to keep in float: on a network with one bad layer just that one, and the best so far when it is stopped.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { violations } from './axe.mjs';
import { badNode, decibels, quantizeBadLayer } from './bad_layer.mjs';
import { CALIBRATION, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

async function searched(tab) {
  await tab.gone('#progress');
  await tab.shown('#suggestion');
  return tab.text('#suggestion');
}

test('of a network with one bad layer just that one stays in float', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeBadLayer(tab);
  expect(await decibels(tab)).toBeLessThan(20);

  await page.click('#suggest > summary');
  await tab.shown('#goal');
  // The next step that the result has not reached.
  expect(await page.$eval('#goal', (select) => select.selectedOptions[0].text)).toBe(
    'Close outputs',
  );
  await tab.listen();
  await page.focus('#suggest-start');
  await page.keyboard.press('Enter');
  const said = await searched(tab);
  expect(said).toMatch(/^With 1 node of \d+ in float it is [\d.]+ dB; 20 dB is wanted\.$/);
  expect(await tab.focused()).toBe('suggestion');
  expect(await tab.said()).toContain('The search is done.');
  expect(await tab.text('#suggestion-costs')).toMatch(/\d+(\.\d+)? k?B more, and a run takes /);
  const tables = await page.$$eval('#suggest table', (all) =>
    all.map((each) =>
      Array.from(each.tBodies[0].rows, (row) => [...row.cells].map((cell) => cell.textContent)),
    ),
  );
  expect(tables[0].map(([name]) => name)).toEqual(['Float', 'All nodes quantized', 'As suggested']);
  expect(tables[1]).toEqual([[badNode, 'Conv', expect.stringMatching(/^-?[\d.]+ dB$/)]]);
  expect(await violations(page)).toEqual([]);
  const recipe = await tab.download('#save-suggested');
  expect(recipe.name).toBe('net.static.int8.suggested.recipe.json');
  expect(JSON.parse(fs.readFileSync(recipe.file, 'utf8'))).toEqual({
    quantize_static: { activation_type: 'QUInt8', nodes_to_exclude: [badNode] },
  });

  await page.click('#keep-suggested');
  await tab.finished();
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await tab.text('#made-with')).toContain(`Nodes to exclude: ${badNode}`);
  expect(await decibels(tab)).toBeGreaterThanOrEqual(20);
  const kept = JSON.parse(await tab.text('#recipe pre >> nth=0'));
  expect(kept.quantize_static.nodes_to_exclude).toEqual([badNode]);

  // What was found for a result is still there when it is looked at again.
  await page.click('#details-1');
  await tab.shown('#suggestion');
  expect(await tab.text('#suggestion')).toBe(said);

  // Another figure: the error as a number.
  await page.selectOption('#goal', 'other');
  await page.selectOption('#goal-metric', 'maxAbsError');
  await page.fill('#goal-value', '');
  await page.click('#suggest-start');
  expect(await tab.alert()).toContain('is no number');
  expect(await tab.focused()).toBe('goal-value');
  await page.fill('#goal-value', '1e9');
  await page.click('#suggest-start');
  await page.waitForFunction(() =>
    document.getElementById('suggestion').textContent.startsWith('Nothing has to stay in float'),
  );
  expect(await page.$('#keep-suggested')).toBeNull();
  expect(tab.problems).toEqual([]);
});

test('a search shows what it tries, and gives the best so far when it is stopped', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await tab.quantize();
  await page.click('#suggest > summary');
  await tab.shown('#goal');
  await page.selectOption('#goal', 'other');
  await page.fill('#goal-value', '200');
  // Stops it as soon as a first model has been tried.
  const trying = page.evaluate(
    () =>
      new Promise((resolve) => {
        const text = (id) => document.getElementById(id)?.textContent ?? '';
        const isBusy = (id) => document.getElementById(id).getAttribute('aria-disabled');
        new window.MutationObserver((_, observer) => {
          if (text('progress-note') === '') return;
          observer.disconnect();
          resolve({
            note: text('progress-note'),
            stage: text('progress-stage'),
            button: text('progress-cancel'),
            busy: ['suggest-start', 'quantize'].map(isBusy),
          });
          document.getElementById('progress-cancel').click();
        }).observe(document.getElementById('work'), { childList: true, subtree: true });
      }),
  );
  await page.click('#suggest-start');
  expect(await trying).toEqual({
    note: expect.stringMatching(/^Keeping 0 of \d+ nodes in float is not enough\.$/),
    stage: expect.stringMatching(/^Searching [\d,]+ of at most [\d,]+/),
    button: 'Stop, and keep the best so far',
    busy: ['true', 'true'],
  });
  expect(await searched(tab)).toMatch(
    /^No model was found that reaches 200 dB\. The closest keeps \d+ nodes? of \d+ in float and reaches [\d.]+ dB\. The search ended early/,
  );
  expect(await page.getAttribute('#suggest-start', 'aria-disabled')).toBe('false');

  // Stopped and then cancelled, there is nothing new, and the earlier finding stays.
  const earlier = await tab.text('#suggestion');
  const labels = await page.evaluate(() => {
    document.getElementById('suggest-start').click();
    const button = document.getElementById('progress-cancel');
    return [0, 1].map(() => {
      button.click();
      return button.textContent;
    });
  });
  expect(labels).toEqual(['Cancel', 'Cancel']);
  await tab.gone('#progress');
  expect(await page.isVisible('.alert')).toBe(false);
  expect(await tab.text('#suggestion')).toBe(earlier);
  expect(tab.problems).toEqual([]);
});
