// Samples: every format, what becomes of rows, and what is refused.
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeNpy } from 'quantab/samples';
import { floatTensor, makeModel, matmulModel, pbOf } from './models.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf, root, temporaryFolder } from './page.mjs';
import { npzOf } from './zip.mjs';

const session = eachTestHasPage();

const TWO_INPUTS = makeModel({
  inputs: [
    { name: 'a', dims: ['batch', 8] },
    { name: 'b', dims: ['batch', 4] },
  ],
  outputs: [{ name: 'y', dims: ['batch', 4] }],
  weights: { w: [8, 4] },
  nodes: [
    { type: 'MatMul', inputs: ['a', 'w'], outputs: ['h'] },
    { type: 'Add', inputs: ['h', 'b'], outputs: ['y'] },
  ],
});

const npy = (name, dims) => ({ name, bytes: Buffer.from(writeNpy(floatTensor(dims))) });
const pb = (name, dims, inside) => ({ name, bytes: pbOf(dims, inside) });
const onnx = (bytes, name = 'model.onnx') => ({ name, bytes });

describe('formats', () => {
  test('.npz files hold the inputs by name', async () => {
    const { tab } = session;
    await tab.open(onnx(TWO_INPUTS));
    const sample = npzOf({ a: floatTensor([1, 8]), b: floatTensor([1, 4]) });
    await tab.drop({ name: '0.npz', bytes: sample }, { name: '1.npz', bytes: sample });
    await tab.samplesAre('2 sample files.');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(2 samples)');
  });

  test('.pb files are samples by themselves for a model with one input', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(['batch', 8])));
    await tab.drop(pb('first.pb', [1, 8]), pb('second.pb', [1, 8]));
    await tab.samplesAre('2 sample files.');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(2 samples)');
  });

  test('a folder is dropped whole: a model with its test_data_set_* as in ONNX', async () => {
    const { tab } = session;
    const folder = path.join(temporaryFolder(), 'two_inputs');
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'model.onnx'), TWO_INPUTS);
    fs.writeFileSync(path.join(folder, '.DS_Store'), 'not a sample');
    for (const set of ['test_data_set_0', 'test_data_set_1', 'test_data_set_2']) {
      fs.mkdirSync(path.join(folder, set));
      fs.writeFileSync(path.join(folder, set, 'input_0.pb'), pbOf([1, 8], 'a'));
      fs.writeFileSync(path.join(folder, set, 'input_1.pb'), pbOf([1, 4], 'b'));
      fs.writeFileSync(path.join(folder, set, 'output_0.pb'), pbOf([1, 4], 'y'));
    }
    await tab.dropPaths(folder);
    await tab.shown('#model-title');
    await tab.samplesAre('6 sample files, used as 3 samples.');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(3 samples)');

    // The same without a mouse.
    await tab.page.click('#clear-samples');
    await tab.page.setInputFiles('#pick-folder', path.join(folder, 'test_data_set_1'));
    await tab.samplesAre('2 sample files, used as 1 sample.');
    expect(tab.problems).toEqual([]);
  });

  test('pictures become inputs by preprocessing that is shown and can be changed', async () => {
    const { tab } = session;
    const { page } = tab;
    await tab.openDigits();
    const png = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(24, 16);
      const context = canvas.getContext('2d');
      context.fillStyle = '#888';
      context.fillRect(4, 4, 12, 8);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    await tab.drop({ name: 'a.png', bytes: Buffer.from(png) });
    await tab.shown('#image-options');
    expect(await page.inputValue('#image-width')).toBe('8');
    expect(await page.inputValue('#image-channels')).toBe('GRAY');
    await page.fill('#image-mean', '0.5');
    await page.fill('#image-std', 'half');
    await page.click('#quantize');
    expect(await tab.alert()).toContain("'half'");
    expect(await tab.focused()).toBe('image-std');
    await page.fill('#image-std', '1/2');
    await page.fill('#image-width', '8, 8');
    await page.click('#quantize');
    expect(await tab.alert()).toContain("'Width' takes one number");
    await page.fill('#image-width', '8');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(1 sample)');
  });

  test('files of one name from different folders are samples each', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel([1, 8])));
    await tab.drop(npy('x.npy', [1, 8]), npy('x.npy', [1, 8]), npy('x.npy', [1, 8]));
    await tab.samplesAre('3 sample files.');
  });

  test('samples that arrive while the model is being opened are kept for it', async () => {
    const { tab } = session;
    await tab.drop(fileOf(DIGITS));
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  });
});

