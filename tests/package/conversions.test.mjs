// Conversions beyond plain int8: half precision, pre-processing, ranges that are kept, recipes. The results run in onnxruntime-node.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import ort from 'onnxruntime-node';
import { openModel } from 'quantab';
import { writeNpy } from 'quantab/samples';
import { keep } from './keep.mjs';
import { cliScript, digitSamples, digitsPath, hex, inTemporaryFolder, root, run } from './lib.mjs';

const PROGRAMS = [
  ['node', process.execPath, [cliScript]],
  ['native', path.join(root, 'build', 'release', 'quantab'), []],
];
const STATIC = { activationType: 'QUInt8', weightType: 'QInt8', perChannel: true };
const digits = () => keep(openModel(digitsPath));
const samples = digitSamples(12);

/** The share of pictures on which onnxruntime-node and the float model choose the same digit. */
async function agreement(model, float) {
  const session = await ort.InferenceSession.create(await model.bytes(), { logSeverityLevel: 3 });
  const best = (scores) => scores.indexOf(Math.max(...scores));
  let same = 0;
  const pictures = digitSamples(40, 'heldout.npy');
  for (const { image } of pictures) {
    const tensor = new ort.Tensor('float32', image.data, image.dims);
    const theirs = (await session.run({ image: tensor })).logits;
    const { logits } = await float.run({ image });
    same += best(Array.from(theirs.data)) === best(Array.from(logits.data));
  }
  return same / pictures.length;
}

