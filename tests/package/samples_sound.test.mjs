// Sounds as samples, against soxr, Kaldi's filterbank and Whisper's feature extractor (make_sample_fixtures.py).
import { describe, expect, test } from '@jest/globals';
import {
  completePreprocess,
  guessPreprocess,
  readSamples,
  readWav,
  resample,
  soundToTensor,
} from 'quantab/samples';
import {
  all,
  bytesOf,
  fileOf,
  fixture,
  floatsOf,
  jsonFile,
  only,
  tensorInput,
} from './samples_lib.mjs';
import { furthest } from './lib.mjs';

const { wav, resampled, whisper, fbank } = fixture('sounds');

/** As make_sample_fixtures.py makes it. */
function chirp(rate, seconds = 0.12, low = 80, high = 3000) {
  return Float32Array.from({ length: Math.floor(rate * seconds) }, (_, i) => {
    const t = i / rate;
    return 0.6 * Math.sin(2 * Math.PI * (low + ((high - low) * t) / seconds / 2) * t);
  });
}

const noisy = (sound) =>
  sound.map((value, i) => value + 0.2 * (((i * i * 31 + i * 7) % 1009) / 1009 - 0.5));

const waveInput = (shape = ['batch', 'samples']) => tensorInput('audio', 'float32', shape);
const usual = guessPreprocess([waveInput()]).inputs.audio;
const features = (sound, settings, shape = ['b', 't', 'f']) =>
  soundToTensor(sound, { ...usual, ...settings }, waveInput(shape));

describe('WAV', () => {
  test.each(Object.entries(wav))('%s', (_, [file, samples]) => {
    const sound = readWav(bytesOf(file));
    expect(sound.rate).toBe(8000);
    expect(furthest(sound.samples, floatsOf(samples))).toBeLessThan(1e-7);
  });

  test('every truncation of the head is refused, one of the samples is not', () => {
    const [file, samples] = wav['16 bits'];
    const whole = bytesOf(file);
    for (let size = 0; size < 44; ++size) {
      expect(() => readWav(whole.slice(0, size))).toThrow(/WAV file/);
    }
    const part = readWav(whole.slice(0, whole.length - 3)).samples;
    expect(furthest(part, floatsOf(samples).slice(0, part.length))).toBeLessThan(1e-7);
    expect(part.length).toBe(4);
  });

  const changed = (at, value) => {
    const bytes = bytesOf(wav['16 bits'][0]);
    new DataView(bytes.buffer).setUint16(at, value, true);
    return bytes;
  };

  test.each([
    [
      'another format',
      changed(20, 7),
      'The WAV file has samples of format 7 with 16 bits, expected PCM (1) or floating point (3). Convert it.',
    ],
    ['no channels', changed(22, 0), 'The WAV file is damaged or truncated. Save it again.'],
    ['no rate', changed(24, 0), 'The WAV file is damaged or truncated. Save it again.'],
    [
      'frames of another size',
      changed(32, 4),
      'The WAV file is damaged or truncated. Save it again.',
    ],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => readWav(bytes)).toThrow(message);
  });
});

describe('resampling', () => {
  test.each(resampled.map((each) => [each.from, each.to, each]))(
    'from %i to %i Hz, as soxr but at the ends',
    (from, to, expected) => {
      const made = resample(chirp(from), from, to);
      const other = floatsOf(expected.resampled);
      expect(Math.abs(made.length - other.length)).toBeLessThanOrEqual(1);
      const inside = (samples) => samples.slice(to / 100, Math.floor(0.1 * to));
      expect(furthest(inside(made), inside(other))).toBeLessThan(0.01);
    },
  );

  test('what is beyond the new rate goes', () => {
    const high = Float32Array.from({ length: 4800 }, (_, i) =>
      Math.sin((2 * Math.PI * 14000 * i) / 48000),
    );
    const rest = resample(high, 48000, 16000).slice(100, -100);
    expect(Math.max(...rest.map(Math.abs))).toBeLessThan(0.02);
  });
});

