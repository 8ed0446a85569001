// Pictures as samples, against files, sizes and crops made by Pillow (make_sample_fixtures.py).
import { describe, expect, test } from '@jest/globals';
import { completePreprocess, guessPreprocess, imageToTensor, readSamples } from 'quantab/samples';
import { bytesOf, fileOf, fixture, jsonFile, only, tensorInput } from './samples_lib.mjs';
import { furthest } from './lib.mjs';

const { files, source, resized, cropped } = fixture('pictures');
/** How far from Pillow's 8-bit results a resized picture may be, of 255. */
const TOLERANCE = 1.2;
const plain = { channels: 'RGB', layout: 'NHWC', scale: 1, mean: [0], std: [1], dtype: 'float32' };

function rgba(text, width, height) {
  const rgb = bytesOf(text);
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : rgb[(i >> 2) * 3 + (i % 4)],
  );
  return { width, height, data };
}

describe('files', () => {
  test.each(Object.entries(files))('%s is decoded as by Pillow', async (kind, expected) => {
    const { width, height } = expected;
    const input = tensorInput('x', 'float32', [1, height, width, 3]);
    const settings = { kind: 'image', ...plain, width, height, fit: 'crop' };
    const { x } = await only(
      readSamples([fileOf('a', expected.file)].map(named(kind)), [input], {
        inputs: { x: settings },
      }),
    );
    expect(x.dims).toEqual([1, height, width, 3]);
    // Decoders of JPEG may round differently.
    expect(furthest(x.data, bytesOf(expected.rgb))).toBeLessThanOrEqual(
      kind.includes('jpeg') ? 3 : 0,
    );
  });

  const named = (kind) => (file) => ({ ...file, path: `a.${kind.match(/png|jpeg|webp/)[0]}` });

  const input = tensorInput('x', 'float32', [1, 3, 8, 8]);
  const read = async (path, bytes) =>
    only(readSamples([{ path, bytes: async () => bytes }], [input]));

  test.each([
    ['a text', Buffer.from('hello'), /^'a\.png': This is no picture that can be read here/],
    ['half a PNG', bytesOf(files.png.file).subarray(0, 200), /^'a\.png': The PNG file is damaged/],
    [
      'half a WebP',
      bytesOf(files.webp.file).subarray(0, 60),
      /^'a\.png': The WebP file is damaged/,
    ],
  ])('%s is refused, and the next one read', async (_, bytes, message) => {
    await expect(read('a.png', bytes)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
      where: { file: 'a.png' },
    });
    for (const kind of ['png', 'webp', 'jpeg']) {
      expect((await read('a.png', bytesOf(files[kind].file))).x.dims).toEqual([1, 3, 8, 8]);
    }
  });

  test('a PNG that claims to be enormous is refused', async () => {
    const bytes = bytesOf(files.png.file).slice();
    new DataView(bytes.buffer).setUint32(16, 2 ** 30);
    await expect(read('a.png', bytes)).rejects.toThrow(/has 1073741824 x 31 pixels, too many/);
  });
});

describe('resizing', () => {
  test.each(resized.map((each) => [each.resample, each.width, each.height, each]))(
    '%s to %i x %i',
    (resample, width, height, { rgb }) => {
      const options = { ...plain, width, height, fit: 'stretch', resample };
      const { data } = imageToTensor(rgba(source, 48, 31), options);
      expect(furthest(data, bytesOf(rgb))).toBeLessThan(TOLERANCE);
    },
  );

  test.each(cropped.map((each) => [each.width, each.height, each.edge, each.target, each]))(
    '%i x %i to a shorter side of %i, and %i from the middle',
    (width, height, edge, target, each) => {
      const options = {
        ...plain,
        width: target,
        height: target,
        fit: 'cover',
        resample: 'bicubic',
      };
      const pixels = rgba(each.source, width, height);
      const { data } = imageToTensor(pixels, { ...options, shortestEdge: edge });
      expect(furthest(data, bytesOf(each.rgb))).toBeLessThan(TOLERANCE);
    },
  );

  const wide = rgba(Buffer.from([255, 0, 0, 0, 0, 255]).toString('base64'), 2, 1);
  const square = { ...plain, width: 4, height: 4, resample: 'nearest', fill: 114 };
  const reds = (options) =>
    [...imageToTensor(wide, { ...square, ...options }).data].filter((_, i) => i % 3 === 0);

  test('contain pads with what is asked for, around the picture or behind it', () => {
    const padding = [114, 114, 114, 114];
    const picture = [255, 255, 0, 0];
    expect(reds({ fit: 'contain' })).toEqual([...padding, ...picture, ...picture, ...padding]);
    expect(reds({ fit: 'contain', place: 'start' })).toEqual([
      ...picture,
      ...picture,
      ...padding,
      ...padding,
    ]);
  });

  test('crop leaves the size and takes the middle', () => {
    expect(reds({ fit: 'crop' })).toEqual([
      114,
      114,
      114,
      114,
      114,
      255,
      0,
      114,
      ...Array(8).fill(114),
    ]);
    expect(reds({ fit: 'crop', width: 1, height: 1 })).toEqual([255]);
  });

  test('half precision', () => {
    const half = imageToTensor(wide, {
      ...square,
      width: 2,
      height: 1,
      fit: 'stretch',
      dtype: 'float16',
      scale: 1 / 255,
    });
    expect([...half.data]).toEqual([0x3c00, 0, 0, 0, 0, 0x3c00]);
  });
});

