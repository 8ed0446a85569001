// The page for everybody: by keyboard, by screen reader, in light and dark.
import { describe, expect, test } from '@jest/globals';
import { violations } from './axe.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf, root } from './page.mjs';

const session = eachTestHasPage();

const waitForFocus = (id) =>
  session.tab.page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);

/** Presses Tab until the element has the focus. */
async function tabTo(id) {
  const { tab } = session;
  for (let i = 0; i < 60; ++i) {
    await tab.page.keyboard.press('Tab');
    if ((await tab.focused()) === id) return;
  }
  throw new Error(`'${id}' cannot be reached with the Tab key.`);
}

describe('the keyboard', () => {
  test('is enough from the first button to the download', async () => {
    const { tab } = session;
    const { keyboard } = tab.page;
    await tabTo('pick-model');
    await tabTo('try-example');
    await keyboard.press('Enter');
    await waitForFocus('model-title');
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    for (const id of ['preset-balanced', 'pick-samples', 'pick-folder', 'quantize'])
      await tabTo(id);
    await keyboard.press('Enter');
    await waitForFocus('progress-cancel');
    expect(await tab.page.getAttribute('#quantize', 'aria-disabled')).toBe('true');
    await tab.finished();
    await waitForFocus('result-title');
    expect(await tab.page.getAttribute('#quantize', 'aria-disabled')).toBe('false');
    await tabTo('download');
    const [started] = await Promise.all([
      tab.page.waitForEvent('download'),
      keyboard.press('Enter'),
    ]);
    expect(started.suggestedFilename()).toBe('digits.static.int8.onnx');
  });

  test('keeps its place when work is cancelled or fails, and when an alert is dismissed', async () => {
    const { tab } = session;
    const { keyboard } = tab.page;
    await tab.openDigits();
    const many = Array.from({ length: 20 }, (_, i) => fileOf(CALIBRATION, `${i}.npy`));
    await tab.drop(...many);
    await tab.samplesAre('20 sample files, 6,000 rows, used as 6,000 samples.');
    await tab.page.focus('#quantize');
    await keyboard.press('Enter');
    await waitForFocus('progress-cancel');
    await keyboard.press('Enter');
    await waitForFocus('quantize');

    await tab.page.focus('#clear-samples');
    await keyboard.press('Enter');
    await waitForFocus('pick-samples');

    await tab.drop(fileOf(`${root}/examples/digits/heldout_labels.npy`));
    await tab.samplesAre('1 sample file.');
    await tab.page.focus('#quantize');
    await keyboard.press('Enter');
    await tab.shown('.alert');
    await tab.page.waitForFunction(() => document.activeElement?.className === 'alert');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await waitForFocus('quantize');

    await tab.page.focus('#close-model');
    await keyboard.press('Enter');
    await waitForFocus('pick-model');
  });

  test('is not taken to the result when it is used elsewhere in the meantime', async () => {
    const { tab } = session;
    await tab.open(fileOf(DIGITS));
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    await tab.page.click('#quantize');
    await tab.page.focus('#option-weight_type');
    await tab.finished();
    expect(await tab.focused()).toBe('option-weight_type');
  });

  test('pressing Quantize twice quantizes once', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    await tab.page.evaluate(() => {
      document.getElementById('quantize').click();
      document.getElementById('quantize').click();
    });
    await tab.finished();
    expect(await tab.page.isVisible('.alert')).toBe(false);
    expect(await tab.page.$$('#download')).toHaveLength(1);
  });
});

test.each(['light', 'dark'])('axe finds nothing wrong in %s, at any step', async (colorScheme) => {
  const { tab } = session;
  const { page } = tab;
  await page.emulateMedia({ colorScheme });
  expect(await violations(page)).toEqual([]);
  await page.click('#try-example');
  await tab.shown('#model-title');
  await tab.byHand();
  await page.click('#options summary');
  await page.check('#random-data');
  expect(await violations(page)).toEqual([]);
  await tab.quantize();
  await page.uncheck('#option-per_channel');
  await tab.shown('#outdated');
  await tab.drop({ name: 'notes.txt', bytes: Buffer.from('hello') });
  await tab.shown('.alert');
  expect(await violations(page)).toEqual([]);
  await tab.drop(...Array.from({ length: 20 }, (_, i) => fileOf(CALIBRATION, `${i}.npy`)));
  await page.uncheck('#random-data');
  await page.click('#quantize');
  await tab.shown('#progress');
  expect(await violations(page)).toEqual([]);
});

test('it fits a narrow screen and can be zoomed', async () => {
  const { tab } = session;
  await tab.page.setViewportSize({ width: 320, height: 640 });
  await tab.page.click('#try-example');
  await tab.shown('#model-title');
  await tab.quantize();
  const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(320);
  const viewport = await tab.page.getAttribute('meta[name=viewport]', 'content');
  expect(viewport).not.toMatch(/maximum-scale|user-scalable/);
});