describe('features', () => {
  test("Whisper's, by its configuration", () => {
    const input = tensorInput('input_features', 'float32', ['batch', 24, 100]);
    const settings = guessPreprocess([input], { preprocessor: whisper.config }).inputs
      .input_features;
    expect(settings).toMatchObject({
      kind: 'audio',
      features: 'log-mel',
      length: 16000,
      frames: 100,
      layout: 'FT',
    });
    const { dims, data } = soundToTensor(
      { rate: 16000, samples: chirp(16000, 0.3) },
      settings,
      input,
    );
    expect(dims).toEqual([1, ...whisper.dims]);
    expect(furthest(data, floatsOf(whisper.features))).toBeLessThan(1e-4);
  });

  test.each(fbank.map((each) => [each.window, each]))("Kaldi's, %s windows", (window, each) => {
    const { dims, data } = features(
      { rate: 16000, samples: noisy(chirp(16000, 0.3)) },
      {
        features: 'fbank',
        fftLength: 512,
        melBins: each.bins,
        lowFrequency: each.low,
        scale: each.scale,
        window: window === 'hanning' ? 'hann' : window,
      },
    );
    expect(dims).toEqual([1, each.frames, each.bins]);
    // Kaldi computes in 32 bits.
    expect(furthest(data, floatsOf(each.features))).toBeLessThan(0.01);
  });

  const sound = { rate: 16000, samples: Float32Array.of(1, 2, 3, 6) };

  test('the waveform: cut, filled up, scaled, standardised', () => {
    const values = (settings) => [...features(sound, settings, ['b', 's']).data];
    expect(values({ length: 2 })).toEqual([1, 2]);
    expect(values({ length: 6, scale: 2 })).toEqual([2, 4, 6, 12, 0, 0]);
    const standard = values({ normalize: true, length: 5 });
    [-2, -1, 0, 3].forEach((value, i) =>
      expect(standard[i]).toBeCloseTo(value / Math.sqrt(3.5), 5),
    );
    expect(standard[4]).toBe(0);
    expect(features(sound, {}, ['s']).dims).toEqual([4]);
    expect(features(sound, {}, [1, 1, 's']).dims).toEqual([1, 1, 4]);
  });

  test('frames that are missing are 0 before mean and deviation', () => {
    const { dims, data } = features(sound, {
      features: 'fbank',
      fftLength: 512,
      melBins: 4,
      frames: 3,
      mean: 1,
      std: 2,
      layout: 'FT',
    });
    expect(dims).toEqual([1, 4, 3]);
    expect([data[1], data[2], data[4]]).toEqual([-0.5, -0.5, -0.5]);
  });

  test('each band can be standardised', () => {
    const { data } = features(
      { rate: 16000, samples: chirp(16000) },
      { features: 'fbank', fftLength: 512, melBins: 2, normalize: true },
    );
    const band = data.filter((_, i) => i % 2 === 0);
    expect(band.reduce((a, b) => a + b) / band.length).toBeCloseTo(0, 4);
    expect(band.reduce((a, b) => a + b * b, 0) / band.length).toBeCloseTo(1, 3);
  });

  test.each([
    [
      { features: 'fbank', windowLength: 600, fftLength: 512 },
      "'windowLength' is 600, longer than 'fftLength', which is 512.",
    ],
    [
      { features: 'log-mel', highFrequency: 9000 },
      'Frequencies from 0 to 9000 Hz are not within 0 to 8000, half the sampling rate.',
    ],
  ])('%j is refused', (settings, message) => {
    expect(() => features(sound, settings)).toThrow(message);
  });

  test('an empty sound is refused', () => {
    expect(() => features({ rate: 16000, samples: new Float32Array() }, {})).toThrow(
      'The sound is empty. Leave it out.',
    );
  });
});

