// The Node command line and the native one: what they print, write and return, and that it is the same.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { openModel, Tensor } from 'quantab';
import { readNpy, writeNpy } from 'quantab/samples';
import { humanBytes, humanNumber } from '../../web/package/dist/cli/console.js';
import { keep } from './keep.mjs';
import {
  cli,
  digitSamples,
  digitsPath,
  hex,
  inTemporaryFolder,
  modelPath,
  run,
  samplesPath,
} from './lib.mjs';
import { makeModel } from './option_effects/model_text.mjs';
import { programs } from './programs.mjs';
import * as proto from './proto.mjs';

const fixture = (name) =>
  JSON.parse(fs.readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));

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

  test('run keeps outputs apart whose names make the same file name', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = path.join(folder, 'model.onnx');
      const nodes = ['a:b = Neg(x)', 'a_b = Abs(x)'];
      const outputs = { 'a:b': [2], a_b: [2] };
      fs.writeFileSync(model, makeModel({ nodes, inputs: { x: [2] }, outputs }));
      const x = path.join(folder, 'x.npy');
      fs.writeFileSync(x, writeNpy(new Tensor('float32', [2], Float32Array.of(-1, 2))));
      const { stdout } = await quantab(
        ...['run', model, '--input', `x=${x}`, '--output-dir', folder, '--json'],
      );
      const values = JSON.parse(stdout).outputs.map(({ name, file }) => [
        name,
        [...readNpy(fs.readFileSync(file)).data],
      ]);
      expect(values).toEqual([
        ['a:b', [1, -2]],
        ['a_b', [1, 2]],
      ]);
    });
  });

  test('a switch can be given as off', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      const write = (flag) => quantab('dynamic', digitsPath, '-o', out, '--quiet', flag);
      expect(await write('--use-external-data-format=false')).toMatchObject(done);
      expect(fs.readdirSync(folder)).toEqual(['out.onnx']);
      expect(await write('--use-external-data-format')).toMatchObject(done);
      expect(fs.readdirSync(folder)).toEqual(['out.onnx', 'out.onnx.data']);
    });
  });

  // A device that is always full.
  (fs.existsSync('/dev/full') ? test : test.skip).each([
    ['result', ['inspect', digitsPath, '--quiet']],
    ['help', ['--help']],
  ])('a %s that cannot be written is a failure', async (_, args) => {
    const script = 'exec "$@" > /dev/full';
    const outcome = await run('/bin/sh', ['-c', script, 'sh', ...quantab.command, ...args]);
    expect(outcome).toMatchObject({
      status: 1,
      stderr: 'Standard output could not be written. Is the disk full?\n',
    });
  });

  (fs.existsSync('/dev/full') ? test : test.skip).each(['dynamic', 'nbits', 'bnb4'])(
    '%s fails when its model cannot be written',
    async (command) => {
      const outcome = await quantab(command, digitsPath, '-o', '/dev/full', '--quiet');
      expect(outcome).toMatchObject({ status: 1, stdout: '' });
      expect(outcome.stderr).toMatch(/^'\/dev\/full' cannot be written: .*space/im);
    },
  );

  test.each(['stdout', 'stderr'])('a reader of %s that goes away is no failure', async (stream) => {
    const started = (child) => child[stream].destroy();
    const outcome = await quantab.with({ started })('inspect', digitsPath, '--nodes');
    expect(outcome).toMatchObject(done);
    if (stream === 'stdout') expect(outcome.stderr).toMatch(/^read [^]*\d\n$/);
    else expect(outcome.stdout).toMatch(/^model /);
  });

  describe('interrupted', () => {
    let folder;
    beforeAll(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-test-'));
      const fill = (index, floats) => floats.fill(index / 1000);
      proto.writeChain(path.join(folder, 'large.onnx'), 160, 512, fill);
    });
    afterAll(() => fs.rmSync(folder, { recursive: true }));

    test.each([
      ['SIGINT', 'dynamic'],
      ['SIGTERM', 'dynamic'],
      ['SIGINT', 'nbits'],
      ['SIGINT', 'bnb4'],
    ])(
      'by %s while it writes, %s ends with status 1 and leaves nothing',
      async (signal, command) => {
        const started = (child) => {
          // Once: a second signal ends a program at once.
          const timer = setInterval(() => {
            if (!fs.readdirSync(folder).some((name) => name.endsWith('.part'))) return;
            clearInterval(timer);
            child.kill(signal);
          }, 2);
          child.on('exit', () => clearInterval(timer));
        };
        const interrupted = quantab.with({ started, cwd: folder });
        const outcome = await interrupted(command, 'large.onnx', '-o', 'out.onnx', '--quiet');
        expect(outcome).toEqual({
          status: 1,
          signal: null,
          stdout: '',
          stderr: 'Cancelled. Nothing was written.\n',
        });
        expect(fs.readdirSync(folder)).toEqual(['large.onnx']);
      },
    );

    test.each(['nbits', 'bnb4'])(
      '%s ends with status 1 when it is interrupted before it writes',
      async (command) => {
        const started = (child) => {
          let said = '';
          let isSent = false;
          child.stderr.on('data', (text) => {
            said += text;
            // Once: a second signal ends a program at once.
            if (isSent || !/^quantize /m.test(said)) return;
            isSent = true;
            child.kill('SIGINT');
          });
        };
        const interrupted = quantab.with({ started, cwd: folder });
        const outcome = await interrupted(command, 'large.onnx', '-o', 'out.onnx');
        expect(outcome).toMatchObject({ status: 1, signal: null, stdout: '' });
        expect(outcome.stderr).toMatch(/\nCancelled\. Nothing was written\.\n$/);
        expect(fs.readdirSync(folder)).toEqual(['large.onnx']);
      },
    );
  });
});

