// How files become inputs: guessed, changed by hand and kept, saved and loaded; and what the model will see.
import fs from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parsePreprocess, writeNpy } from 'quantab/samples';
import { bytesOf, fixture } from '../package/samples_lib.mjs';
import { violations } from './axe.mjs';
import { floatTensor, makeModel, matmulModel } from './models.mjs';
import { SOUND_NETWORK, tones } from './networks.mjs';
import { eachTestHasPage, temporaryFolder } from './page.mjs';
import { zipOf } from './zip.mjs';

const session = eachTestHasPage();
const onnx = (bytes) => ({ name: 'model.onnx', bytes });
const json = (name, value) => ({ name, bytes: Buffer.from(JSON.stringify(value)) });
const file = (name, bytes) => ({ name, bytes: Buffer.from(bytes) });

const { files } = fixture('pictures');
const png = bytesOf(files.png.file);
const jpeg = bytesOf(files.jpeg.file);

/** A network of colour pictures of 8 x 8. */
const PICTURES = makeModel({
  inputs: [{ name: 'pixel_values', dims: ['batch', 3, 8, 8] }],
  outputs: [{ name: 'y', dims: ['batch', 4, 6, 6] }],
  weights: { w: [4, 3, 3, 3] },
  nodes: [{ type: 'Conv', inputs: ['pixel_values', 'w'], outputs: ['y'] }],
});

const CONFIG = json('preprocessor_config.json', {
  do_resize: true,
  size: { shortest_edge: 12 },
  do_center_crop: true,
  crop_size: { height: 8, width: 8 },
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  resample: 3,
});

const openWithPictures = async (...more) => {
  const { tab } = session;
  await tab.open(onnx(PICTURES));
  await tab.drop(file('a.png', png), file('b.jpg', jpeg), ...more);
  await tab.shown('#image-options');
  return tab;
};

/** Waits until a field holds a value. */
const holds = (id, value) =>
  session.tab.page.waitForFunction(
    ([name, expected]) => document.getElementById(name)?.value === expected,
    [id, value],
  );

/** Writes into a field and leaves it. */
async function write(id, value) {
  await session.tab.page.fill(`#${id}`, value);
  await session.tab.page.press(`#${id}`, 'Tab');
}

async function savedSettings() {
  const { file: saved, name } = await session.tab.download('#save-preprocess');
  expect(name).toBe('preprocess.json');
  return JSON.parse(fs.readFileSync(saved, 'utf8'));
}

