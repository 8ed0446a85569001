// What a result says: figures, why some are missing, and which settings it was made with.
import { describe, expect, test } from '@jest/globals';
import { writeNpy } from 'quantab/samples';
import { floatTensor, makeModel, matmulModel } from './models.mjs';
import { CALIBRATION, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

const onnx = (bytes) => ({ name: 'model.onnx', bytes });
const npy = (dims) => ({ name: 'x.npy', bytes: Buffer.from(writeNpy(floatTensor(dims))) });
const row = () => session.tab.text('#figures table >> nth=1 >> tbody tr');

describe('figures', () => {
  test('outputs that are no numbers are called so', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel([1, 8], [{ type: 'Sqrt' }])));
    await tab.drop(npy([1, 8]));
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    expect(await row()).toContain('not a number');
    expect(await row()).not.toContain('∞');
  });

  test('equal outputs have an infinite ratio of signal to noise', async () => {
    const { tab } = session;
    await tab.open(
      onnx(
        makeModel({
          inputs: [{ name: 'x', dims: [1, 8] }],
          outputs: [{ name: 'y', dims: [1, 8] }],
          nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
        }),
      ),
    );
    await tab.drop(npy([1, 8]));
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    expect(await row()).toContain('∞');
    expect(await row()).toContain('100 %');
  });
});

describe('what cannot be measured takes nothing from the model', () => {
  test('operators that cannot run here', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel([1, 8], [{ type: 'Magic', domain: 'com.acme' }])));
    expect(await tab.text('#model')).toContain('cannot run these nodes');
    expect(await tab.page.isDisabled('#method-static')).toBe(true);
    expect(await tab.page.isChecked('#method-dynamic')).toBe(true);
    await tab.quantize();
    expect(await tab.text('#figures')).toMatch(
      /no latency, as .* cannot run on this page \(Magic\)/,
    );
    expect((await tab.download()).name).toBe('model.dynamic.int8.onnx');
  });

  test('open sizes that may not be 1', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(['rows', 'width'])));
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    expect(await tab.text('#figures')).toMatch(
      /no latency, as the model does not run on made-up data/,
    );
    expect((await tab.download()).name).toBe('model.dynamic.int8.onnx');
    await tab.drop(npy([3, 8]));
    await tab.samplesAre('1 sample file.');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('Latency here');
    expect(await tab.page.isVisible('#figures .notice')).toBe(false);
  });

  test('samples that the model refuses', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel([1, 8])));
    await tab.page.check('#method-dynamic');
    await tab.drop(npy([1, 9]));
    await tab.samplesAre('1 sample file.');
    await tab.quantize();
    expect(await tab.text('#figures')).toMatch(/could not be compared: .*expected \[1,8\]/);
    expect(await tab.text('#figures')).toContain('Latency here');
    expect(await tab.page.isVisible('.alert')).toBe(false);
    expect((await tab.download()).name).toBe('model.dynamic.int8.onnx');
  });
});

describe('random data', () => {
  const RANGES = 'Ranges were measured on random data';
  const ERRORS = 'The error figures are of random data';

  test('is offered and called harmful, and its results are doubted', async () => {
    const { tab } = session;
    await tab.openDigits();
    expect(await tab.text('#samples')).toContain('harm accuracy');
    await tab.page.check('#random-data');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain(RANGES);
    expect(await tab.text('#figures')).toContain(ERRORS);
    expect(await tab.text('#made-with')).toContain('on 8 random samples');
  });

  test('that only compares is not said to have calibrated', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await tab.page.check('#random-data');
    await tab.quantize();
    expect(await tab.text('#figures')).not.toContain(RANGES);
    expect(await tab.text('#figures')).toContain(ERRORS);
  });
});

describe('settings', () => {
  test('a result made with others than those shown says so, until they are put back', async () => {
    const { tab } = session;
    const { page } = tab;
    await tab.openDigits();
    await page.check('#method-dynamic');
    await page.check('#option-per_channel');
    await tab.quantize();
    expect(await tab.text('#made-with')).toBe('Dynamic · Per channel: yes');
    expect(await page.isVisible('#outdated')).toBe(false);
    await page.uncheck('#option-per_channel');
    expect(await page.isVisible('#outdated')).toBe(true);
    await page.check('#option-per_channel');
    expect(await page.isVisible('#outdated')).toBe(false);
    await page.check('#method-static');
    expect(await page.isVisible('#outdated')).toBe(true);
    await page.check('#method-dynamic');
    expect(await page.isChecked('#option-per_channel')).toBe(true);
    await tab.drop(fileOf(CALIBRATION));
    await tab.shown('#outdated');
    await tab.quantize();
    expect(await page.isVisible('#outdated')).toBe(false);
  });

  test('a mistyped number is not taken for the default', async () => {
    const { tab } = session;
    const { page } = tab;
    await tab.openDigits();
    await page.check('#random-data');
    await page.click('#options summary');
    await page.focus('#option-minimum_real_range');
    await page.keyboard.type('1e');
    await page.click('#options summary');
    await page.click('#quantize');
    expect(await tab.alert()).toMatch(/'Minimum real range' holds something that is no number/);
    expect(await tab.focused()).toBe('option-minimum_real_range');
    await page.keyboard.type('-4');
    await tab.quantize();
    expect(await tab.text('#made-with')).toContain('Minimum real range: 0.0001');
    expect(await page.isVisible('.alert')).toBe(false);
  });
});