/** The files of cli_files.json, and models for them: of inputs of type float32 [1,3], in most of them x, or x and y, to z. */
function writeCaseFiles(folder) {
  for (const [name, content] of Object.entries(fixture('cli_files'))) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), Buffer.from(content, 'base64'));
  }
  fs.mkdirSync(path.join(folder, 'linked'));
  fs.symlinkSync('../sets/test_data_set_0', path.join(folder, 'linked', 'test_data_set_0'));
  fs.copyFileSync(digitsPath, path.join(folder, 'digits.onnx'));
  const { node } = proto;
  const inputs = (...names) => names.map((name) => proto.input(name, [1, 3]));
  const models = {
    one: [node('Relu', ['x'], ['z']), ...inputs('x')],
    zero: [node('Sub', ['x', 'x'], ['z']), ...inputs('x')],
    nan: [node('Neg', ['x'], ['m']), node('Sqrt', ['m'], ['z']), ...inputs('x')],
    add: [node('Add', ['x', 'y'], ['z']), ...inputs('x', 'y')],
    sub: [node('Sub', ['x', 'y'], ['z']), ...inputs('x', 'y')],
    accent: [node('Relu', ['entrée'], ['z']), ...inputs('entrée')],
  };
  for (const [name, parts] of Object.entries(models)) {
    const bytes = proto.model(...parts, proto.output('z', [1, 3]));
    fs.writeFileSync(path.join(folder, `${name}.onnx`), bytes);
  }
  const magic = (from, to) => node('Magic', [from], [to], 'magic', { domain: proto.CUSTOM });
  const weight = proto.tensor('w', [3, 3], new Uint8Array(new Float32Array(9).fill(0.5).buffer));
  const others = {
    custom: proto.customModel([
      ...[node('MatMul', ['x', 'w'], ['h'], 'matmul'), magic('h', 'z'), weight],
      ...[...inputs('x'), proto.output('z', [1, 3])],
    ]),
    early: proto.customModel([
      ...[magic('x', 'h'), node('MatMul', ['h', 'w'], ['z'], 'matmul'), weight],
      ...[...inputs('x'), proto.output('z', [1, 3])],
    ]),
    listed: proto.model(
      node('SequenceConstruct', ['x', 'x'], ['z']),
      ...inputs('x'),
      proto.sequenceOutput('z', [1, 3]),
    ),
    taken: proto.model(
      node('SequenceAt', ['s', 'i'], ['z']),
      proto.tensor('i', [], Buffer.alloc(8), 7),
      proto.sequenceInput('s', [1, 3]),
      proto.output('z', [1, 3]),
    ),
    maybe: proto.model(
      node('OptionalGetElement', ['o'], ['z']),
      proto.optionalInput('o', [1, 3]),
      proto.output('z', [1, 3]),
    ),
  };
  for (const [name, bytes] of Object.entries(others)) {
    fs.writeFileSync(path.join(folder, `${name}.onnx`), bytes);
  }
}

