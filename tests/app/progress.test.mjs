// Progress, cancelling, and what happens when two things are begun at once; with shared memory and without.
import { describe, expect, test } from '@jest/globals';
import { makeModel } from './models.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf } from './page.mjs';

const ISOLATED = {};
/** A host that cannot be told which headers to send. */
const BARE = {
  'Content-Security-Policy': undefined,
  'Cross-Origin-Opener-Policy': undefined,
  'Cross-Origin-Embedder-Policy': undefined,
};

const many = (count) =>
  Array.from({ length: count }, (_, i) => fileOf(CALIBRATION, `calibration_${i}.npy`));

/** Some seconds a run, in one call. */
const SLOW = makeModel({
  inputs: [{ name: 'h0', dims: [1024, 512] }],
  outputs: [{ name: 'h60', dims: [1024, 512] }],
  weights: { w: [512, 512] },
  nodes: Array.from({ length: 60 }, (_, i) => ({
    type: 'MatMul',
    inputs: [`h${i}`, 'w'],
    outputs: [`h${i + 1}`],
  })),
});

const stage = (tab, pattern) =>
  tab.page.waitForFunction(
    (source) => new RegExp(source).test(document.getElementById('progress-stage')?.textContent),
    pattern.source,
  );

describe.each([
  ['shared memory', ISOLATED],
  ['no shared memory', BARE],
])('cancelling, with %s', (_, headers) => {
  const session = eachTestHasPage({ headers });

  test('the host is what the test says', async () => {
    const isolated = await session.tab.page.evaluate(() => window.crossOriginIsolated);
    expect(isolated).toBe(headers === ISOLATED);
  });

  test('the page says how many threads computed', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    const cores = await tab.page.evaluate(() => navigator.hardwareConcurrency);
    const threads = headers === ISOLATED ? Math.min(cores, 4) : 1;
    expect(await tab.text('#figures')).toContain(`, ${threads} thread${threads === 1 ? '' : 's'},`);
  });

  test('a calibration leaves nothing behind, and the model can be quantized again', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.drop(...many(20));
    await tab.samplesAre('20 sample files, 6,000 rows, used as 6,000 samples.');
    await tab.page.click('#quantize');
    await stage(tab, /Calibrating [\d,]+ of 6,000/);
    await tab.page.click('#progress-cancel');
    await tab.gone('#progress');
    expect(await tab.page.isVisible('#download')).toBe(false);
    expect(await tab.page.isVisible('.alert')).toBe(false);
    await tab.page.click('#clear-samples');
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    await tab.quantize();
  });

  test('a comparison keeps the finished model', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await tab.drop(...many(20));
    await tab.samplesAre('20 sample files, 6,000 rows, used as 6,000 samples.');
    await tab.page.click('#quantize');
    await stage(tab, /Comparing [\d,]+ of 6,000/);
    expect(await tab.page.isVisible('#download')).toBe(true);
    await tab.page.click('#progress-cancel');
    await tab.finished();
    expect(await tab.text('#figures')).toContain('comparing was cancelled');
    expect((await tab.download()).name).toBe('digits.dynamic.int8.onnx');
  });

  test('a timing in the midst of a run keeps the finished model, and the next works', async () => {
    const { tab } = session;
    await tab.open({ name: 'slow.onnx', bytes: SLOW });
    await tab.page.check('#method-dynamic');
    await tab.page.click('#quantize');
    await stage(tab, /^Timing$/);
    await tab.page.click('#progress-cancel');
    await tab.finished();
    expect(await tab.text('#figures')).toContain('timing was cancelled');
    expect((await tab.download()).name).toBe('slow.dynamic.int8.onnx');
    await tab.page.click('#quantize');
    await stage(tab, /^Timing$/);
    await tab.page.click('#progress-cancel');
    await tab.finished();
    expect(tab.problems).toEqual([]);
  });
});

describe('timing', () => {
  const session = eachTestHasPage();

  test('takes as many runs as a few seconds hold', async () => {
    const { tab } = session;
    await tab.open({ name: 'slow.onnx', bytes: SLOW });
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    expect(await tab.text('#figures')).toMatch(/Latency here \((one run|median of \d runs), /);
  });
});

describe('while something is under way', () => {
  const session = eachTestHasPage({ context: { serviceWorkers: 'block' } });

  /** Holds the example's model back; returns what lets it go. */
  async function slowExample() {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await session.tab.page.route('**/digits.onnx', async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    return release;
  }

  test('only the stages are announced, not every step', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    await tab.listen();
    await tab.quantize();
    expect(await tab.said()).toEqual([
      'Calibrating',
      'Quantizing',
      'Writing',
      'The quantized model is ready to download. Comparing',
      'Timing',
      'Looking at the layers',
      'The result is complete.',
    ]);
    expect(await tab.page.$$('[aria-busy] [role=status]')).toEqual([]);
  });

  test('opening shows itself when it takes long, and can be cancelled', async () => {
    const { tab } = session;
    const release = await slowExample();
    await tab.page.focus('#try-example');
    await tab.page.keyboard.press('Enter');
    await tab.shown('#opening-progress');
    expect(await tab.text('#opening-progress-stage')).toBe('Opening the example');
    await tab.page.focus('#opening-progress-cancel');
    await tab.page.keyboard.press('Enter');
    await tab.gone('#opening-progress');
    expect(await tab.focused()).toBe('pick-model');
    expect(await tab.page.isVisible('.alert')).toBe(false);
    release();
    await tab.openDigits();
  });

  test('the model that was asked for last is the one that opens', async () => {
    const { tab } = session;
    const release = await slowExample();
    await tab.page.click('#try-example');
    await tab.open(fileOf(DIGITS, 'later.onnx'));
    release();
    await tab.shown('#settings');
    await tab.page.waitForTimeout(1000);
    expect(await tab.text('#model-title')).toBe('later.onnx');
    expect(await tab.text('#sample-count')).toBe('No samples yet.');
    expect(await tab.page.isVisible('.alert')).toBe(false);
  });

  test('closing the model ends its work and shows nothing of it', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.drop(...many(20));
    await tab.samplesAre('20 sample files, 6,000 rows, used as 6,000 samples.');
    await tab.page.click('#quantize');
    await stage(tab, /Calibrating/);
    await tab.page.click('#close-model');
    expect(await tab.focused()).toBe('pick-model');
    await tab.open({ name: 'slow.onnx', bytes: SLOW });
    expect(await tab.page.isVisible('#progress')).toBe(false);
    expect(await tab.page.isVisible('#result')).toBe(false);
    await tab.page.click('#close-model');
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    expect(tab.problems).toEqual([]);
  });
});
