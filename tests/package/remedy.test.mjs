// Activations in 16 bits as the remedy that is searched for: found by the package and both command lines, and run here and in
// onnxruntime-node.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import ort from 'onnxruntime-node';
import { openModel } from 'quantab';
import * as direct from 'quantab/direct';
import { writeNpy } from 'quantab/samples';
import { keep } from './keep.mjs';
import { hex, inTemporaryFolder } from './lib.mjs';
import { maskedScores, rows, WIDE } from './masked_scores.mjs';
import { programs } from './programs.mjs';

const TARGET = 30;
const wanted = { samples: rows, target: { value: TARGET }, runs: 0, remedy: '16-bit' };

/** What both give for the first output of each row. */
async function outputsOf(model) {
  const session = await ort.InferenceSession.create(await model.bytes(), { logSeverityLevel: 3 });
  const pairs = [];
  for (const { x } of rows) {
    const there = await session.run({ x: new ort.Tensor('float32', x.data, x.dims) });
    pairs.push({ here: (await model.run({ x })).y.data, there: there.y.data });
  }
  await session.release();
  return pairs;
}

/** Decibels by which `signal` is above the difference. */
function sqnrOf(signal, other) {
  const power = (numbers) => numbers.reduce((sum, x) => sum + x * x, 0);
  return 10 * Math.log10(power(signal) / power(signal.map((x, i) => x - other[i])));
}

describe.each([
  ['in a worker', openModel],
  ['directly', direct.openModel],
])('%s', (_, open) => {
  test('the node whose activations need it gets 16 bits, and the result runs', async () => {
    const model = await keep(open(maskedScores()));
    const log = [];
    const found = await model.suggest({
      ...wanted,
      activationType: 'QUInt8',
      onLog: (level, message) => log.push(`${level}: ${message}`),
    });
    const suggested = await keep(found.model);
    expect(found).toMatchObject({
      remedy: '16-bit',
      met: true,
      complete: true,
      kept: [{ node: WIDE, opType: 'Add' }],
    });
    expect(log[0]).toMatch(/^info: Keeping 0 of \d nodes in 16 bits is not enough\.$/);
    expect(suggested.recipe).toEqual({
      quantize_static: {
        activation_type: 'QUInt8',
        extra_options: {
          TensorQuantOverrides: { m: [{ quant_type: 'QUInt16' }], s: [{ quant_type: 'QUInt16' }] },
        },
      },
    });
    const again = await keep(model.convert(suggested.recipe, { calibrationData: rows }));
    expect(hex(await again.bytes())).toBe(hex(await suggested.bytes()));

    const float = await outputsOf(model);
    const raised = await outputsOf(suggested);
    raised.forEach(({ here, there }, i) => {
      expect(sqnrOf(float[i].there, here)).toBeGreaterThan(20);
      expect(sqnrOf(float[i].there, there)).toBeGreaterThan(20);
      // A value in the middle of two may be rounded to the other one.
      expect(sqnrOf(there, here)).toBeGreaterThan(40);
    });
  });

  test('what is out of reach is said, with the best that was found', async () => {
    const model = await keep(open(maskedScores()));
    const found = await model.suggest({ ...wanted, target: { value: 200 } });
    await keep(found.model);
    expect(found).toMatchObject({ met: false, complete: true });
    expect(found.suggested.value).toBeGreaterThan(found.quantized.value + 10);
  });

  test.each([
    [{ remedy: '8-bit' }, /^'remedy' is '8-bit', expected one of 'float', '16-bit'\.$/],
    [{ remedy: 16 }, /^remedy must be a name, got number\.$/],
    [
      { recipe: { quantize_dynamic: {} } },
      /^'remedy' 16-bit: this is a recipe for 'quantize_dynamic', which has no activations of 16/,
    ],
    [{ quantFormat: 'QOperator' }, /^'remedy' 16-bit: 'quant_format' QOperator has no operators/],
    [{ activationType: 'QInt16' }, /^'remedy' 16-bit: activations of 'activation_type' QInt16 are/],
  ])('a call says what is wrong with it (%#)', async (call, message) => {
    const model = await keep(open(maskedScores()));
    await expect(model.suggest({ ...wanted, ...call })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });
});

test('both command lines say the same', async () => {
  await inTemporaryFolder(async (folder) => {
    fs.writeFileSync(path.join(folder, 'm.onnx'), maskedScores());
    fs.mkdirSync(path.join(folder, 'rows'));
    rows.forEach(({ x }, i) => fs.writeFileSync(path.join(folder, `rows/${i}.npy`), writeNpy(x)));
    const args = ['suggest', 'm.onnx', '--calibration-data', 'rows', '--target', String(TARGET)];
    const more = ['--remedy', '16-bit', '--runs', '0', '--print-recipe', '--quiet', '-o'];
    const [node, other] = await Promise.all(
      programs.map(([, quantab], i) =>
        quantab.with({ cwd: folder })(...args, ...more, `${i}.onnx`),
      ),
    );
    expect(node).toEqual(other);
    expect(node).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^warning: .* from 17 to 21, which types of 16 bits need\.\n$/),
    });
    expect(node.stdout).toMatch(/^target {3}sqnr_db 30, met, trials: \d+\n/);
    expect(node.stdout).toMatch(/^kept {5}1 of \d nodes in 16 bits$/m);
    expect(node.stdout).toMatch(/^kept in 16 bits +op +sqnr_db\nm +Add /m);
    expect(node.stdout).toMatch(/"quant_type": "QInt16"/);
    expect(node.stdout).toMatch(/"quant_type": QuantType\.QInt16/);
    const [first, second] = [0, 1].map((i) => fs.readFileSync(path.join(folder, `${i}.onnx`)));
    expect(hex(first)).toBe(hex(second));
  });
});