describe('settings', () => {
  test('follow a configuration that comes later, but for what was set by hand', async () => {
    const tab = await openWithPictures();
    await holds('image-preset', 'imagenet');
    await holds('image-fit', 'stretch');
    await tab.page.selectOption('#image-channels', 'BGR');
    await tab.drop(CONFIG);
    await holds('image-preset', 'signed');
    await holds('image-fit', 'cover');
    await holds('image-shortestEdge', '12');
    await holds('image-resample', 'bicubic');
    await holds('image-channels', 'BGR');
    await tab.samplesAre('2 sample files.');
  });

  test('of one name put scale, mean and deviation together', async () => {
    const tab = await openWithPictures();
    await write('image-std', 'half');
    expect(await tab.text('#image-std-problem')).toContain("'half' in 'Standard deviation'");
    await tab.page.selectOption('#image-preset', 'caffe');
    await holds('image-scale', '1');
    await holds('image-mean', '103.939, 116.779, 123.68');
    await holds('image-std', '1');
    await holds('image-channels', 'BGR');
    await tab.page.selectOption('#image-preset', 'unit');
    await holds('image-scale', '1/255');
    await holds('image-channels', 'RGB');
    await write('image-mean', '0.1');
    await holds('image-preset', 'own');
    expect(await tab.page.isVisible('#image-std-problem')).toBe(false);
  });

  test('are saved as the command line reads them, and loaded', async () => {
    const tab = await openWithPictures();
    await tab.page.selectOption('#image-fit', 'contain');
    await tab.page.click('#image-options details summary');
    await write('image-fill', '114');
    const saved = await savedSettings();
    expect(saved.inputs.pixel_values).toMatchObject({ kind: 'image', fit: 'contain', fill: 114 });
    expect(parsePreprocess(saved)).toEqual(saved);

    await tab.page.click('#close-model');
    await tab.open(onnx(PICTURES));
    await tab.page.click('#preprocess > summary');
    await holds('image-fit', 'stretch');
    const path = `${temporaryFolder()}/mine.json`;
    fs.writeFileSync(path, JSON.stringify(saved));
    await tab.page.setInputFiles('#load-preprocess', path);
    await holds('image-fit', 'contain');
    await holds('image-fill', '114');
    // A file of this name may be dropped as well.
    await tab.drop(
      json('preprocess.json', { inputs: { pixel_values: { kind: 'image', fit: 'crop' } } }),
    );
    await holds('image-fit', 'crop');
    await tab.drop(json('preprocess.json', { inputs: { pixels: { kind: 'image' } } }));
    expect(await tab.alert()).toContain("There are settings for input 'pixels'");
    await tab.drop(json('preprocess.json', []));
    expect(await tab.alert()).toContain("'preprocess.json': Expected an object");
    await holds('image-fit', 'crop');
  });

  test('that cannot be are marked, and what was there stays', async () => {
    const tab = await openWithPictures();
    await write('image-width', '0');
    expect(await tab.text('#image-width-problem')).toContain(
      "'width' is 0, expected a whole number",
    );
    await tab.page.selectOption('#kind-0', 'text');
    await tab.shown('#kind-0-problem');
    expect(await tab.text('#kind-0-problem')).toContain("it cannot be of kind 'text'");
    expect(await violations(tab.page)).toEqual([]);
    await tab.page.click('#quantize');
    expect(await tab.alert()).toContain("'width' is 0");
    await write('image-width', '8');
    await tab.page.selectOption('#kind-0', 'image');
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(2 samples)');
  });

  test('are part of what a result was made with', async () => {
    const tab = await openWithPictures();
    await tab.quantize();
    expect(await tab.page.isVisible('#outdated')).toBe(false);
    await tab.page.click('#image-options details summary');
    expect(await tab.page.isVisible('#outdated')).toBe(false);
    await tab.page.selectOption('#image-channels', 'BGR');
    await tab.shown('#outdated');
    await tab.page.selectOption('#image-channels', 'RGB');
    await tab.gone('#outdated');
  });

  test('say what an input takes where the guess is wrong', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(['batch', 8])));
    await tab.drop(file('a.txt', '1 2 3'));
    expect(await tab.alert()).toMatch(/^Left out 'a.txt': the model’s inputs are taken as numbers/);
    await tab.samplesAre('No samples yet: no input takes 1 file.');
    await tab.drop(...tones(3, 8000, 0.001));
    await tab.samplesAre('3 sample files.');
    expect(await tab.page.inputValue('#kind-0')).toBe('audio');
    await tab.page.selectOption('#kind-0', 'tensor');
    await tab.samplesAre('No samples yet: no input takes 4 files.');
    await tab.page.selectOption('#kind-0', 'audio');
    await tab.samplesAre('3 sample files.');
  });
});

