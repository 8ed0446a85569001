// What cannot be had together is disabled, and says why; what is left can be quantized.
import { expect, test } from '@jest/globals';
import { matmulModel } from './models.mjs';
import { CALIBRATION, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

/** The text of all that describes a control. */
const description = (page, id) =>
  page.$eval(`#${id}`, (control) =>
    (control.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((each) => document.getElementById(each).textContent)
      .join(' '),
  );

const disabledChoices = (page, id) =>
  page.$$eval(`#${id} option`, (options) =>
    options.filter((option) => option.disabled).map((option) => option.value),
  );

async function openOptions() {
  const { tab } = session;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await tab.page.click('#options summary');
  return tab;
}

test('QOperator format takes 8 bits only, no blocks and no configuration', async () => {
  const tab = await openOptions();
  const { page } = tab;
  expect(await disabledChoices(page, 'option-quant_format')).toEqual([]);
  await page.selectOption('#option-weight_type', 'QInt4');
  expect(await disabledChoices(page, 'option-quant_format')).toEqual(['QOperator']);
  expect(await description(page, 'option-quant_format')).toContain('only for QInt8 and QUInt8');
  expect(await page.isVisible('#option-quant_format-why')).toBe(true);
  await page.selectOption('#option-weight_type', 'QInt8');
  expect(await page.$('#option-quant_format-why')).toBeNull();

  await page.selectOption('#option-quant_format', 'QOperator');
  expect(await disabledChoices(page, 'option-weight_type')).toEqual([
    'QFLOAT8E4M3FN',
    'QInt16',
    'QUInt16',
    'QInt4',
    'QUInt4',
  ]);
  expect(await disabledChoices(page, 'option-config')).toEqual(['qdq', 'qnn']);
  expect(await page.isDisabled('#option-block_size')).toBe(true);
  expect(await description(page, 'option-block_size')).toContain('need QDQ format');
  expect(await page.isDisabled('#option-sigmoid_nnapi')).toBe(false);
  await tab.quantize();
  expect(await tab.text('#made-with')).toContain('Quant format: QOperator');
});

test('signed activations and unsigned weights are not offered together', async () => {
  const { page } = await openOptions();
  await page.selectOption('#option-weight_type', 'QUInt8');
  expect(await disabledChoices(page, 'option-activation_type')).toEqual(['QInt8']);
  await page.selectOption('#option-weight_type', 'QInt8');
  await page.selectOption('#option-activation_type', 'QInt8');
  expect(await disabledChoices(page, 'option-weight_type')).toEqual(['QUInt8']);
});

test('float8 goes with itself and its calibration, and leaves with them', async () => {
  const tab = await openOptions();
  const { page } = tab;
  const values = () =>
    Promise.all(
      ['weight_type', 'activation_type', 'calibrate_method'].map((name) =>
        page.inputValue(`#option-${name}`),
      ),
    );
  await page.selectOption('#option-weight_type', 'QFLOAT8E4M3FN');
  expect(await values()).toEqual(['QFLOAT8E4M3FN', 'QFLOAT8E4M3FN', 'Distribution']);
  expect(await page.isDisabled('#option-reduce_range')).toBe(true);
  expect(await disabledChoices(page, 'option-calibrate_method')).not.toContain('Distribution');
  await tab.quantize();
  expect((await tab.download()).name).toBe('digits.static.float8.onnx');
  await page.selectOption('#option-activation_type', 'QUInt8');
  expect(await values()).toEqual(['QInt8', 'QUInt8', 'MinMax']);
  expect(tab.problems).toEqual([]);
});

test('options that count for nothing are not sent', async () => {
  const tab = await openOptions();
  const { page } = tab;
  expect(await page.isDisabled('#option-calib_percentile')).toBe(true);
  expect(await description(page, 'option-calib_percentile')).toContain('Percentile only');
  await page.selectOption('#option-calibrate_method', 'Percentile');
  await page.fill('#option-calib_percentile', '99');
  await page.check('#option-smooth_quant');
  await page.fill('#option-smooth_quant_alpha', '0.25');
  await page.uncheck('#option-smooth_quant');
  expect(await page.isDisabled('#option-smooth_quant_alpha')).toBe(true);
  await tab.quantize();
  const said = await tab.text('#made-with');
  expect(said).toContain('Calib percentile: 99');
  expect(said).not.toContain('alpha');
});

test('weights alone: an emptied field counts as its default, and Gather goes with QOperator and 4 bits only', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.open({ name: 'model.onnx', bytes: matmulModel(['rows', 8]) });
  await page.check('#method-nbits');
  await page.click('#options summary');
  const formats = () => disabledChoices(page, 'option-quant_format');
  const isFieldOff = () => page.isDisabled('#option-op_types_to_quantize');
  expect([await formats(), await isFieldOff()]).toEqual([[], false]);
  await page.fill('#option-bits', '8');
  expect([await formats(), await isFieldOff()]).toEqual([['QDQ'], true]);
  expect(await description(page, 'option-quant_format')).toContain('weights of 4 bits');
  await page.fill('#option-bits', '');
  expect([await formats(), await isFieldOff()]).toEqual([[], false]);

  await page.fill('#option-op_types_to_quantize', 'MatMul, Gather');
  expect(await formats()).toEqual(['QDQ']);
  expect(await description(page, 'option-quant_format')).toContain('Gather is quantized in');
  await page.fill('#option-op_types_to_quantize', 'MatMul');
  expect(await formats()).toEqual([]);
  await page.selectOption('#option-quant_format', 'QDQ');
  expect(await isFieldOff()).toBe(true);
  expect(await description(page, 'option-op_types_to_quantize')).toContain('MatMul alone');
  await page.fill('#option-block_size', '16');
  await tab.quantize();
  expect(await tab.text('#made-with')).toContain('Quant format: QDQ');
  expect(tab.problems).toEqual([]);
});
