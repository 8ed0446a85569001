// The Node command line, and the native one where it is built: what they print, write and return.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { description, openModel } from 'quantab';
import { readNpy, writeNpy } from 'quantab/samples';
import { keep } from './keep.mjs';
import {
  cli,
  cliScript,
  digitSamples,
  digitsPath,
  hex,
  inTemporaryFolder,
  modelPath,
  root,
  run,
  samplesPath,
} from './lib.mjs';

const native = path.join(root, 'build', 'release', 'quantab');
const programs = [
  ['node', cli],
  ['native', (...args) => run(native, args)],
];

/** A folder of the first pictures, one .npy each. */
function writeSamples(folder, count) {
  fs.mkdirSync(folder);
  digitSamples(count).forEach(({ image }, i) =>
    fs.writeFileSync(path.join(folder, `s${i}.npy`), writeNpy(image)),
  );
  return folder;
}

const done = { status: 0, signal: null };

describe.each(programs)('%s', (_, quantab) => {
  test('inspect', async () => {
    const { stdout, ...outcome } = await quantab('inspect', digitsPath, '--json', '--quiet');
    expect(outcome).toEqual({ ...done, stderr: '' });
    const model = await keep(openModel(digitsPath));
    expect(JSON.parse(stdout)).toEqual(model.info);
    const people = await quantab('inspect', digitsPath, '--quiet');
    expect(people.stdout).toMatch(
      /^model {7}.*digits\.onnx\nsize .*\n(.*\n)*input +image +float32 +\[batch,1,8,8\]\n/,
    );
  });

  test('dynamic writes what the package makes', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      const flags = [
        '--weight-type',
        'QUInt8',
        '--per-channel',
        '--op-types-to-quantize',
        'Gemm,MatMul',
      ];
      const { stdout, status } = await quantab(
        'dynamic',
        digitsPath,
        '-o',
        out,
        ...flags,
        '--json',
      );
      expect(status).toBe(0);
      const model = await keep(openModel(digitsPath));
      const quantized = await keep(
        model.quantizeDynamic({
          weightType: 'QUInt8',
          perChannel: true,
          opTypesToQuantize: ['Gemm', 'MatMul'],
        }),
      );
      expect(hex(fs.readFileSync(out))).toBe(hex(await quantized.bytes()));
      expect(JSON.parse(stdout)).toEqual({
        output: out,
        bytesBefore: model.byteLength,
        bytesAfter: quantized.byteLength,
      });
      expect(fs.readdirSync(folder)).toEqual(['out.onnx']);
    });
  });

  test('static, compare and bench', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      const data = writeSamples(path.join(folder, 'samples'), 12);
      const made = await quantab(
        'static',
        digitsPath,
        '--output',
        out,
        '--calibration-data',
        data,
        '--no-such',
      ).then((failed) => {
        expect(failed.status).toBe(2);
        expect(failed.stderr).toMatch(/no-such/);
        expect(fs.existsSync(out)).toBe(false);
        return quantab('static', digitsPath, '--output', out, '--calibration-data', data);
      });
      expect(made).toMatchObject(done);
      expect(made.stdout).toMatch(/out\.onnx: [\d.]+ kB, was [\d.]+ kB \([\d.]+ %\)\n$/);
      const compared = await quantab(
        'compare',
        digitsPath,
        out,
        '--data',
        data,
        '--json',
        '--quiet',
      );
      const { samples, outputs } = JSON.parse(compared.stdout);
      expect(samples).toBe(12);
      expect(outputs).toHaveLength(1);
      expect(outputs[0]).toMatchObject({ name: 'logits', elements: 120 });
      expect(outputs[0].sqnrDb).toBeGreaterThan(15);
      const timed = await quantab(
        'bench',
        digitsPath,
        out,
        '--runs',
        '3',
        '--warmup=0',
        '--json',
        '--quiet',
      );
      const { models } = JSON.parse(timed.stdout);
      expect(models.map(({ model, runs }) => ({ model, runs }))).toEqual([
        { model: digitsPath, runs: 3 },
        { model: out, runs: 3 },
      ]);
      for (const { min, median, p95 } of models) {
        expect(min).toBeGreaterThan(0);
        expect(median).toBeGreaterThanOrEqual(min);
        expect(p95).toBeGreaterThanOrEqual(median);
      }
    });
  });

  test('run takes .npy and .npz and writes an .npy per output', async () => {
    await inTemporaryFolder(async (folder) => {
      const [feeds] = digitSamples(1);
      const file = path.join(folder, 'in.npy');
      const outputs = path.join(folder, 'a', 'b');
      fs.writeFileSync(file, writeNpy(feeds.image));
      const { stdout, status } = await quantab(
        'run',
        digitsPath,
        '--input',
        `image=${file}`,
        '--output-dir',
        outputs,
        '--json',
      );
      expect(status).toBe(0);
      const logits = path.join(outputs, 'logits.npy');
      expect(JSON.parse(stdout)).toEqual({
        outputs: [{ name: 'logits', dtype: 'float32', dims: [1, 10], file: logits }],
      });
      const model = await keep(openModel(digitsPath));
      expect(readNpy(fs.readFileSync(logits))).toEqual((await model.run(feeds)).logits);

      const sample = path.join(samplesPath('matmul'), '000.npz');
      const whole = await quantab(
        'run',
        modelPath('matmul'),
        '--input',
        sample,
        '--output-dir',
        outputs,
      );
      expect(whole.status).toBe(0);
    });
  });

  test.each([
    [[], 2, /No command was given/],
    [['frobnicate'], 2, /no command 'frobnicate'/],
    [['inspect'], 2, /'quantab inspect' takes 1 argument, got 0/],
    [['inspect', 'a', 'b'], 2, /takes 1 argument, got 2/],
    [['dynamic', 'a.onnx'], 2, /'--output' is missing/],
    [
      ['dynamic', 'a.onnx', '-o', 'b', '--weight-type', 'Int9'],
      2,
      /'--weight-type' is 'Int9', expected one of/,
    ],
    [['static', 'a.onnx', '-o', 'b'], 2, /'--calibration-data' is missing/],
    [
      ['static', 'a.onnx', '-o', 'b', '--calibration-data', 'c', '--minimum-real-range', 'x'],
      2,
      /expected a number/,
    ],
    [['bench', digitsPath, '--runs', '-3'], 2, /'--runs' is '-3', expected a whole number/],
    [['run', digitsPath, '--input', 'image', '--output-dir', 'out'], 2, /expected NAME=FILE/],
    [
      ['inspect', '/no/such.onnx'],
      1,
      /'\/no\/such\.onnx' cannot be opened: No such file or directory/,
    ],
    [['inspect', path.join(root, 'package.json')], 1, /package\.json' is a JSON file/],
    [['dynamic', digitsPath, '-o', '/no/such/folder/o.onnx'], 1, /cannot be written: No such file/],
    [['dynamic', digitsPath, '-o', '/tmp', '--nodes-to-exclude', 'nobody'], 1, /'nobody'/],
    [['static', digitsPath, '-o', 'o', '--calibration-data', root], 1, /holds no samples/],
  ])('%j fails with status %i', async (args, status, message) => {
    const outcome = await quantab(...args);
    expect(outcome.stderr.trim().split('\n').at(-1)).toMatch(message);
    expect(outcome).toMatchObject({ status, stdout: '' });
  });

  test('a failure as JSON', async () => {
    const { status, stdout } = await quantab('inspect', '/no/such.onnx', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'Io', where: { file: '/no/such.onnx' } });
  });
});