describe('files', () => {
  const [file] = wav['16 bits'];

  test('a sound, with the rate and the state that the model takes beside it', async () => {
    const inputs = [
      tensorInput('input', 'float32', ['batch', 'sequence']),
      tensorInput('sr', 'int64', []),
      tensorInput('state', 'float32', [2, 'batch', 3]),
    ];
    const sample = await only(readSamples([fileOf('a.WAV', file)], inputs));
    expect(sample.input.dims).toEqual([1, 12]);
    expect([sample.sr.dims, sample.sr.data]).toEqual([[], BigInt64Array.of(16000n)]);
    expect([sample.state.dims, sample.state.data]).toEqual([[2, 1, 3], new Float32Array(6)]);
  });

  test('a configuration among the files counts', async () => {
    const config = jsonFile('m/preprocessor_config.json', {
      feature_extractor_type: 'Wav2Vec2FeatureExtractor',
      sampling_rate: 8000,
      do_normalize: true,
    });
    const set = await readSamples(
      [config, fileOf('m/a.wav', file)],
      [tensorInput('x', 'float32', ['b', 's'])],
    );
    expect(set.preprocess.inputs.x).toMatchObject({
      kind: 'audio',
      samplingRate: 8000,
      normalize: true,
    });
    expect((await only(set)).x.dims).toEqual([1, 6]);
  });

  test('a sound is split into pieces of a length', async () => {
    const given = {
      inputs: { audio: { kind: 'audio', samplingRate: 8000, length: 2, split: true } },
    };
    const set = await readSamples([fileOf('a.wav', file)], [waveInput()], given);
    expect(set.names).toEqual(['a.wav:1', 'a.wav:2', 'a.wav:3']);
    const whole = readWav(bytesOf(file)).samples;
    const pieces = (await all(set)).map(({ audio }) => [...audio.data]);
    expect(pieces.flat()).toEqual([...whole]);
    given.inputs.audio.length = 4;
    expect((await readSamples([fileOf('a.wav', file)], [waveInput()], given)).length).toBe(1);
    given.inputs.audio.length = 9;
    expect(
      (await only(readSamples([fileOf('a.wav', file)], [waveInput()], given))).audio.dims,
    ).toEqual([1, 9]);
    delete given.inputs.audio.length;
    await expect(readSamples([fileOf('a.wav', file)], [waveInput()], given)).rejects.toThrow(
      "'a.wav': 'split' needs a 'length', that of a piece.",
    );
  });

  test('MP3 is for browsers', async () => {
    const files = [{ path: 'a.mp3', bytes: async () => new Uint8Array(9) }];
    await expect(only(readSamples(files, [waveInput()]))).rejects.toMatchObject({
      code: 'Unsupported',
      message:
        "'a.mp3': Sounds other than WAV and FLAC can be read in browsers only. Convert it to WAV or FLAC.",
    });
  });
});

describe('guesses', () => {
  const guess = (name, shape, hints) =>
    guessPreprocess([tensorInput(name, 'float32', shape)], hints).inputs[name];
  const heard = { kinds: new Set(['audio']) };

  test('from names and shapes', () => {
    expect(guess('waveform', [1, 16000])).toMatchObject({ features: 'waveform', length: 16000 });
    expect(guess('input_features', [1, 80, 3000])).toMatchObject({
      features: 'log-mel',
      melBins: 80,
      frames: 3000,
      length: 480000,
      layout: 'FT',
    });
    expect(guess('fbank', ['n', 't', 40])).toMatchObject({
      features: 'fbank',
      melBins: 40,
      layout: 'TF',
      window: 'povey',
      frames: undefined,
    });
    expect(guess('x', [1, 16000])).toEqual({ kind: 'tensor' });
    expect(guess('x', [1, 16000], heard)).toMatchObject({ kind: 'audio', length: 16000 });
  });

  test("from AST's configuration", () => {
    const preprocessor = {
      feature_extractor_type: 'ASTFeatureExtractor',
      sampling_rate: 16000,
      num_mel_bins: 128,
      max_length: 1024,
      mean: -4.25,
      std: 4.5,
    };
    expect(guess('input_values', ['b', 1024, 128], { preprocessor })).toMatchObject({
      features: 'fbank',
      melBins: 128,
      frames: 1024,
      fftLength: 512,
      windowLength: 400,
      hopLength: 160,
      window: 'hann',
      scale: 1,
      mean: -4.25,
      std: 9,
    });
  });

  test('16-bit waveforms', () => {
    const input = tensorInput('x', 'int16', ['b', 's']);
    const { x } = completePreprocess({ inputs: { x: { kind: 'audio' } } }, [input]).inputs;
    expect(x).toMatchObject({ scale: 32768 });
    const loud = soundToTensor({ rate: 16000, samples: Float32Array.of(0.5, 1) }, x, input);
    expect([...loud.data]).toEqual([16384, 32767]);
  });
});