describe('guesses from preprocessor_config.json', () => {
  const input = tensorInput('pixel_values', 'float32', ['batch', 3, 'height', 'width']);
  const guess = (preprocessor, of = input) =>
    guessPreprocess([of], { preprocessor }).inputs[of.name];
  const imagenet = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };

  test.each([
    [
      'ViT',
      {
        size: { height: 192, width: 160 },
        resample: 2,
        image_mean: [0.5, 0.5, 0.5],
        image_std: [0.5, 0.5, 0.5],
        rescale_factor: 1 / 255,
      },
      {
        fit: 'stretch',
        width: 160,
        height: 192,
        resample: 'bilinear',
        mean: [0.5, 0.5, 0.5],
        std: [0.5, 0.5, 0.5],
        scale: 1 / 255,
      },
    ],
    [
      'CLIP',
      {
        size: { shortest_edge: 256 },
        crop_size: { height: 224, width: 224 },
        do_center_crop: true,
        resample: 3,
        ...imagenet,
      },
      {
        fit: 'cover',
        shortestEdge: 256,
        width: 224,
        height: 224,
        resample: 'bicubic',
        mean: imagenet.image_mean,
      },
    ],
    [
      'an older CLIP',
      { size: 224, crop_size: 224, do_center_crop: true, resample: 3 },
      { fit: 'cover', shortestEdge: 224, width: 224, height: 224, mean: [0], std: [1] },
    ],
    [
      'ConvNext',
      { size: { shortest_edge: 224 }, crop_pct: 0.875, resample: 3 },
      { fit: 'cover', shortestEdge: 256, width: 224, height: 224 },
    ],
    [
      'a large ConvNext',
      { size: { shortest_edge: 384 }, crop_pct: 0.875 },
      { fit: 'stretch', width: 384 },
    ],
    [
      'no normalisation',
      { size: 96, do_normalize: false, do_rescale: false, ...imagenet },
      { fit: 'stretch', width: 96, scale: 1, mean: [0], std: [1] },
    ],
    [
      'padding',
      { size: { longest_edge: 640 }, do_pad: true },
      { fit: 'contain', width: 640, height: 640 },
    ],
    [
      'no resizing',
      { do_resize: false, do_center_crop: true, crop_size: 64 },
      { fit: 'crop', width: 64, height: 64 },
    ],
    [
      'nonsense',
      { size: 'large', image_mean: 'grey', resample: 'best' },
      { fit: 'stretch', width: 224, resample: 'bilinear' },
    ],
  ])('%s', (_, config, expected) => {
    expect(guess(config)).toMatchObject({
      kind: 'image',
      channels: 'RGB',
      layout: 'NCHW',
      ...expected,
    });
  });

  test('newer configurations hold those of pictures inside', async () => {
    const image_processor = { size: { height: 10, width: 12 }, do_normalize: false };
    const config = jsonFile('m/processor_config.json', { image_processor, processor_class: 'P' });
    const set = await readSamples([config, fileOf('a.png', files.png.file)], [input]);
    expect(set.preprocess.inputs.pixel_values).toMatchObject({ width: 12, height: 10, mean: [0] });
    expect((await only(set)).pixel_values.dims).toEqual([1, 3, 10, 12]);
  });

  test('sides that the shape fixes count more', () => {
    const fixed = tensorInput('x', 'float32', [1, 3, 128, 96]);
    expect(guess({ size: 224 }, fixed)).toMatchObject({ width: 96, height: 128 });
  });

  test('bytes stay bytes', () => {
    const bytes = tensorInput('x', 'uint8', [1, 'h', 'w', 3]);
    expect(guess({ size: 224, ...imagenet }, bytes)).toMatchObject({
      scale: 1,
      mean: [0],
      std: [1],
      layout: 'NHWC',
    });
  });

  test('presets go with the rest of the settings', () => {
    const complete = (image) =>
      completePreprocess({ inputs: { pixel_values: { kind: 'image', ...image } } }, [input]).inputs
        .pixel_values;
    expect(complete({ preset: 'caffe' })).toMatchObject({
      channels: 'BGR',
      scale: 1,
      mean: [103.939, 116.779, 123.68],
      std: [1],
    });
    expect(complete({ preset: 'signed', mean: [0.4] })).toMatchObject({
      channels: 'RGB',
      scale: 1 / 255,
      mean: [0.4],
      std: [0.5],
    });
  });

  test('what is given counts most, and is refused where it cannot be', () => {
    const given = { inputs: { pixel_values: { kind: 'image', channels: 'BGR', width: 10 } } };
    expect(
      completePreprocess(given, [input], { preprocessor: { size: 224 } }).inputs.pixel_values,
    ).toMatchObject({ channels: 'BGR', width: 10, height: 224 });
    const open = tensorInput('x', 'float32', ['a', 'b', 'c', 'd']);
    expect(guess(undefined, open)).toEqual({ kind: 'tensor' });
    expect(completePreprocess({ inputs: { x: { kind: 'image' } } }, [open]).inputs.x).toMatchObject(
      { kind: 'image', layout: 'NCHW', channels: 'RGB' },
    );
    const tokens = tensorInput('x', 'int64', ['n', 's']);
    expect(() => completePreprocess({ inputs: { x: { kind: 'image' } } }, [tokens])).toThrow(
      "Input 'x' is int64 [n,s], so it cannot be of kind 'image', which takes real numbers or bytes of shape [N,C,H,W] or [N,H,W,C] with 1 or 3 channels.",
    );
    expect(() => completePreprocess({ inputs: { z: { kind: 'image' } } }, [tokens])).toThrow(
      "There are settings for input 'z', but the model's inputs are 'x'.",
    );
  });
});
