// The commands that judge a model and what quantizing does to it: alike in both command lines, also when something fails, is
// interrupted, or finds the disk full.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeNpy } from 'quantab/samples';
import { modelPath, run, samplesPath } from './lib.mjs';
import { BAD_NODE, productNet, rows } from './product_net.mjs';
import { programs } from './programs.mjs';
import * as proto from './proto.mjs';

const RECIPES = {
  plain: { quantize_static: {} },
  dynamic: { quantize_dynamic: { op_types_to_quantize: ['Conv'] } },
};
const WRONG = { quantize_static: { nope: 1 } };
const WIDTH = 128;

let folder;
const write = (name, content) => fs.writeFileSync(path.join(folder, name), content);

/** A chain of so many layers that looking at each takes a while. */
function writeLongModel() {
  proto.writeChain(path.join(folder, 'long.onnx'), 80, WIDTH, (layer, floats) => {
    for (let i = 0; i < floats.length; ++i) floats[i] = (((i * 31 + layer * 7) % 255) - 127) / 800;
  });
  fs.mkdirSync(path.join(folder, 'data'));
  for (let sample = 0; sample < 8; ++sample) {
    const data = Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(i * sample + i));
    write(`data/${sample}.npy`, writeNpy({ dtype: 'float32', dims: [1, WIDTH], data }));
  }
}

/** A network of products, with its samples. */
function writeProducts() {
  write('products.onnx', productNet());
  fs.mkdirSync(path.join(folder, 'rows'));
  rows.forEach(({ p0 }, i) => write(`rows/${i}.npy`, writeNpy(p0)));
  write('nbits.json', JSON.stringify({ quantize_matmul_nbits: { block_size: 16 } }));
  write('bnb4.json', JSON.stringify({ quantize_matmul_bnb4: {} }));
}

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-test-'));
  write('recipes.json', JSON.stringify(RECIPES));
  writeLongModel();
  writeProducts();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const both = (args) =>
  Promise.all(programs.map(([, quantab]) => quantab.with({ cwd: folder })(...args)));

const CONV = [modelPath('conv'), '--calibration-data', samplesPath('conv'), '--quiet'];
const COMMANDS = [
  ['sensitivity', []],
  ['suggest', ['--target', '60', '--runs', '0']],
  ['try', ['--recipes', 'recipes.json', '--runs', '0']],
];

const HEADS = {
  sensitivity: /^samples {2}\d+\nnode +op +sqnr_db +max_abs_error\n/,
  suggest: /^target {3}sqnr_db 60, [^]*\n {2}"quantize_static": /,
  try: /^recipe +size +median ms +sqnr_db +best\n/,
};

test.each(COMMANDS)('%s says the same', async (command, more) => {
  const printed = command === 'suggest' ? ['--print-recipe'] : [];
  const [node, other] = await both([command, ...CONV, ...more, ...printed]);
  expect(node).toEqual(other);
  expect(node).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(node.stdout).toMatch(HEADS[command]);
});

describe.each(['nbits', 'bnb4'])('weights alone by %s', (method) => {
  const products = ['products.onnx', '--calibration-data', 'rows', '--quiet'];
  const recipe = ['--recipe', `${method}.json`];
  const alike = async (...args) => {
    const [node, other] = await both(args);
    expect(node).toEqual(other);
    return node;
  };

  test('have layers, the worst first', async () => {
    for (const [i, [, quantab]] of programs.entries()) {
      const out = `${method}.${i}.onnx`;
      await quantab.with({ cwd: folder })(method, 'products.onnx', '-o', out, '--quiet');
    }
    const { status, stdout } = await alike(
      'layers',
      'products.onnx',
      `${method}.0.onnx`,
      ...products.slice(1),
    );
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[2]).toMatch(`${BAD_NODE} `);
    expect(stdout).toMatch(method === 'nbits' ? / uint4 +block 0\/128 / : / nf4 +block 0\/64 /);
    expect(fs.readFileSync(path.join(folder, `${method}.0.onnx`))).toEqual(
      fs.readFileSync(path.join(folder, `${method}.1.onnx`)),
    );
  });

  test('are measured one by one', async () => {
    const { status, stdout } = await alike('sensitivity', ...products, ...recipe);
    expect(status).toBe(0);
    expect(stdout.split('\n')[2]).toMatch(`${BAD_NODE} `);
  });

  test('are kept in float where that is enough', async () => {
    const suggest = ['suggest', ...products, ...recipe, '--target', '10', '--runs', '0'];
    const { status, stdout } = await alike(...suggest, '--print-recipe');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^target {3}sqnr_db 10, met, /);
    expect(stdout).toContain(`"quantize_matmul_${method}": {`);
    expect(stdout).toContain(`"${BAD_NODE}"`);
    const refused = await alike(...suggest, '--remedy', '16-bit');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      `'remedy' 16-bit: this is a recipe for 'quantize_matmul_${method}', which has no activations`,
    );
  });
});

