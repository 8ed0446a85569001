// What a person does with the page, from the first drop to the download.
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { describe, expect, test } from '@jest/globals';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf, temporaryFolder } from './page.mjs';

const session = eachTestHasPage();
const SAMPLES = '1 sample file, 300 rows, used as 300 samples.';

test('a model and samples are dropped, quantized, downloaded, and the download loads', async () => {
  const { tab } = session;
  await tab.openDigits();
  expect(await tab.text('#model')).toContain('digits.onnx');
  expect(await tab.text('#model')).toContain('image');
  await tab.drop(fileOf(CALIBRATION));
  await tab.samplesAre(SAMPLES);
  await tab.quantize();
  expect(await tab.text('#result')).toContain('(300 samples)');
  expect(await tab.text('#figures')).toMatch(
    /Latency here \(median of \d+ runs, \d threads?, relaxed SIMD\)/,
  );
  expect(await tab.text('#made-with')).toBe('Static, on 300 samples · Activation type: QUInt8');

  const { file, name } = await tab.download();
  expect(name).toBe('digits.static.int8.onnx');
  expect(fs.statSync(file).size).toBeLessThan(fs.statSync(DIGITS).size * 0.45);

  await tab.page.click('#close-model');
  await tab.open(fileOf(file));
  expect(await tab.text('#model')).toContain('QuantizeLinear');
  expect(await tab.text('#model')).toContain('quantized already');

  const { default: ort } = await import('onnxruntime-node');
  const reference = await ort.InferenceSession.create(file);
  expect(reference.inputNames).toEqual(['image']);
  expect(tab.problems).toEqual([]);
});

test('dynamic quantization needs no samples', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.page.check('#method-dynamic');
  await tab.page.selectOption('#option-weight_type', 'QUInt8');
  await tab.quantize();
  expect(await tab.text('#result')).toContain('Add samples to see');
  expect(await tab.text('#made-with')).toBe('Dynamic · Weight type: QUInt8');
  expect((await tab.download()).name).toBe('digits.dynamic.int8.onnx');
});

test('the example is one click away', async () => {
  const { tab } = session;
  await tab.page.click('#try-example');
  await tab.shown('#model-title');
  await tab.samplesAre(SAMPLES);
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe(
    'Static, on 300 samples · Per channel: yes · Activation type: QUInt8',
  );
  const top1 = await tab.text('#figures table >> nth=1 >> tbody td:last-child');
  expect(top1).toMatch(/^(9[5-9](\.\d+)?|100) %$/);
});

test('the buttons choose a model and samples as well', async () => {
  const { tab } = session;
  await tab.page.setInputFiles('#pick-model', DIGITS);
  await tab.shown('#model-title');
  await tab.page.setInputFiles('#pick-samples', CALIBRATION);
  await tab.samplesAre(SAMPLES);
  await tab.page.click('#clear-samples');
  await tab.samplesAre('No samples yet.');
  await tab.page.setInputFiles('#pick-samples', CALIBRATION);
  await tab.quantize();
});

describe('external data', () => {
  async function externalModel(location) {
    const folder = temporaryFolder();
    const digits = await openModel(DIGITS);
    await digits.writeTo(path.join(folder, 'external.onnx'), {
      useExternalDataFormat: true,
      location,
    });
    digits.close();
    return [fileOf(`${folder}/external.onnx`), fileOf(`${folder}/${location}`)];
  }

  test('is dropped with the model, and asked for when it is missing', async () => {
    const { tab } = session;
    const [model, data] = await externalModel('external.onnx.data');
    await tab.drop(model);
    expect(await tab.alert()).toContain('external.onnx.data');
    await tab.open(model, data);
    expect(await tab.text('#model')).toContain('external data');
  });

  test('may be called .onnx itself, whichever file comes first', async () => {
    const { tab } = session;
    const [model, data] = await externalModel('weights.onnx');
    await tab.open(data, model);
    expect(await tab.text('#model-title')).toBe('external.onnx');
    expect(await tab.text('#model')).toContain('external data');
  });

  test('is given as a second download when wished', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await tab.page.click('#options summary');
    await tab.page.check('#external-data');
    await tab.quantize();
    const folder = temporaryFolder();
    const model = await tab.download('#download', folder);
    const data = await tab.download('#download-data', folder);
    expect([model.name, data.name]).toEqual([
      'digits.dynamic.int8.onnx',
      'digits.dynamic.int8.onnx.data',
    ]);
    expect(fs.statSync(data.file).size).toBeGreaterThan(fs.statSync(model.file).size);
    const read = await openModel(model.file);
    expect(read.info).toMatchObject({ externalData: true, quantized: true });
    read.close();
  });
});
