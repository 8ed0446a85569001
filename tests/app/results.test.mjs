// What a result says: figures, why some are missing, and which settings it was made with.
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { writeNpy } from 'quantab/samples';
import { floatTensor, makeModel, matmulModel } from './models.mjs';
import { CALIBRATION, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

const onnx = (bytes) => ({ name: 'model.onnx', bytes });
const npy = (dims) => ({ name: 'x.npy', bytes: Buffer.from(writeNpy(floatTensor(dims))) });
const MAGIC = { type: 'Magic', domain: 'com.acme' };
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
    await tab.drop(onnx(matmulModel([1, 8], [MAGIC])));
    await tab.shown('#unsupported');
    await tab.allOptions();
    const said = await tab.text('#unsupported');
    expect(said).toContain("Magic of domain com.acme: node 'Magic_of_h0'");
    expect(said).toContain('stay in float');
    expect(said).toContain('outputs cannot be compared and runs cannot be timed');
    expect(await tab.page.isChecked('#method-dynamic')).toBe(true);
    await tab.quantize();
    expect(await tab.text('#figures')).toMatch(
      /no latency, as 1 node cannot run on this page \(Magic\)/,
    );
    expect(await tab.text('#remarks')).toContain('it cannot run here');
    expect((await tab.download()).name).toBe('model.dynamic.int8.onnx');
  });

  test.each([
    ['samples', (tab) => tab.drop(npy([1, 8]))],
    ['random data', (tab) => tab.page.check('#random-data')],
  ])('static quantization reaches what comes before them, on %s', async (_, give) => {
    const { tab } = session;
    await tab.open(onnx(matmulModel([1, 8], [MAGIC, { type: 'Relu' }])));
    await tab.page.check('#method-static');
    expect(await tab.text('#method-static-help')).toContain('what comes before the operators');
    await give(tab);
    await tab.quantize();
    expect(await tab.page.isVisible('#remarks li')).toBe(true);
    expect(await tab.text('#remarks')).toMatch(
      /'Magic' of domain 'com\.acme' .*it and what depends on it stay in float/,
    );
    expect(await tab.text('#figures')).toMatch(/no latency, as 1 node cannot run on this page/);
    const { file, name } = await tab.download();
    expect(name).toBe('model.static.int8.onnx');
    const made = await openModel(file);
    expect(made.info.operators.map(({ opType }) => opType)).toContain('QuantizeLinear');
    made.close();
  });

  test('static quantization of what only comes after them is refused', async () => {
    const { tab } = session;
    const nodes = [
      { type: 'Magic', domain: 'com.acme', inputs: ['x'], outputs: ['h'] },
      { type: 'MatMul', inputs: ['h', 'w'], outputs: ['y'] },
    ];
    const ends = { inputs: [{ name: 'x', dims: [1, 8] }], outputs: [{ name: 'y', dims: [1, 4] }] };
    await tab.open(onnx(makeModel({ ...ends, weights: { w: [8, 4] }, nodes })));
    await tab.page.check('#method-static');
    await tab.drop(npy([1, 8]));
    await tab.samplesAre('1 sample file.');
    await tab.page.click('#quantize');
    expect(await tab.alert()).toMatch(/'Magic' .*Nothing that could be quantized comes before it/);
    await tab.page.check('#method-dynamic');
    await tab.quantize();
  });

  test('sequences', async () => {
    const { tab } = session;
    const sequence = { name: 's', dims: [1, 8], sequence: true };
    const x = { name: 'x', dims: [1, 8] };
    await tab.drop(
      onnx(
        makeModel({
          inputs: [sequence],
          outputs: [{ ...sequence, name: 't' }],
          nodes: [{ type: 'Identity', inputs: ['s'], outputs: ['t'] }],
        }),
      ),
    );
    await tab.shown('#model-title');
    await tab.allOptions();
    expect(await tab.text('#model')).toContain("Input 's' is a sequence, and this page can give");
    expect(await tab.text('#model table')).toContain('sequence');
    expect(await tab.page.isChecked('#method-dynamic')).toBe(true);
    await tab.open(
      onnx(
        makeModel({
          inputs: [x],
          outputs: [sequence],
          nodes: [{ type: 'SequenceConstruct', inputs: ['x', 'x'], outputs: ['s'] }],
        }),
      ),
    );
    await tab.page.waitForFunction(() =>
      document
        .getElementById('model')
        .textContent.includes("Output 's' is a sequence: the outputs"),
    );
    await tab.page.check('#method-dynamic');
    await tab.drop(npy([1, 8]));
    await tab.samplesAre('1 sample file.');
    await tab.quantize();
    expect(await tab.text('#figures')).toMatch(/could not be compared: Output 's' is a sequence/);
    expect(await tab.text('#figures')).toContain('Latency here');
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
    expect(await tab.text('#made-with')).toBe('Dynamic · Per channel: yes · Weight type: QUInt8');
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
