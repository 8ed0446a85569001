// The page's methods beyond plain int8, and the recipe of a result.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { matmulModel } from './models.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

const openOptions = (tab) => tab.page.click('#options summary');

test('half precision halves the model and needs no samples', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.page.check('#method-float16');
  await tab.page.check('#option-keep_io_types');
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe('Half precision · Keep io types: yes');
  const { file, name } = await tab.download();
  expect(name).toBe('digits.float16.onnx');
  expect(fs.statSync(file).size).toBeLessThan(fs.statSync(DIGITS).size * 0.55);
  expect(tab.problems).toEqual([]);
});

test('weights alone become 4 bits, and what they leave half precision', async () => {
  const { tab } = session;
  await tab.open({ name: 'model.onnx', bytes: matmulModel(['rows', 8]) });
  await tab.allOptions();
  await tab.page.check('#method-nbits');
  await tab.page.check('#option-is_symmetric');
  await tab.page.fill('#option-block_size', '16');
  await tab.page.check('#half-after');
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe(
    'Weights in few bits, the rest in half precision · Block size: 16 · Symmetric: yes',
  );
  await tab.page.click('#recipe summary');
  expect(JSON.parse(await tab.text('#recipe pre >> nth=0'))).toEqual({
    quantize_matmul_nbits: { block_size: 16, is_symmetric: true },
    convert_float_to_float16: { keep_io_types: true },
  });
  expect((await tab.download()).name).toBe('model.nbits.int4.float16.onnx');
  await tab.page.fill('#option-bits', '8');
  expect(await tab.page.isDisabled('#option-quant_format option[value=QDQ]')).toBe(true);
  await tab.page.check('#method-bnb4');
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe('Weights in float4 · every option at its default');
  expect((await tab.download()).name).toBe('model.bnb4.onnx');
  expect(tab.problems).toEqual([]);
});

test('a form, a calibration method, an object of exceptions and pre-processing can be chosen', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.page.selectOption('#option-quant_format', 'QOperator');
  await tab.page.selectOption('#option-calibrate_method', 'Percentile');
  await openOptions(tab);
  await tab.page.check('#pre-process');
  await tab.page.fill('#option-tensor_quant_overrides', '{"logits": [{"rmin": -20, "rmax": 20}]}');
  await tab.quantize();
  expect(await tab.text('#made-with')).toContain('Pre-processed');
  await tab.page.click('#recipe summary');
  const recipe = JSON.parse(await tab.text('#recipe pre >> nth=0'));
  expect(recipe.quant_pre_process).toEqual({});
  expect(recipe.quantize_static).toMatchObject({
    quant_format: 'QOperator',
    calibrate_method: 'Percentile',
    extra_options: { TensorQuantOverrides: { logits: [{ rmin: -20, rmax: 20 }] } },
  });
  expect(await tab.text('#recipe pre >> nth=1')).toContain('QuantFormat.QOperator');
  const { file } = await tab.download();
  await tab.page.click('#close-model');
  await tab.open(fileOf(file));
  expect(await tab.text('#model')).toContain('QLinearConv');
  expect(tab.problems).toEqual([]);
});

test('a ready-made configuration sets the fields that nobody touched', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await openOptions(tab);
  const values = () =>
    Promise.all(
      ['activation_type', 'weight_type', 'minimum_real_range'].map((name) =>
        tab.page.inputValue(`#option-${name}`),
      ),
    );
  expect(await values()).toEqual(['QUInt8', 'QInt8', '']);
  await tab.page.selectOption('#option-activation_type', 'QUInt16');
  await tab.page.selectOption('#option-config', 'qnn');
  expect(await values()).toEqual(['QUInt16', 'QUInt8', '0.0001']);
  const forced = () => tab.page.isChecked('#option-force_quantize_no_input_check');
  await tab.page.selectOption('#option-config', 'qdq');
  expect([await values(), await forced()]).toEqual([['QUInt16', 'QInt8', ''], true]);
  await tab.page.selectOption('#option-config', 'qnn');
  expect([await values(), await forced()]).toEqual([['QUInt16', 'QUInt8', '0.0001'], false]);
  await tab.quantize();
  await tab.page.click('#recipe summary');
  const { quantize_static: recipe } = JSON.parse(await tab.text('#recipe pre >> nth=0'));
  expect(recipe).toEqual({ config: 'qnn', activation_type: 'QUInt16' });
  await tab.page.selectOption('#option-config', 'none');
  expect(await values()).toEqual(['QUInt16', 'QInt8', '']);
  expect(tab.problems).toEqual([]);
});

test('a field that wants an object says so', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await openOptions(tab);
  await tab.page.fill('#option-tensor_quant_overrides', 'logits');
  await tab.page.click('#quantize');
  await tab.page.waitForSelector('[role=alert]');
  expect(await tab.text('[role=alert]')).toContain('must be a JSON object');
  expect(await tab.focused()).toBe('option-tensor_quant_overrides');
});
