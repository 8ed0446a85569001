// A result's times beside those in onnxruntime-web: when that is asked for, from the page's own address, and only then.
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { violations } from './axe.mjs';
import { CALIBRATION, DIST, eachTestHasPage, fileOf } from './page.mjs';
import { goOffline, readyOffline } from './whole_way.mjs';

const BUTTON = '#compare-onnxruntime';
const TABLE = '#onnxruntime table';

const isPeers = (url) => url.includes('/onnxruntime-web-');

async function openAndQuantize(tab) {
  await tab.openDigits();
  await tab.page.check('#method-dynamic');
  await tab.quantize();
}

/** Presses the button by keyboard, and waits for the end. */
async function compare(tab) {
  await tab.page.focus(BUTTON);
  await tab.page.keyboard.press('Enter');
  await tab.shown('#progress');
  await tab.gone('#progress');
}

const rowsOf = (page, selector) =>
  page.$eval(selector, ({ tBodies: [body] }) =>
    Array.from(body.rows, ({ cells }) => Array.from(cells, ({ textContent }) => textContent)),
  );

/** Those that compare; one that is being ended is waited for. */
async function workersOf(page) {
  const comparing = () =>
    page.workers().filter((worker) => worker.url().includes('/beside_worker'));
  // A browser lets a busy worker come to an end by itself for some seconds.
  for (let tries = 0; tries < 200 && comparing().length > 0; ++tries) await page.waitForTimeout(50);
  return comparing();
}

/** Has a kept result be as one of those that were kept without the number of threads there. */
const forgetThreadsThere = (page) =>
  page.evaluate(async () => {
    const done = (asked) =>
      new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
    const database = await done(window.indexedDB.open('quantab', 1));
    const store = database.transaction('session', 'readwrite').objectStore('session');
    const state = await done(store.get('state'));
    delete state.runs[0].beside.threadsThere;
    await done(store.put(state, 'state'));
    database.close();
  });

const number = (text) => Number(/^[\d.e+-]+/.exec(text)[0]);

