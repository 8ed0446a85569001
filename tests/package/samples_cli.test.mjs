// Samples that are no arrays, on the command line.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openModel } from 'quantab';
import { readSamples, writeNpy } from 'quantab/samples';
import { keep } from './keep.mjs';
import { cli, digitSamples, digitsPath, hex, root, run } from './lib.mjs';
import { bytesOf, fileOf, fixture } from './samples_lib.mjs';

const { files } = fixture('pictures');
const PICTURES = {
  'a/1.png': files.png.file,
  'b/2.jpg': files.jpeg.file,
  'b/3.webp': files.webp.file,
};
const settings = { inputs: { image: { kind: 'image', fit: 'cover', scale: 1 / 16 } } };
const native = (...args) => run(path.join(root, 'build', 'release', 'quantab'), args);

let folder;
let data;
let preprocess;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-test-'));
  data = path.join(folder, 'pictures');
  for (const [name, file] of Object.entries(PICTURES)) {
    fs.mkdirSync(path.dirname(path.join(data, name)), { recursive: true });
    fs.writeFileSync(path.join(data, name), bytesOf(file));
  }
  preprocess = path.join(folder, 'preprocess.json');
  fs.writeFileSync(preprocess, JSON.stringify(settings));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

async function expected(given, options) {
  const model = await keep(openModel(digitsPath));
  const calibrationData = await readSamples(
    Object.entries(PICTURES).map(([name, file]) => fileOf(name, file)),
    model.info.inputs,
    given,
  );
  return hex(await (await keep(model.quantizeStatic({ ...options, calibrationData }))).bytes());
}

const quantized = async (...args) => {
  const out = path.join(folder, 'out.onnx');
  const outcome = await cli('static', digitsPath, '-o', out, '--calibration-data', data, ...args);
  return { ...outcome, bytes: hex(fs.readFileSync(out)) };
};

test('pictures below a folder, as a file says', async () => {
  const { status, stderr, bytes } = await quantized('--preprocess', preprocess);
  expect(status).toBe(0);
  expect(bytes).toBe(await expected(settings));
  expect(stderr).toContain('There are 3 samples only.');
  expect(stderr).not.toContain('guessed');
});

test('without it, what is guessed is said', async () => {
  const { status, stderr, bytes } = await quantized();
  expect(status).toBe(0);
  const guess = /guessed: (\{.*\}) Save this, corrected, as a file for '--preprocess'\./.exec(
    stderr,
  );
  expect(JSON.parse(guess[1]).inputs.image).toMatchObject({
    kind: 'image',
    channels: 'GRAY',
    width: 8,
  });
  expect(bytes).toBe(await expected());
  expect(bytes).not.toBe(await expected(settings));
});

test('arrays can have settings too', async () => {
  const arrays = path.join(folder, 'arrays');
  fs.mkdirSync(arrays);
  fs.writeFileSync(path.join(arrays, '0.csv'), Array(64).fill(1).join());
  const file = path.join(folder, 'wrong_name.json');
  fs.writeFileSync(file, JSON.stringify({ inputs: { picture: { kind: 'tensor' } } }));
  for (const [index, { image }] of digitSamples(2).entries()) {
    fs.writeFileSync(path.join(arrays, `${index}.npy`), writeNpy(image));
  }
  const given = ['compare', digitsPath, digitsPath, '--data', arrays, '--json', '--quiet'];
  expect(JSON.parse((await cli(...given)).stdout).samples).toBe(2);
  expect((await cli(...given, '--preprocess', file)).status).toBe(1);
  // Settings that lie among the samples are none.
  const among = path.join(arrays, 'settings.json');
  fs.writeFileSync(among, JSON.stringify({ inputs: { image: { kind: 'tensor' } } }));
  const both = await cli(...given, '--preprocess', among);
  expect(JSON.parse(both.stdout).samples).toBe(3);
});

test('compare and bench take them as well', async () => {
  const args = ['--data', data, '--preprocess', preprocess, '--json', '--quiet'];
  const compared = await cli('compare', digitsPath, digitsPath, ...args);
  expect(JSON.parse(compared.stdout)).toMatchObject({ samples: 3 });
  const timed = await cli('bench', digitsPath, '--runs', '1', ...args);
  expect(timed).toMatchObject({ status: 0 });
});

test("a recipe's settings are used, and kept", async () => {
  const recipe = { preprocess: settings, quantize_static: { per_channel: true } };
  const file = path.join(folder, 'recipe.json');
  fs.writeFileSync(file, JSON.stringify(recipe));
  const { stdout, stderr, bytes } = await quantized('--recipe', file, '--json', '--print-recipe');
  expect(stderr).not.toMatch(/guessed/);
  expect(JSON.parse(stdout).recipe).toEqual(recipe);
  expect(bytes).toBe(await expected(settings, { perChannel: true }));

  // Those that are given count more.
  const other = path.join(folder, 'other.json');
  fs.writeFileSync(other, JSON.stringify({ inputs: { image: { kind: 'image', fit: 'stretch' } } }));
  const both = await quantized('--recipe', file, '--preprocess', other);
  expect(both.bytes).not.toBe(bytes);

  fs.writeFileSync(file, JSON.stringify({ ...recipe, preprocess: { inputs: 1 } }));
  expect(await quantized('--recipe', file)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`'${file}': Expected an object {"inputs": `),
  });
});

describe('what is refused', () => {
  const compare = (program, ...args) =>
    program('compare', digitsPath, digitsPath, '--data', data, '--quiet', ...args);

  test.each([
    ['no JSON', 'image', 'Expected an object {"inputs": {NAME: {"kind": "image", ...}, ...}}.'],
    [
      'a wrong setting',
      '{"inputs": {"image": {"kind": "image", "fit": 1}}}',
      "The settings of input 'image': 'fit' is 1, expected one of 'stretch', 'cover', 'contain', 'crop'.",
    ],
  ])('%s', async (_, text, message) => {
    const file = path.join(folder, 'wrong.json');
    fs.writeFileSync(file, text);
    const outcome = await compare(cli, '--preprocess', file);
    expect(outcome).toMatchObject({ status: 1, stderr: `'${file}': ${message}\n` });
  });

  test('a damaged picture, by name', async () => {
    const bad = path.join(folder, 'bad');
    fs.mkdirSync(bad);
    fs.writeFileSync(path.join(bad, 'x.png'), 'none');
    const outcome = await cli('compare', digitsPath, digitsPath, '--data', bad, '--quiet');
    expect(outcome).toMatchObject({
      status: 1,
      stderr: `'${bad}/x.png': This is no picture that can be read here. Use PNG, JPEG or WebP, or leave it out.\n`,
    });
  });

  test('by the native program: it reads arrays only', async () => {
    expect(await compare(native, '--preprocess', preprocess)).toMatchObject({
      status: 2,
      stderr:
        "'--preprocess' is for 'npx quantab': the native program reads arrays only (.npz, .npy, .pb).\n",
    });
    const flat = path.join(folder, 'flat');
    fs.mkdirSync(flat);
    fs.copyFileSync(path.join(data, 'a', '1.png'), path.join(flat, '1.png'));
    expect(
      await native('compare', digitsPath, digitsPath, '--data', flat, '--quiet'),
    ).toMatchObject({
      status: 1,
      stderr: `'${flat}' holds no arrays, but such files as '1.png'. The native program reads arrays only (.npz, .npy, .pb); 'npx quantab' reads pictures, sounds, texts and tables as well.\n`,
    });
  });
});