describe('try', () => {
  const failing = (recipes, ...more) => {
    write('failing.json', JSON.stringify(recipes));
    return both(['try', ...CONV, '--recipes', 'failing.json', '--runs', '0', ...more]);
  };
  const failureOf = (name) => expect.stringMatching(`^'${name}': There is no option 'nope'`);

  test('fails when one of its recipes did, after its table', async () => {
    const [node, other] = await failing({ wrong: WRONG, ...RECIPES });
    expect(node).toEqual(other);
    expect(node.status).toBe(1);
    expect(node.stderr.split('\n')).toEqual(['1 of 3 recipes failed.', failureOf('wrong'), '']);
    const rows = node.stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['recipe', 'float', 'plain', 'dynamic']);
  });

  test('fails when all did, and prints its report as JSON', async () => {
    for (const { status, stdout, stderr } of await failing([WRONG, WRONG], '--json')) {
      expect(status).toBe(1);
      expect(stderr.split('\n').slice(0, 3)).toEqual([
        '2 of 2 recipes failed.',
        failureOf('1'),
        failureOf('2'),
      ]);
      const { trials } = JSON.parse(stdout);
      expect(trials.map(({ error }) => error.code)).toEqual(['InvalidArgument', 'InvalidArgument']);
    }
  });
});

describe.each(programs)('%s', (_, quantab) => {
  /** Runs a command on the long model, and interrupts it once it has said something. */
  async function interrupted(args, when) {
    let said = '';
    let isSent = false;
    const started = (child) =>
      child.stderr.on('data', (text) => {
        said += text;
        // Once: a second signal ends a program at once.
        if (isSent || !when.test(said)) return;
        isSent = true;
        child.kill('SIGINT');
      });
    const [command, ...more] = args;
    const call = [command, 'long.onnx', '--calibration-data', 'data', ...more];
    const outcome = await quantab.with({ started, cwd: folder })(...call);
    expect(isSent).toBe(true);
    return outcome;
  }

  const OUT = ['-o', 'out.onnx'];
  const isWritten = () => fs.readdirSync(folder).some((name) => name.startsWith('out.onnx'));

  test.each([
    ['sensitivity', [], /^compare /m],
    ['suggest', ['--target', '60', ...OUT], /^compare /m],
    ['try', ['--recipes', 'recipes.json'], /^calibrate /m],
    ['try', ['--recipes', 'recipes.json', '--runs', '100000'], /^benchmark /m],
  ])('%s %j ends with status 1 when it is interrupted', async (command, more, when) => {
    const outcome = await interrupted([command, ...more], when);
    expect(outcome).toMatchObject({ status: 1, signal: null, stdout: '' });
    expect(outcome.stderr).toMatch(/\nCancelled\. Nothing was written\.\n$/);
    expect(isWritten()).toBe(false);
  });

  test('suggest gives the best so far when its search is interrupted', async () => {
    const args = ['suggest', '--target', '1000', '--runs', '0', ...OUT];
    const outcome = await interrupted(args, /^Keeping /m);
    expect(outcome).toMatchObject({ status: 0, signal: null });
    expect(outcome.stdout).toMatch(/^target {3}sqnr_db 1000, not met, .*, stopped early\n/);
    expect(isWritten()).toBe(true);
    fs.rmSync(path.join(folder, 'out.onnx'));
  });

  // A device that is always full.
  const onLinux = fs.existsSync('/dev/full') ? test : test.skip;

  onLinux.each(COMMANDS)('%s fails when its result cannot be written', async (command, more) => {
    const args = [...quantab.command, command, ...CONV, ...more];
    const script = 'exec "$@" > /dev/full';
    expect(await run('/bin/sh', ['-c', script, 'sh', ...args], { cwd: folder })).toMatchObject({
      status: 1,
      stderr: 'Standard output could not be written. Is the disk full?\n',
    });
  });

  onLinux('suggest fails when its model cannot be written', async () => {
    const suggest = ['suggest', ...CONV, '--target', '60', '--runs', '0', '-o', '/dev/full'];
    const outcome = await quantab(...suggest);
    expect(outcome).toMatchObject({ status: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^'\/dev\/full' cannot be written: .*space/i);
  });
});