describe('one surface', () => {
  let folder;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-test-'));
    writeCaseFiles(folder);
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const both = (args) =>
    Promise.all(programs.map(([, quantab]) => quantab.with({ cwd: folder })(...args)));

  const { usage, failures, results } = fixture('cli');

  test.each([...usage, ...failures].map((each) => [each.args, each]))(
    '%j fails alike',
    async (args, { status, stdout = '', stderr }) => {
      const [node, other] = await both(args);
      expect(node).toEqual(other);
      expect(node).toMatchObject({ status, stdout });
      if (stderr !== undefined) expect(node.stderr).toBe(`${stderr}\n`);
    },
  );

  test.each(results.map((each) => [each.args, each]))(
    '%j prints alike',
    async (args, { stdout }) => {
      const [node, other] = await both(args);
      expect(node).toEqual(other);
      expect(node).toMatchObject({ ...done, stderr: '' });
      if (stdout === undefined) expect(node.stdout).not.toBe('');
      else expect(node.stdout).toBe(stdout);
    },
  );

  test('samples go to the inputs of their names', async () => {
    // mean((x - y - (x + y))^2) is 4 mean(y^2).
    for (const layout of ['inputs', 'named', 'sets', 'linked']) {
      const [{ stdout }] = await both(['compare', 'sub.onnx', 'add.onnx', '--data', layout]);
      expect(stdout.split('\n')[2]).toMatch(/^z +1867 /);
    }
  });

  const MAGIC = "Unsupported operator: 'Magic' of domain 'com.acme' opset 1 (node 'magic')";

  test.each([
    [
      'static',
      ['--calibration-data', 'npy'],
      'What comes before it is calibrated and quantized; it and what depends on it stay in float.',
    ],
    ['dynamic', [], 'The model is quantized all the same, but it cannot run here.'],
  ])('%s quantizes a model with a custom operator and warns', async (command, rest, warning) => {
    const run = (...more) => both([command, 'custom.onnx', ...rest, '-o', '/dev/null', ...more]);
    const [node, other] = await run('--quiet');
    expect(node).toEqual(other);
    expect(node).toMatchObject({ ...done, stderr: `warning: ${MAGIC}. ${warning}\n` });
    for (const { stderr } of await run()) {
      expect(stderr).toMatch(/^read [^]*^warning: Unsupported[^]*\n(calibrate|quantize) /m);
      expect(stderr).not.toMatch(/^calibrate[^]*warning/m);
    }
  });

  test('no model is timed when one of them cannot run', async () => {
    for (const { status, stderr } of await both(['bench', 'one.onnx', 'custom.onnx'])) {
      expect(status).toBe(1);
      expect(stderr).not.toMatch(/benchmark/);
      expect(stderr).toMatch(/'Magic' of domain 'com\.acme' opset 1 \(node 'magic'\)/);
    }
  });

  test.each([
    ['compare', '--data'],
    ['layers', '--calibration-data'],
  ])('figures of a quantized model by %s', async (command, flag) => {
    const out = path.join(folder, 'conv_int8.onnx');
    const data = samplesPath('conv');
    await cli('static', modelPath('conv'), '-o', out, '--calibration-data', data);
    const [node, other] = await both([command, modelPath('conv'), out, flag, data, '--quiet']);
    expect(node).toEqual(other);
    expect(node).toMatchObject(done);
  });
});

test('numbers are written as C writes them', () => {
  const { numbers, bytes } = fixture('numbers');
  const named = { nan: NaN, inf: Infinity, '-inf': -Infinity };
  for (const [value, digits, text] of numbers) {
    expect([value, digits, humanNumber(named[value] ?? value, digits)]).toEqual([
      value,
      digits,
      text,
    ]);
  }
  for (const [count, text] of bytes) expect([count, humanBytes(count)]).toEqual([count, text]);
});

test('a device is written to, not replaced', async () => {
  const { status } = await cli('dynamic', digitsPath, '-o', '/dev/null');
  expect(status).toBe(0);
  expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
});
