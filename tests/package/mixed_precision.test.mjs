// Automatic mixed precision. What has to stay in float32 is worked out by hand; results also run in onnxruntime-node.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import ort from 'onnxruntime-node';
import { openModel } from 'quantab';
import { writeNpy } from 'quantab/samples';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';
import { cliScript, digitSamples, digitsPath, hex, inTemporaryFolder, root, run } from './lib.mjs';
import { input, model, node, output, tensor } from './proto.mjs';

const floats = (...values) => Buffer.from(Float32Array.from(values).buffer);

/** y = sigmoid(x) by way of (400 sigmoid(x))², which is up to 160,000 where float16 ends at 65,504. */
const OVERFLOWING = model(
  node('Sigmoid', ['x'], ['s'], 'sigmoid'),
  node('Mul', ['s', 'k'], ['a'], 'scale'),
  node('Mul', ['a', 'a'], ['b'], 'square'),
  node('Sqrt', ['b'], ['c'], 'root'),
  node('Div', ['c', 'k'], ['y'], 'back'),
  tensor('k', [1], floats(400)),
  input('x', [3]),
  output('y', [3]),
);
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** y = -relu((tanh(x) + 4096) - 4096): between 4096 and 8192 float16 knows multiples of 4 only. Nodes have no names. */
const ROUNDING = model(
  node('Tanh', ['x'], ['t']),
  node('Add', ['t', 'k'], ['a']),
  node('Sub', ['a', 'k'], ['d']),
  node('Relu', ['d'], ['r']),
  node('Neg', ['r'], ['y']),
  tensor('k', [1], floats(4096)),
  input('x', [3]),
  output('y', [3]),
);

const sampleOf = (...values) => ({
  x: { dtype: 'float32', dims: [3], data: Float32Array.from(values) },
});
const SAMPLES = [sampleOf(0.5, 1.25, -2), sampleOf(1.5, 1.25, -2), sampleOf(2.5, 3, -0.25)];

async function runByOnnxruntime(bytes, { x }) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new ort.Tensor('float32', x.data, x.dims) });
  return Array.from(y.data);
}

/** That all numbers are within the tolerance that holds by default. */
function expectClose(actual, expected) {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(1e-3 + 1e-2 * Math.abs(value)),
  );
}

describe.each(openers)('%s', (_, open) => {
  test('what does not fit float16 stays in float32', async () => {
    const float = await keep(open(OVERFLOWING));
    const plain = await keep(float.convertFloatToFloat16({ keepIoTypes: true }));
    expect((await plain.run(SAMPLES[1])).y.data[0]).toBe(Infinity);

    const mixed = await keep(
      float.autoConvertMixedPrecision({ keepIoTypes: true, samples: SAMPLES }),
    );
    expect(mixed.mixedPrecision).toEqual({
      nodeBlockList: ['root', 'square'],
      overflowing: ['square', 'root'],
      inaccurate: [],
      withinTolerance: true,
      trials: 1,
    });
    const bytes = await mixed.bytes();
    for (const sample of SAMPLES) {
      const expected = Array.from(sample.x.data, sigmoid);
      expectClose(await runByOnnxruntime(bytes, sample), expected);
      expectClose(Array.from((await mixed.run(sample)).y.data), expected);
    }
    expect(mixed.recipe).toEqual({
      convert_float_to_float16: { keep_io_types: true, node_block_list: ['root', 'square'] },
    });
    expect(mixed.python).toContain('node_block_list=["root", "square"],\n');
    const again = await keep(float.convert(mixed.recipe));
    expect(hex(await again.bytes())).toBe(hex(bytes));
    expect(again.mixedPrecision).toBeUndefined();
  });

  test('what breaks the tolerance stays in float32, by names that nodes are given', async () => {
    const float = await keep(open(ROUNDING));
    const seen = [];
    const mixed = await keep(
      float.autoConvertMixedPrecision({
        samples: SAMPLES,
        atol: 0.01,
        keepIoTypes: true,
        onProgress: (progress) => seen.push(progress),
      }),
    );
    expect(mixed.mixedPrecision).toMatchObject({
      nodeBlockList: ['Add_0', 'Sub_0'],
      overflowing: [],
      inaccurate: ['Add_0', 'Sub_0'],
      withinTolerance: true,
    });
    expect(mixed.mixedPrecision.trials).toBeGreaterThan(2);
    const bytes = await mixed.bytes();
    for (const sample of SAMPLES) {
      const reference = await runByOnnxruntime(ROUNDING, sample);
      (await runByOnnxruntime(bytes, sample)).forEach((value, i) =>
        expect(Math.abs(value - reference[i])).toBeLessThanOrEqual(
          0.01 + 0.01 * Math.abs(reference[i]),
        ),
      );
    }
    const again = await keep(float.convert(mixed.recipe));
    expect(hex(await again.bytes())).toBe(hex(bytes));

    const compared = seen.filter(({ stage }) => stage === 'compare');
    expect(compared.length).toBeGreaterThan(SAMPLES.length);
    compared.forEach(({ done, total }, i) => {
      expect(total).toBe(compared[0].total);
      expect(done).toBeGreaterThanOrEqual(i === 0 ? 0 : compared[i - 1].done);
      expect(done).toBeLessThanOrEqual(total);
    });
  });

  test('a tolerance that cannot be met is said, and the model is made all the same', async () => {
    const float = await keep(open(OVERFLOWING));
    const log = [];
    const mixed = await keep(
      float.autoConvertMixedPrecision({
        samples: SAMPLES,
        rtol: 0,
        atol: 0,
        onLog: (level, message) => log.push([level, message]),
      }),
    );
    expect(mixed.mixedPrecision.withinTolerance).toBe(false);
    expect(mixed.mixedPrecision.nodeBlockList).toHaveLength(5);
    expect(log).toEqual([
      ['warning', expect.stringMatching(/^The outputs are not within the tolerance/)],
    ]);
    expect(mixed.info.outputs[0].dtype).toBe('float16');
  });

  test('it can be cancelled', async () => {
    const float = await keep(open(digitsPath));
    const samples = digitSamples(20);
    const controller = new AbortController();
    await expect(
      float.autoConvertMixedPrecision({
        samples,
        signal: controller.signal,
        onProgress: ({ stage, done }) => stage === 'compare' && done > 5 && controller.abort('why'),
      }),
    ).rejects.toMatchObject({ code: 'Cancelled', cause: 'why' });
    const mixed = await keep(float.autoConvertMixedPrecision({ samples }));
    expect(mixed.mixedPrecision).toMatchObject({ withinTolerance: true });
  });
});

