// Samples of files in Chromium, by its own decoders.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { readSamples } from 'quantab/samples';
import { launchChromium } from '../lib/chromium.mjs';
import { furthest, packageFolder, root } from './lib.mjs';
import { bytesOf, fixture, only, tensorInput } from './samples_lib.mjs';
import { reporting, visitFolder, writePage } from './visit.mjs';

const out = path.join(root, 'tests', '.out', 'samples');
const pictures = fixture('pictures').files;
const { compressed, wav } = fixture('sounds');
const { tokenizer, texts, free } = fixture('tokens').WordPiece;

const FILES = {
  'a.png': bytesOf(pictures.png.file),
  'a.jpg': bytesOf(pictures.jpeg.file),
  'a.webp': bytesOf(pictures.webp.file),
  'a.flac': bytesOf(compressed.flac),
  'a.mp3': bytesOf(compressed.mp3),
  'a.wav': bytesOf(wav['two channels'][0]),
  'none.png': Buffer.from('no picture'),
  'none.mp3': Buffer.from('no sound'),
  'tokenizer.json': Buffer.from(JSON.stringify(tokenizer)),
  'a.txt': Buffer.from(texts[0][0]),
};
const PICTURE = tensorInput('x', 'float32', [1, 3, 8, 8]);
const SOUND = tensorInput('audio', 'float32', ['batch', 'samples']);
const TEXT = tensorInput('input_ids', 'int64', ['batch', 'tokens']);
const RATE = { inputs: { audio: { kind: 'audio', samplingRate: 48000 } } };
const CASES = {
  'a.png': [['a.png'], PICTURE],
  'a.jpg': [['a.jpg'], PICTURE],
  'a.webp': [['a.webp'], PICTURE],
  'a.wav': [['a.wav'], SOUND],
  'a.flac': [['a.flac'], SOUND, RATE],
  'a.mp3': [['a.mp3'], SOUND, RATE],
  'a.txt': [['a.txt', 'tokenizer.json'], TEXT],
  'none.png': [['none.png'], PICTURE],
  'none.mp3': [['none.mp3'], SOUND],
};

let browser;
let made;

beforeAll(async () => {
  fs.rmSync(out, { recursive: true, force: true });
  const script = reporting(
    "import { readSamples } from './quantab/samples/index.js';",
    `
    const fileOf = (path) => ({ path, bytes: async () => new Uint8Array(await (await fetch('/' + path)).arrayBuffer()) });
    const report = {};
    for (const [name, [paths, input, given]] of Object.entries(${JSON.stringify(CASES)})) {
      try {
        for await (const sample of await readSamples(paths.map(fileOf), [input], given)) {
          const { dims, data } = sample[input.name];
          report[name] = { dims, data: Array.from(data, Number) };
        }
      } catch ({ code, message }) {
        report[name] = { code, message };
      }
    }
    return report;`,
  );
  writePage(out, script);
  fs.symlinkSync(path.join(packageFolder, 'dist'), path.join(out, 'quantab'));
  for (const [name, bytes] of Object.entries(FILES)) fs.writeFileSync(path.join(out, name), bytes);
  browser = await launchChromium();
  made = await visitFolder(browser, out);
}, 120_000);
afterAll(() => browser?.close());

async function inNode(name) {
  const [paths, input, given] = CASES[name];
  const files = paths.map((file) => ({ path: file, bytes: async () => FILES[file] }));
  return (await only(readSamples(files, [input], given)))[input.name];
}

test('nothing but the page is asked, and decoders for Node are not loaded', () => {
  const { requests, complaints, address } = made;
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('data:'))).toEqual(
    [],
  );
  expect(requests.filter((url) => /libraries/.test(url))).toEqual([
    `${address}quantab/libraries/tokenizers/tokenizers.js`,
  ]);
});

test.each([
  ['a.png', 0],
  ['a.webp', 0],
  // Decoders may round differently: 3 steps of 255, divided by the deviation.
  ['a.jpg', 0.06],
  ['a.wav', 1e-6],
])('%s is read as in Node', async (name, tolerance) => {
  const { dims, data } = await inNode(name);
  expect(made.report[name].dims).toEqual(dims);
  expect(furthest(made.report[name].data, data)).toBeLessThanOrEqual(tolerance);
});

describe('sounds of other formats', () => {
  const original = Float32Array.from({ length: 5760 }, (_, i) => {
    const t = i / 48000;
    return 0.6 * Math.sin(2 * Math.PI * (80 + (2920 * t) / 0.12 / 2) * t);
  });

  test('FLAC loses nothing but what 16 bits lose', () => {
    const { dims, data } = made.report['a.flac'];
    expect(dims).toEqual([1, 5760]);
    expect(furthest(data, original)).toBeLessThan(2 ** -14);
  });

  test('MP3 is about as long and as loud', () => {
    const { data } = made.report['a.mp3'];
    expect(data.length).toBeGreaterThanOrEqual(5000);
    expect(data.length).toBeLessThan(12000);
    const energy = (samples) => samples.reduce((sum, value) => sum + value * value, 0);
    expect(energy(data) / energy(original)).toBeCloseTo(1, 0);
  });
});

test('texts become tokens', () => {
  expect(made.report['a.txt'].data).toEqual(free[0].input_ids);
});

test('what cannot be read is named', () => {
  expect(made.report['none.png']).toEqual({
    code: 'InvalidArgument',
    message:
      "'none.png': This is no picture that the browser can read. Use PNG, JPEG or WebP, or leave it out.",
  });
  expect(made.report['none.mp3']).toEqual({
    code: 'InvalidArgument',
    message:
      "'none.mp3': This is no sound that the browser can read. Use WAV, FLAC or MP3, or leave it out.",
  });
});