describe('one surface', () => {
  const both = async (...args) => Promise.all([cli(...args), run(native, args)]);

  test.each([
    [['--help']],
    [['--version']],
    ...description.commands.map(({ name }) => [[name, '--help']]),
  ])('%j prints the same', async (args) => {
    const [node, other] = await both(...args);
    expect(node).toEqual(other);
    expect(node).toMatchObject({ ...done, stderr: '' });
    expect(node.stdout).not.toBe('');
  });

  test.each([
    [['inspect', digitsPath, '--quiet']],
    [['inspect', digitsPath, '--nodes', '--quiet']],
    [['inspect', modelPath('lstm'), '--json', '--quiet']],
    [['inspect', '/no/such.onnx']],
    [['inspect']],
    [['dynamic', digitsPath]],
    [['dynamic', digitsPath, '-o', '/tmp', '--quiet']],
    [['dynamic', digitsPath, '-o', '/dev/null', '--quiet']],
    [['dynamic', digitsPath, '-o', '/no/such/o.onnx', '--quiet']],
    [['bench', digitsPath, '--runs', 'x']],
  ])('%j prints the same', async (args) => {
    const [node, other] = await both(...args);
    expect(node).toEqual(other);
  });

  test('figures agree', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      const data = samplesPath('conv');
      await cli('static', modelPath('conv'), '-o', out, '--calibration-data', data);
      const [node, other] = await both(
        'compare',
        modelPath('conv'),
        out,
        '--data',
        data,
        '--quiet',
      );
      expect(node).toEqual(other);
    });
  });
});

test('an interrupted command ends with status 1 and leaves nothing', async () => {
  await inTemporaryFolder(async (folder) => {
    const out = path.join(folder, 'out.onnx');
    const data = path.join(folder, 'samples');
    writeSamples(data, 300);
    let child;
    const args = [cliScript, 'static', digitsPath, '-o', out, '--calibration-data', data];
    const ended = run(process.execPath, args, {
      started(process) {
        child = process;
        child.stderr.once('data', () => child.kill('SIGINT'));
      },
    });
    expect(await ended).toMatchObject({ status: 1, signal: null, stdout: '' });
    expect(fs.readdirSync(folder)).toEqual(['samples']);
  });
});

test('a device is written to, not replaced', async () => {
  const { status } = await cli('dynamic', digitsPath, '-o', '/dev/null');
  expect(status).toBe(0);
  expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
});
