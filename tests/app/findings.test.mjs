// What searches have found is there again after a reload, as it was, without work.
import { expect, test } from '@jest/globals';
import { badNode, quantizeBadLayer } from './bad_layer.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

/** Opens a part of the result, presses its button, and waits until its outcome is shown. */
async function findOut(tab, part, outcome) {
  await tab.page.click(`#${part} > summary`);
  await tab.shown(`#${part}-start`);
  await tab.page.click(`#${part}-start`);
  await tab.gone('#progress');
  await tab.shown(outcome);
}

const FOUND = ['#suggest', '#sensitivity', '#profile', '#trials'];
const textsOf = (tab) => Promise.all(FOUND.map((selector) => tab.text(selector)));

/** Reloads once what has been found is written, and goes on. */
async function goOnAfterReload(tab) {
  const { page } = tab;
  await page.waitForFunction(async () => {
    const request = window.indexedDB.open('quantab', 1);
    const done = (asked) =>
      new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
    const database = await done(request);
    const state = await done(database.transaction('session').objectStore('session').get('state'));
    database.close();
    const [run] = state.runs;
    return [run.suggestion, run.sensitivity, run.profiles, state.tried].every(Boolean);
  });
  await page.reload();
  await page.click('#go-on-now');
  await tab.shown('#model-title');
}

test('suggestion, sensitivities, profile and tried settings come back with their result', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeBadLayer(tab);
  await findOut(tab, 'suggest', '#suggestion');
  await findOut(tab, 'sensitivity', '#sensitivities');
  await findOut(tab, 'profile', '#profile-model');
  await page.waitForSelector('#try-all:not([aria-disabled=true])');
  await page.focus('#try-all');
  await page.keyboard.press('Enter');
  await tab.shown('#trials-title');
  const found = await textsOf(tab);
  expect(found[0]).toContain('With 1 node of');
  expect(found[1]).toContain(badNode);

  await goOnAfterReload(tab);
  for (const selector of ['#suggestion', '#sensitivities', '#profile-model', '#trials-title']) {
    await tab.shown(selector);
  }
  expect(await textsOf(tab)).toEqual(found.with(2, expect.stringContaining('By operator')));
  expect(await page.$('#progress')).toBeNull();
  expect(await page.$$eval('.panel', (all) => all.map(({ open }) => open))).toEqual([
    true,
    true,
    true,
  ]);

  // It can be worked with, as the samples are there again.
  await tab.samplesAre('1 sample file, 4 rows, used as 4 samples.');
  await page.click('#keep-suggested');
  await tab.finished();
  expect(await tab.text('#made-with')).toContain(`Nodes to exclude: ${badNode}`);
  // The new result has nothing of the other one.
  expect(await page.$('#suggestion')).toBeNull();
  await page.click('#details-1');
  await tab.shown('#suggestion');
  expect(await tab.text('#suggest')).toBe(found[0]);

  // Another model has nothing of it, after a reload either.
  await page.click('#close-model');
  await tab.openDigits();
  await page.waitForTimeout(400);
  await page.reload();
  await page.click('#go-on-now');
  await tab.shown('#model-title');
  expect(await page.isVisible('#trials')).toBe(false);
  expect(tab.problems).toEqual([]);
});

test('what was begun for a result ends in what is shown of it, whatever was looked at meanwhile', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeBadLayer(tab);
  await tab.quantize();
  await page.click('#details-1');
  for (const part of ['sensitivity', 'profile']) {
    await page.click(`#${part} > summary`);
    await tab.shown(`#${part}-start`);
  }
  /** Begins one, looks at results while it is at work, and waits for its end with the focus on what would cancel it. */
  const beginAndLookAt = async (start, ...results) => {
    const isBusy = await page.evaluate(
      ([id, ...others]) => {
        document.getElementById(id).click();
        for (const other of others) document.getElementById(`details-${other}`).click();
        document.getElementById('progress-cancel').focus();
        return document.getElementById(id)?.getAttribute('aria-disabled');
      },
      [start, ...results],
    );
    await tab.gone('#progress');
    return isBusy;
  };
  await tab.listen();
  expect(await beginAndLookAt('sensitivity-start', 2, 1)).toBe('true');
  expect(await tab.said()).toContain('Every node has been measured.');
  expect(await tab.text('#result-title')).toBe('Result 1');
  expect(await tab.text('#sensitivities')).toContain(badNode);
  expect(
    await page.$eval('#sensitivities', (place) => place.contains(document.activeElement)),
  ).toBe(true);

  // The other result has nothing of it, and the focus does not get lost.
  await beginAndLookAt('profile-start', 2);
  expect(await tab.text('#result-title')).toBe('Result 2');
  expect(await page.$('#profile-model')).toBeNull();
  expect(await tab.focused()).toBe('quantize');
  await page.click('#details-1');
  expect(await page.isVisible('#profile-model')).toBe(true);
  expect(await page.getAttribute('#profile-start', 'aria-disabled')).toBe('false');
  expect(tab.problems).toEqual([]);
});
