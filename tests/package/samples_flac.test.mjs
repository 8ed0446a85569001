// FLAC files of libFLAC against the samples they were made of (make_sample_fixtures.py).
import { describe, expect, test } from '@jest/globals';
import { readFlac, readSamples } from 'quantab/samples';
import { furthest } from './lib.mjs';
import { bytesOf, fileOf, fixture, floatsOf, only, tensorInput } from './samples_lib.mjs';

const files = fixture('flac');
const DAMAGED = 'The FLAC file is damaged or truncated. Save it again.';

test.each(Object.entries(files))('%s: every sample as it was', (_, [file, samples]) => {
  const sound = readFlac(bytesOf(file));
  expect(sound.rate).toBe(8000);
  expect(sound.samples.length).toBe(floatsOf(samples).length);
  expect(furthest(sound.samples, floatsOf(samples))).toBe(0);
});

test('is a sample of a model that takes sounds', async () => {
  const [file, samples] = files['one channel'];
  const given = { inputs: { audio: { kind: 'audio', samplingRate: 8000 } } };
  const input = tensorInput('audio', 'float32', ['batch', 'samples']);
  const { audio } = await only(readSamples([fileOf('a.flac', file)], [input], given));
  expect(audio.dims).toEqual([1, 1200]);
  expect(furthest(audio.data, floatsOf(samples))).toBe(0);
});

describe('damage', () => {
  const whole = bytesOf(files['two channels, their mean simpler'][0]);

  test('every truncation is refused', () => {
    for (let size = 0; size < whole.length; size += size < 100 ? 1 : 37) {
      expect(() => readFlac(whole.slice(0, size))).toThrow(DAMAGED);
    }
  });

  test('a changed byte of a frame is noticed', () => {
    const short = bytesOf(files['a few samples'][0]);
    const start = short.findIndex((byte, i) => byte === 0xff && short[i + 1] === 0xf8);
    expect(start).toBeGreaterThan(0);
    for (let at = start; at < short.length; ++at) {
      for (const change of [1, 0x10, 0x80]) {
        const bytes = short.slice();
        bytes[at] ^= change;
        expect(() => readFlac(bytes)).toThrow(DAMAGED);
      }
    }
  });

  test('bytes behind the last frame are passed over', () => {
    const [file, samples] = files.silence;
    const bytes = Uint8Array.of(...bytesOf(file), 0x54, 0x41, 0x47);
    expect(readFlac(bytes).samples.length).toBe(floatsOf(samples).length);
  });

  test('where the number of samples is not said, there are as many as there are', () => {
    const [file, samples] = files['one channel'];
    const bytes = bytesOf(file);
    // The last 36 bits before the MD5 sum of the first block.
    bytes[21] &= 0xf0;
    bytes.fill(0, 22, 26);
    expect(readFlac(bytes).samples.length).toBe(floatsOf(samples).length);
    expect(() => readFlac(bytes.slice(0, -1))).toThrow(DAMAGED);
  });

  test.each([
    ['no FLAC at all', () => new Uint8Array(99), 'This is not a FLAC file.'],
    ['no rate', (bytes) => bytes.fill(0, 18, 20) && bytes.fill(bytes[20] & 0x0f, 20, 21), DAMAGED],
    ['no description', (bytes) => bytes.fill(0x86, 4, 5), DAMAGED],
  ])('%s', (_, change, message) => {
    expect(() => readFlac(change(whole.slice()))).toThrow(message);
  });
});
