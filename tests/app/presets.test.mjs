// Ready-made settings: what they come to for which model, with samples and without, and the set of several files.
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { matmulModel } from './models.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();
const SAMPLES = '1 sample file, 300 rows, used as 300 samples.';

async function drop(...files) {
  const { tab } = session;
  await tab.drop(...files);
  await tab.shown('#model-title');
  return tab;
}

const made = async (tab, preset) => {
  await tab.page.check(`#preset-${preset}`);
  await tab.quantize();
  return tab.text('#made-with');
};

describe('a convolutional model', () => {
  test('is quantized dynamically without samples, and statically with them', async () => {
    const tab = await drop(fileOf(DIGITS));
    expect(await tab.page.isChecked('#preset-balanced')).toBe(true);
    expect(await tab.page.isVisible('#method-static')).toBe(false);
    expect(await tab.text('#preset-balanced-help')).toContain('Dynamic, unsigned weights');
    await tab.quantize();
    expect(await tab.text('#made-with')).toBe('Dynamic · Weight type: QUInt8');
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre(SAMPLES);
    expect(await tab.text('#preset-balanced-help')).toContain('Static, one scale per channel');
    await tab.shown('#outdated');
    await tab.quantize();
    expect(await tab.text('#made-with')).toBe(
      'Static, on 300 samples · Per channel: yes · Activation type: QUInt8',
    );
    expect(tab.problems).toEqual([]);
  });

  test('becomes smallest with 4 bits, and most accurate in half precision', async () => {
    const tab = await drop(fileOf(DIGITS), fileOf(CALIBRATION));
    await tab.samplesAre(SAMPLES);
    expect(await made(tab, 'smallest')).toBe(
      'Static, on 300 samples · Per channel: yes · Activation type: QUInt8 · Weight type: QInt4',
    );
    const { file, name } = await tab.download();
    expect(name).toBe('digits.static.int4.onnx');
    const model = await openModel(file);
    expect(model.byteLength).toBeLessThan(0.2 * fileOf(DIGITS).bytes.length);
    model.close();
    expect(await made(tab, 'accurate')).toMatch(
      /^Half precision with float32 where needed, on 300 samples · Keep io types: yes/,
    );
    expect(await tab.text('#in-float')).toBe('Every node works in float16.');
    expect(await tab.text('#gain')).toContain('50.2 % of the original');
    expect(await tab.text('#verdict')).toContain('300 of 300 samples');
    expect(tab.problems).toEqual([]);
  });
});

test('a model of matrix products is quantized dynamically, per channel', async () => {
  const tab = await drop({ name: 'model.onnx', bytes: matmulModel(['rows', 8]) });
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe('Dynamic · Per channel: yes');
});

test('an option that is changed by hand makes the settings one’s own, and a ready-made one puts them back', async () => {
  const tab = await drop(fileOf(DIGITS), fileOf(CALIBRATION));
  const { page } = tab;
  await tab.samplesAre(SAMPLES);
  await tab.allOptions();
  expect(await page.isChecked('#method-static')).toBe(true);
  expect(await page.isChecked('#option-per_channel')).toBe(true);
  await page.uncheck('#option-per_channel');
  expect(await page.isChecked('#preset-own')).toBe(true);
  await page.check('#preset-balanced');
  expect(await page.isChecked('#option-per_channel')).toBe(true);
  await page.click('#options summary');
  await page.check('#pre-process');
  expect(await page.isChecked('#preset-balanced')).toBe(true);
  await page.check('#preset-accurate');
  expect(await page.isChecked('#method-float16')).toBe(true);
  expect(await page.isChecked('#mixed-precision')).toBe(true);
});

test('the set for transformers.js is four files by its names, which load', async () => {
  const tab = await drop(fileOf(DIGITS, 'model.onnx'));
  const { page } = tab;
  await page.check('#preset-transformers-js');
  await tab.allOptions();
  expect(await page.isVisible('#set-has-its-own')).toBe(true);
  expect(await page.isDisabled('#method-static')).toBe(true);
  await page.click('#quantize');
  await page.waitForFunction(() =>
    document
      .getElementById('progress-stage')
      ?.textContent.startsWith('1 of 4, model_quantized.onnx: '),
  );
  await tab.finished();
  const { default: ort } = await import('onnxruntime-node');
  const names = [];
  for (const number of [1, 2, 3, 4]) {
    const { file, name } = await tab.download(`#download-${number}`);
    names.push(name);
    // Its processor kernels have no convolution by signed weights.
    if (name.includes('int8') && !name.includes('uint8')) continue;
    const loaded = await ort.InferenceSession.create(file);
    expect(loaded.inputNames).toEqual(['image']);
  }
  expect(names).toEqual([
    'model_quantized.onnx',
    'model_int8.onnx',
    'model_uint8.onnx',
    'model_fp16.onnx',
  ]);
  expect(tab.problems).toEqual([]);
});

test('of a model with matrix products the set has three more files, with weights in 4 bits', async () => {
  const tab = await drop({ name: 'model.onnx', bytes: matmulModel(['rows', 8]) });
  const { page } = tab;
  await page.check('#preset-transformers-js');
  expect(await tab.text('#preset-transformers-js-help')).toContain('Seven files');
  await page.click('#quantize');
  await tab.finished();
  const operators = new Map();
  for (const number of [1, 2, 3, 4, 5, 6, 7]) {
    const { file, name } = await tab.download(`#download-${number}`);
    const model = await openModel(file);
    operators.set(name, model.info.operators.map(({ opType }) => opType).toSorted());
    model.close();
  }
  expect([...operators.keys()].slice(4)).toEqual([
    'model_q4.onnx',
    'model_q4f16.onnx',
    'model_bnb4.onnx',
  ]);
  expect(operators.get('model_q4.onnx')).toEqual(['MatMulNBits']);
  expect(operators.get('model_q4f16.onnx')).toEqual(['Cast', 'MatMulNBits']);
  expect(operators.get('model_bnb4.onnx')).toEqual(['MatMulBnb4']);
  expect(tab.problems).toEqual([]);
});