describe('rows', () => {
  test.each([
    ['1', [1, 8]],
    ["'batch_size'", ['batch_size', 8]],
    ["'N'", ['N', 8]],
    ["'unk__12'", ['unk__12', 8]],
  ])('of a first dimension %s are samples, unless that is switched off', async (_, dims) => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(dims)));
    await tab.drop(npy('rows.npy', [6, 8]));
    await tab.samplesAre('1 sample file, 6 rows, used as 6 samples.');
    await tab.page.uncheck('#split-rows');
    await tab.samplesAre('1 sample file, 6 rows, used as 1 sample.');
    await tab.page.click('#quantize');
    if (dims[0] === 1) {
      expect(await tab.alert()).toMatch(/has shape \[6,8\], expected \[1,8\]/);
    } else {
      await tab.finished();
      expect(await tab.text('#figures')).toContain('(1 sample)');
    }
  });

  test.each([
    ['a symbol that is no batch', ['tokens', 8], [6, 8]],
    ['a fixed size other than 1', [6, 8], [6, 8]],
    ['a size without a name', ['', 8], [6, 8]],
  ])('of %s stay together', async (_, dims, rows) => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(dims)));
    await tab.drop(npy('rows.npy', rows));
    await tab.samplesAre('1 sample file.');
    expect(await tab.page.isVisible('#split-rows')).toBe(false);
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(1 sample)');
  });

  test('of a model of rank 1 stay together', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(['batch'], [{ type: 'Relu' }])));
    await tab.drop(npy('rows.npy', [8]));
    await tab.samplesAre('1 sample file.');
  });
});

describe('what is refused', () => {
  test('two files of one name that could be of different samples', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(['batch', 8])));
    await tab.drop(pb('input_0.pb', [1, 8]), pb('input_0.pb', [1, 8]));
    expect(await tab.alert()).toMatch(/Two files are called 'input_0.pb'.*Nothing was added/);
    await tab.samplesAre('No samples yet.');
    await tab.drop(pb('input_0.pb', [1, 8]));
    await tab.drop(pb('input_0.pb', [1, 8]));
    await tab.samplesAre('2 sample files.');
  });

  test('two files of a sample for the same input', async () => {
    const { tab } = session;
    await tab.open(onnx(TWO_INPUTS));
    await tab.drop(pb('input_0.pb', [1, 8], 'a'), pb('input_1.pb', [1, 8], 'a'));
    expect(await tab.alert()).toMatch(/'input_0.pb' and 'input_1.pb' are both for input 'a'/);
    await tab.samplesAre('No samples yet.');
  });

  test('a damaged file, while the good ones are kept', async () => {
    const { tab } = session;
    await tab.openDigits();
    const half = fs.readFileSync(CALIBRATION).subarray(0, 1000);
    await tab.drop({ name: 'half.npy', bytes: half }, fileOf(CALIBRATION));
    expect(await tab.alert()).toMatch(/'half.npy': .*It was left out\./);
    await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
    await tab.drop({ name: 'notes.txt', bytes: Buffer.from('hello') });
    expect(await tab.alert()).toMatch(/Left out 'notes.txt'/);
    await tab.quantize();
  });

  test('a sample of the wrong shape, with expected and got', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.drop(fileOf(`${root}/examples/digits/heldout_labels.npy`));
    await tab.samplesAre('1 sample file.');
    await tab.page.click('#quantize');
    expect(await tab.alert()).toMatch(/image.*expected/);
    await tab.page.click('.alert button');
    await tab.page.check('#method-dynamic');
    await tab.page.click('#clear-samples');
    await tab.quantize();
  });

  test('static quantization without samples', async () => {
    const { tab } = session;
    await tab.openDigits();
    await tab.page.click('#quantize');
    expect(await tab.alert()).toContain('needs samples');
    expect(await tab.focused()).toBe('quantize');
  });
});