describe('in an isolated page', () => {
  const session = eachTestHasPage();

  test('both models are timed on both sides; it is said, kept, reported, and can be cancelled', async () => {
    const { tab, address, requests, served } = session;
    const { page } = tab;
    await tab.openDigits();
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    expect(await page.$(BUTTON)).toBeNull();
    await tab.quantize();
    await readyOffline(tab);
    expect(await violations(page)).toEqual([]);
    expect([...requests, ...served].filter(isPeers)).toEqual([]);

    await tab.listen();
    await compare(tab);
    expect(await page.isVisible('.alert')).toBe(false);
    const rows = await rowsOf(page, TABLE);
    expect(rows.map(([name]) => name)).toEqual(['Float', 'Quantized']);
    for (const [, here, hereSpread, there, thereSpread, ratio] of rows) {
      expect(number(here)).toBeGreaterThan(0);
      expect(number(here)).toBeGreaterThanOrEqual(number(hereSpread));
      expect(number(there)).toBeGreaterThanOrEqual(number(thereSpread));
      expect(number(ratio)).toBeCloseTo(number(there) / number(here), 1);
    }
    const { version } = JSON.parse(
      fs.readFileSync(
        path.join(DIST, '../../../node_modules/onnxruntime-web/package.json'),
        'utf8',
      ),
    );
    const [threads] = /\d+ threads?/.exec(await tab.text('#figures table tbody'));
    expect(await tab.text(`${TABLE} caption`)).toBe(
      `Beside onnxruntime-web ${version} (median of 50 runs that take turns, ${threads} each, on the first sample)`,
    );
    const words = await tab.text('#onnxruntime-verdict');
    expect(words).toContain(rows[1][1]);
    expect(await tab.said()).toContain(words);
    expect(await tab.focused()).toBe('onnxruntime-verdict');
    expect(await workersOf(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);

    const asked = served.filter(isPeers);
    expect(asked.length).toBeGreaterThanOrEqual(3);
    for (const url of asked) expect(fs.existsSync(path.join(DIST, url))).toBe(true);
    expect(requests.filter((url) => !/^blob:/.test(url) && !url.startsWith(address))).toEqual([]);

    const { file } = await tab.download('#save-report');
    const report = fs.readFileSync(file, 'utf8');
    for (const text of [words, ...rows.flat()]) expect(report).toContain(text);

    await page.click(BUTTON);
    await page.click('#progress-cancel');
    await tab.gone('#progress');
    expect(await tab.focused()).toBe('compare-onnxruntime');
    expect(await page.isVisible('.alert')).toBe(false);
    expect(await rowsOf(page, TABLE)).toEqual(rows);
    expect(await workersOf(page)).toEqual([]);

    await page.waitForTimeout(400);
    const caption = await tab.text(`${TABLE} caption`);
    const goOn = async () => {
      await page.reload();
      await page.click('#go-on-now');
      await tab.shown(TABLE);
      expect(await rowsOf(page, TABLE)).toEqual(rows);
      expect(await tab.text(`${TABLE} caption`)).toBe(caption);
      expect(await page.isVisible(BUTTON)).toBe(false);
    };
    await goOn();
    // Of a comparison that was kept without the number of threads there, it was that of here.
    await page.waitForTimeout(400);
    await forgetThreadsThere(page);
    await goOn();
    expect(tab.problems).toEqual([]);
  });

  test('nothing else begins beside it, and it does not begin beside anything else', async () => {
    const { tab, served } = session;
    const { page } = tab;
    await tab.openDigits();
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    await tab.quantize();
    await page.click('#sensitivity > summary');
    await tab.shown('#sensitivity-start');
    // Presses the button of one, while that is under way the button of another, and cancels.
    const pressedBeside = (first, other) =>
      page.evaluate(
        (ids) => {
          const [one, another] = ids.map((id) => document.getElementById(id));
          one.click();
          const isBusy = [one, another].map((button) => button.getAttribute('aria-disabled'));
          another.click();
          const alert = document.querySelector('.alert span').textContent;
          const { length } = document.querySelectorAll('.progress');
          document.getElementById('progress-cancel').click();
          return { isBusy, alert, length };
        },
        [first, other],
      );
    const refusal = {
      isBusy: ['true', 'true'],
      alert: expect.stringMatching(/^The page is at work already\./),
      length: 1,
    };
    expect(await pressedBeside('sensitivity-start', 'compare-onnxruntime')).toEqual(refusal);
    await tab.gone('#progress');
    expect(served.filter(isPeers)).toEqual([]);
    expect(await pressedBeside('compare-onnxruntime', 'sensitivity-start')).toEqual(refusal);
    await tab.gone('#progress');
    expect(await page.$('#sensitivities')).toBeNull();
    expect(await page.getAttribute(BUTTON, 'aria-disabled')).toBe('false');
    await compare(tab);
    expect(await page.isVisible(TABLE)).toBe(true);
    expect(tab.problems).toEqual([]);
  });

  test('a model that it refuses is told in its words, and it can be asked again', async () => {
    const { tab } = session;
    const { page } = tab;
    await tab.openDigits();
    await page.check('#random-data');
    await page.selectOption('#option-activation_type', 'QFLOAT8E4M3FN');
    await page.selectOption('#option-weight_type', 'QFLOAT8E4M3FN');
    await page.selectOption('#option-calibrate_method', 'Distribution');
    await tab.quantize();
    await compare(tab);
    expect(await tab.alert()).toMatch(
      /^ONNX Runtime cannot open 'digits\.static\.float8\.onnx': ./,
    );
    expect(await page.isVisible(BUTTON)).toBe(true);
    expect(await page.$(TABLE)).toBeNull();
  });

  test('it is not kept for work offline, which is said there', async () => {
    const { tab } = session;
    expect(fs.readFileSync(path.join(DIST, 'service_worker.js'), 'utf8')).not.toMatch(
      /onnxruntime-web-\d/,
    );
    await goOffline(session);
    await openAndQuantize(tab);
    await compare(tab);
    expect(await tab.alert()).toMatch(
      /^onnxruntime-web could not be loaded .* connect to the network, and try again\.$/,
    );
    expect(await violations(tab.page)).toEqual([]);
  });
});

describe('in a page that is not isolated', () => {
  const session = eachTestHasPage({
    headers: {
      'Cross-Origin-Opener-Policy': undefined,
      'Cross-Origin-Embedder-Policy': undefined,
    },
  });

  test('it has one thread, on made-up data where there are no samples', async () => {
    const { tab } = session;
    await openAndQuantize(tab);
    await compare(tab);
    expect(await tab.text(`${TABLE} caption`)).toMatch(/, 1 thread each, on made-up data\)$/);
    expect(tab.problems).toEqual([]);
  });
});