test('a trial that fails reads no further samples, and says so to their iterable', async () => {
  const float = await keep(openModel(ROUNDING));
  const read = [];
  const samples = {
    *[Symbol.iterator]() {
      let given = 0;
      try {
        for (const sample of SAMPLES) {
          given++;
          yield sample;
        }
      } finally {
        read.push(given);
      }
    },
  };
  const { mixedPrecision } = await keep(float.autoConvertMixedPrecision({ samples, atol: 0.01 }));
  expect(read).toHaveLength(1 + mixedPrecision.trials);
  expect(read.slice(0, 2)).toEqual([3, 1]);
});

test('samples are needed, and more than once', async () => {
  const float = await keep(openModel(ROUNDING));
  for (const [call, message] of [
    [undefined, /^Options must be an object/],
    [{}, /^Mixed precision reads the samples again and again/],
    [{ samples: SAMPLES.values() }, /^Mixed precision reads the samples again and again/],
    [{ samples: [] }, /^There was no sample to compare on/],
    [{ samples: SAMPLES, maxTrials: 1 }, /^Option 'max_trials' is 1, expected 2 at least/],
    [{ samples: SAMPLES, rtol: -1 }, /^A tolerance is -1/],
    [{ samples: SAMPLES, nodeBlockList: ['no'] }, /^Option 'node_block_list' names 'no'/],
    [{ samples: SAMPLES, perChannel: true }, /^There is no option 'perChannel'/],
  ]) {
    await expect(float.autoConvertMixedPrecision(call)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  }
  await expect(float.convertFloatToFloat16({ rtol: 1 })).rejects.toMatchObject({
    message: expect.stringMatching(/^There is no option 'rtol'/),
  });
  await expect(float.convertFloatToFloat16({ samples: SAMPLES })).rejects.toMatchObject({
    message: expect.stringMatching(/^There is no option 'samples'/),
  });
});

test('a recipe with the tolerance is carried out on samples', async () => {
  const float = await keep(openModel(ROUNDING));
  const recipe = { auto_convert_mixed_precision: { atol: 0.01, op_block_list: [] } };
  const mixed = await keep(float.convert(recipe, { calibrationData: SAMPLES }));
  expect(mixed.recipe).toEqual({
    convert_float_to_float16: { op_block_list: [], node_block_list: ['Add_0', 'Sub_0'] },
  });
  await expect(float.convertFloatToFloat16({ recipe })).rejects.toMatchObject({
    message: "This is a recipe for 'auto_convert_mixed_precision', not 'convert_float_to_float16'.",
  });
});

describe.each([
  ['node', process.execPath, [cliScript]],
  ['native', path.join(root, 'build', 'release', 'quantab'), []],
])('the command line, %s', (_, file, first) => {
  const quantab = (...args) => run(file, [...first, ...args]);

  /** A folder with a model and its samples: what `quantab float16` is given to write out.onnx there. */
  async function inFolder(bytes, body) {
    await inTemporaryFolder(async (folder) => {
      const at = (name) => path.join(folder, name);
      fs.writeFileSync(at('model.onnx'), bytes);
      fs.mkdirSync(at('samples'));
      SAMPLES.forEach(({ x }, i) => fs.writeFileSync(at(`samples/${i}.npy`), writeNpy(x)));
      const args = ['float16', at('model.onnx'), '-o', at('out.onnx'), '--quiet'];
      await body({ at, args, data: ['--calibration-data', at('samples')] });
    });
  }

  test('it writes what the package makes, says what stays, and prints a recipe that needs no samples', async () => {
    await inFolder(ROUNDING, async ({ at, args, data }) => {
      const flags = ['--atol', '0.01', '--keep-io-types', '--print-recipe'];
      const made = await quantab(...args, ...data, ...flags, '--json');
      expect(made).toMatchObject({ status: 0, stderr: '' });
      const { recipe, python, mixedPrecision } = JSON.parse(made.stdout);
      const float = await keep(openModel(ROUNDING));
      const expected = await keep(
        float.autoConvertMixedPrecision({ samples: SAMPLES, atol: 0.01, keepIoTypes: true }),
      );
      expect({ recipe, python, mixedPrecision }).toEqual({
        recipe: expected.recipe,
        python: expected.python,
        mixedPrecision: expected.mixedPrecision,
      });
      const written = hex(fs.readFileSync(at('out.onnx')));
      expect(written).toBe(hex(await expected.bytes()));

      fs.writeFileSync(at('recipe.json'), JSON.stringify(recipe));
      fs.rmSync(at('out.onnx'));
      const again = await quantab(...args, '--recipe', at('recipe.json'));
      expect(again).toMatchObject({ status: 0, stderr: '' });
      expect(hex(fs.readFileSync(at('out.onnx')))).toBe(written);
    });
  });

  test('for people: how many nodes, which and why', async () => {
    await inFolder(OVERFLOWING, async ({ args, data }) => {
      const made = await quantab(...args, ...data, '--node-block-list', 'sigmoid');
      expect(made.stdout.split('\n').slice(1)).toEqual([
        'nodes in float32: 3, within the tolerance, trials: 1',
        'in float32        why',
        'root         overflow',
        'sigmoid     asked for',
        'square       overflow',
        '',
      ]);
      const far = await quantab(...args, ...data, '--rtol', '0', '--atol', '0');
      expect(far).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^warning: The outputs are not within the tolerance/),
        stdout: expect.stringMatching(/\nnodes in float32: 5, not within the tolerance, trials: /),
      });
      expect(far.stdout).toMatch(/^back {8}tolerance$/m);
    });
  });

  test('the tolerance needs samples, and recipes say how they are used', async () => {
    await inFolder(ROUNDING, async ({ at, args, data }) => {
      for (const flag of ['--rtol', '--atol', '--max-trials']) {
        expect(await quantab(...args, flag, '1')).toMatchObject({
          status: 2,
          stderr: `'${flag}' needs '--calibration-data': which nodes stay in float32 is found by running the model on samples.\n`,
        });
      }
      const withRecipe = (recipe, ...more) => {
        fs.writeFileSync(at('recipe.json'), JSON.stringify(recipe));
        return quantab(...args, '--recipe', at('recipe.json'), ...more);
      };
      const mixed = { auto_convert_mixed_precision: { atol: 0.01 } };
      expect(await withRecipe(mixed)).toMatchObject({
        status: 1,
        stderr: `'${at('recipe.json')}' is a recipe for 'auto_convert_mixed_precision'. Use 'quantab float16' with '--calibration-data'.\n`,
      });
      expect(await withRecipe({ convert_float_to_float16: {} }, ...data)).toMatchObject({
        status: 1,
        stderr: `'${at('recipe.json')}' is a recipe for 'convert_float_to_float16'. Use 'quantab float16' without '--calibration-data'.\n`,
      });
      const made = await withRecipe(mixed, ...data);
      expect(made).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('nodes in float32: 2, within the tolerance'),
      });
    });
  });
});