describe('the package', () => {
  test.each([
    ['QOperator', { ...STATIC, quantFormat: 'QOperator' }, 'QLinearConv'],
    ['Entropy', { ...STATIC, calibrateMethod: 'Entropy' }, 'QuantizeLinear'],
    ['Percentile', { ...STATIC, calibrateMethod: 'Percentile' }, 'QuantizeLinear'],
    ['MSE', { ...STATIC, calibrateMethod: 'MSE' }, 'QuantizeLinear'],
    ['16-bit activations', { ...STATIC, activationType: 'QUInt16' }, 'QuantizeLinear'],
    ['4-bit weights', { ...STATIC, weightType: 'QInt4' }, 'QuantizeLinear'],
    ['equalization', { ...STATIC, crossLayerEqualization: true }, 'QuantizeLinear'],
    ['SmoothQuant', { ...STATIC, smoothQuant: true }, 'QuantizeLinear'],
    ['bias correction', { ...STATIC, biasCorrection: true }, 'QuantizeLinear'],
  ])('%s', async (_, options, operator) => {
    const float = await digits();
    const seen = [];
    const result = await keep(
      float.quantizeStatic({
        ...options,
        calibrationData: samples,
        onProgress: ({ stage, done, total }) => stage === 'calibrate' && seen.push([done, total]),
      }),
    );
    expect(result.info.operators.map(({ opType }) => opType)).toContain(operator);
    expect(await agreement(result, float)).toBeGreaterThanOrEqual(0.95);
    const [, total] = seen.at(-1);
    expect(total % samples.length).toBe(0);
    expect(seen.at(-1)).toEqual([total, total]);
  });

  test('float16, after pre-processing', async () => {
    const float = await digits();
    const ready = await keep(float.quantPreProcess());
    expect(await agreement(ready, float)).toBe(1);
    const half = await keep(ready.convertFloatToFloat16({ keepIoTypes: true }));
    expect(half.byteLength).toBeLessThan(0.55 * float.byteLength);
    expect(half.info.inputs[0].dtype).toBe('float32');
    expect(await agreement(half, float)).toBe(1);
    const both = await keep(float.convertFloatToFloat16({ keepIoTypes: true, preProcess: true }));
    expect(hex(await both.bytes())).toBe(hex(await half.bytes()));
  });

  test('ranges can be kept, edited and given back', async () => {
    const float = await digits();
    const options = { ...STATIC, calibrateMethod: 'Percentile' };
    const measured = await keep(float.quantizeStatic({ ...options, calibrationData: samples }));
    const { text, calibrationCache } = measured.ranges;
    expect(await float.calibrate({ ...options, calibrationData: samples })).toBe(text);
    expect(JSON.parse(calibrationCache).CLS).toBe('TensorsData');
    for (const ranges of [text, calibrationCache]) {
      const again = await keep(float.quantizeStatic({ ...options, ranges }));
      expect(hex(await again.bytes())).toBe(hex(await measured.bytes()));
    }
    const edited = text.replace(/^\S+ \S+ logits$/m, '-1 1 logits');
    const clipped = await keep(float.quantizeStatic({ ...options, ranges: edited }));
    const { logits } = await clipped.run(samples[0]);
    expect(Math.max(...logits.data)).toBeLessThanOrEqual(1);
    await expect(float.quantizeStatic({ ...STATIC, ranges: text })).rejects.toMatchObject({
      message: expect.stringMatching(/found by 'Percentile', but 'calibrate_method' is 'MinMax'/),
    });
    await expect(
      float.quantizeStatic({ ...options, smoothQuant: true, ranges: text }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/'smooth_quant' needs samples/) });
  });

  test('samples that can be read only once', async () => {
    const float = await digits();
    const once = () => samples.values();
    const options = { ...STATIC, calibrateMethod: 'Entropy' };
    const result = await keep(float.quantizeStatic({ ...options, calibrationData: once() }));
    expect(await agreement(result, float)).toBeGreaterThanOrEqual(0.95);
    await expect(
      float.quantizeStatic({ ...STATIC, smoothQuant: true, calibrationData: once() }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/can be read only once/) });
  });

  test('a result says how it was made, and its recipe makes it again', async () => {
    const float = await digits();
    const made = await keep(
      float.quantizeStatic({
        ...STATIC,
        preProcess: true,
        calibrationData: samples,
        extraOptions: { ActivationSymmetric: true },
        tensorQuantOverrides: { logits: [{ quantType: 'QUInt16' }] },
      }),
    );
    expect(made.recipe).toEqual({
      quant_pre_process: {},
      quantize_static: {
        per_channel: true,
        activation_type: 'QUInt8',
        extra_options: {
          ActivationSymmetric: true,
          TensorQuantOverrides: { logits: [{ quant_type: 'QUInt16' }] },
        },
      },
    });
    expect(made.python).toContain('activation_type=QuantType.QUInt8,');
    const again = await keep(float.convert(made.recipe, { calibrationData: samples }));
    expect(hex(await again.bytes())).toBe(hex(await made.bytes()));
    const dynamic = await keep(float.convert({ quantize_dynamic: { weight_type: 'QUInt8' } }));
    expect(dynamic.recipe).toEqual({ quantize_dynamic: { weight_type: 'QUInt8' } });
    await expect(float.convert({ quantize: {} })).rejects.toMatchObject({
      message: expect.stringMatching(/unknown key 'quantize'/),
    });
    await expect(float.quantizeDynamic({ recipe: made.recipe })).rejects.toMatchObject({
      message: "This is a recipe for 'quantize_static', not 'quantize_dynamic'.",
    });
  });

  test.each([
    ['int8 activations with uint8 weights', { weightType: 'QUInt8' }],
    ['16 bits as QOperator', { quantFormat: 'QOperator', activationType: 'QUInt16' }],
    ['4-bit activations', { activationType: 'QInt4' }],
    ['float8 on one side', { weightType: 'QFLOAT8E4M3FN' }],
    ['an override of what is not there', { tensorQuantOverrides: { nothing: [{ rmin: 0 }] } }],
  ])('%s are refused before work starts', async (_, options) => {
    const float = await digits();
    const untouched = {
      [Symbol.iterator]() {
        throw new Error('A sample was asked for.');
      },
    };
    await expect(
      float.quantizeStatic({ ...options, calibrationData: untouched }),
    ).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe.each(PROGRAMS)('the command line, %s', (_, file, first) => {
  const quantab = (...args) => run(file, [...first, ...args]);

  test('float16 and preprocess write what the package makes', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      const float = await digits();
      const half = await quantab('float16', digitsPath, '-o', out, '--keep-io-types', '--quiet');
      expect(half).toMatchObject({ status: 0 });
      const expected = await keep(float.convertFloatToFloat16({ keepIoTypes: true }));
      expect(hex(fs.readFileSync(out))).toBe(hex(await expected.bytes()));
      const ready = await quantab('preprocess', digitsPath, '-o', out, '--opset-version', '21');
      expect(ready).toMatchObject({ status: 0 });
      const prepared = await keep(float.quantPreProcess({ opsetVersion: 21 }));
      expect(prepared.info.opsets['ai.onnx']).toBe(21);
      expect(hex(fs.readFileSync(out))).toBe(hex(await prepared.bytes()));
    });
  });

  test('a calibration cache is written, then read instead of samples', async () => {
    await inTemporaryFolder(async (folder) => {
      const data = path.join(folder, 'samples');
      fs.mkdirSync(data);
      samples.forEach(({ image }, i) =>
        fs.writeFileSync(path.join(data, `${i}.npy`), writeNpy(image)),
      );
      for (const name of ['ranges.txt', 'ranges.json']) {
        const [one, two] = ['one.onnx', 'two.onnx'].map((each) => path.join(folder, each));
        const cache = ['--calibration-cache-path', path.join(folder, name)];
        const flags = ['--activation-type', 'QUInt8', '--calibrate-method', 'Entropy', ...cache];
        const missing = await quantab('static', digitsPath, '-o', one, ...flags);
        expect(missing).toMatchObject({
          status: 2,
          stderr: expect.stringContaining("'--calibration-data' is missing."),
        });
        const made = await quantab(
          ...['static', digitsPath, '-o', one, '--calibration-data', data, ...flags],
        );
        expect(made).toMatchObject({ status: 0 });
        const again = await quantab('static', digitsPath, '-o', two, ...flags);
        expect(again).toMatchObject({ status: 0 });
        expect(hex(fs.readFileSync(two))).toBe(hex(fs.readFileSync(one)));
      }
    });
  });

  test('recipes are read, overruled and printed', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      const file = path.join(folder, 'recipe.json');
      const write = (recipe) => fs.writeFileSync(file, JSON.stringify(recipe));
      write({
        quantize_dynamic: { weight_type: 'QUInt8', extra_options: { WeightSymmetric: true } },
      });
      const flags = ['--recipe', file, '--weight-symmetric=false', '--print-recipe', '--quiet'];
      const made = await quantab('dynamic', digitsPath, '-o', out, ...flags, '--json');
      expect(made).toMatchObject({ status: 0 });
      const { recipe, python } = JSON.parse(made.stdout);
      expect(recipe).toEqual({
        quantize_dynamic: { weight_type: 'QUInt8', extra_options: { WeightSymmetric: false } },
      });
      expect(python).toContain('quantize_dynamic(\n');
      const printed = await quantab('dynamic', digitsPath, '-o', out, ...flags);
      expect(printed.stdout).toContain(`\n\n${JSON.stringify(recipe, undefined, 2)}\n\n${python}`);
      const other = await quantab('float16', digitsPath, '-o', out, '--recipe', file);
      expect(other).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(
          "is a recipe for 'quantize_dynamic'. Use 'quantab dynamic'.",
        ),
      });
      fs.writeFileSync(file, '[');
      const broken = await quantab('dynamic', digitsPath, '-o', out, '--recipe', file);
      expect(broken).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`'${file}' is no recipe: it holds no JSON object.`),
      });
    });
  });
});