describe('what the model will see', () => {
  test('pictures, as they are and as the tensor has them', async () => {
    const tab = await openWithPictures();
    const { page } = tab;
    await page.click('#preview > summary');
    await tab.shown('#preview canvas');
    expect(await page.getAttribute('#preview canvas', 'aria-label')).toBe(
      "What 'pixel_values' is given: 8 × 8 pixels, in colour",
    );
    const sizes = () =>
      page.evaluate(() => {
        const { naturalWidth, naturalHeight } = document.querySelector('#preview img');
        const { width, height } = document.querySelector('#preview canvas');
        return [naturalWidth, naturalHeight, width, height];
      });
    expect(await sizes()).toEqual([48, 31, 8, 8]);
    const reds = () =>
      page.evaluate(() => {
        const { data } = document
          .querySelector('#preview canvas')
          .getContext('2d')
          .getImageData(0, 0, 8, 1);
        return Array.from({ length: 8 }, (_, x) => data[4 * x]);
      });
    // Red grows from left to right (make_sample_fixtures.py), whatever the pixels are normalised to and in which order.
    const before = await reds();
    expect(before[0]).toBeLessThan(30);
    expect(before[7]).toBeGreaterThan(225);
    await page.selectOption('#image-preset', 'caffe');
    await holds('image-channels', 'BGR');
    await page.waitForFunction(() =>
      /from -1\d\d/.test(document.getElementById('preview').textContent),
    );
    expect(await reds()).toEqual(before);
    expect(await violations(page)).toEqual([]);
  });

  test('one sample after another, and rows of arrays with what they are like', async () => {
    const { tab } = session;
    await tab.open(onnx(matmulModel(['batch', 8])));
    await tab.drop(file('rows.npy', writeNpy(floatTensor([3, 8]))));
    await tab.samplesAre('1 sample file, 3 rows, used as 3 samples.');
    await tab.page.click('#preview > summary');
    const placeIs = (text) =>
      tab.page.waitForFunction(
        (expected) => document.getElementById('preview-place').textContent === expected,
        text,
      );
    await placeIs('Sample 1 of 3: rows.npy, row 1');
    expect(await tab.page.getAttribute('#preview-before', 'aria-disabled')).toBe('true');
    await tab.page.click('#preview-after');
    await tab.page.click('#preview-after');
    await placeIs('Sample 3 of 3: rows.npy, row 3');
    expect(await tab.page.getAttribute('#preview-after', 'aria-disabled')).toBe('true');
    const row = floatTensor([3, 8]).data.slice(16);
    const [least, most] = [Math.min(...row), Math.max(...row)].map((x) => Number(x.toPrecision(4)));
    expect(await tab.text('#preview-sample')).toContain(
      `float32 [1, 8], from ${least} to ${most}, mean`,
    );
    await tab.page.uncheck('#split-rows');
    await placeIs('Sample 1 of 1: rows.npy');
    expect(await tab.text('#preview-sample')).toContain('float32 [3, 8]');
  });

  test('a sound with its features', async () => {
    const { tab } = session;
    await tab.open(onnx(SOUND_NETWORK));
    await tab.drop(...tones(2, 16000, 0.25));
    await tab.shown('#audio-options');
    await tab.page.click('#preview > summary');
    await tab.shown('#preview canvas');
    await tab.page.selectOption('#audio-features', 'log-mel');
    await tab.shown('#preview .spectrogram');
    const labels = await tab.page
      .locator('#preview canvas')
      .evaluateAll((canvases) => canvases.map((canvas) => canvas.getAttribute('aria-label')));
    expect(labels[0]).toBe('The sound, 0.1 s at 16000 Hz');
    expect(labels[1]).toMatch(/^What 'waveform' is given: 11 frames of 80 bands, from /);
    await tab.page.waitForFunction(() =>
      document
        .getElementById('sample-warnings')
        ?.textContent.includes(
          "Samples of input 'waveform' have the shape [1,11,80], but the model takes [batch,1,1600].",
        ),
    );
    expect(await violations(tab.page)).toEqual([]);
  });
});

describe('warnings', () => {
  test('name few samples, samples that are alike, and those that cannot be read', async () => {
    const { tab } = session;
    await tab.open(onnx(PICTURES));
    const zip = zipOf({ 'a.png': png, 'd/b.png': png, 'd/c.png': Buffer.from('no picture') });
    await tab.drop({ name: 'all.zip', bytes: zip });
    await tab.samplesAre('3 sample files.');
    await tab.shown('#sample-warnings');
    const said = await tab.text('#sample-warnings');
    expect(said).toContain("'all.zip/d/c.png': This is no picture that the browser can read.");
    expect(said).toContain('All 2 samples are alike. They say as much as one');
    expect(said).toContain('There are 2 samples only.');
    expect(await violations(tab.page)).toEqual([]);
    await tab.page.click('#leave-out');
    await tab.samplesAre('2 sample files.');
    expect(await tab.focused()).toBe('pick-samples');
    await tab.page.waitForFunction(
      () => !document.getElementById('sample-warnings').textContent.includes('c.png'),
    );
    await tab.quantize();
    expect(await tab.text('#figures')).toContain('(2 samples)');
  });

  test('go when all is well, and with the samples', async () => {
    const { tab } = session;
    await tab.open(onnx(SOUND_NETWORK));
    await tab.drop(...tones(3, 16000, 0.1));
    await tab.shown('#sample-warnings');
    await tab.drop(...tones(12, 16000, 0.12));
    await tab.samplesAre('15 sample files.');
    await tab.gone('#sample-warnings');
    await tab.page.click('#clear-samples');
    await tab.samplesAre('No samples yet.');
    expect(await tab.page.isVisible('#preview')).toBe(false);
  });
});
