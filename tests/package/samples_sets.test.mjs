// Sets of samples: what is in them, one by one; files that came at different times; files that cannot be opened.
import { describe, expect, test } from '@jest/globals';
import {
  decodeSound,
  isConfigFile,
  isSampleFile,
  readSamples,
  SampleChecks,
  Tokenizers,
  unpackSamples,
  writeNpy,
} from 'quantab/samples';
import { zipOf } from '../app/zip.mjs';
import { bytesOf, fileOf, fixture, jsonFile, tensorInput, textFile } from './samples_lib.mjs';

const vector = tensorInput('x', 'float32', ['batch', 3]);
const wave = tensorInput('audio', 'float32', ['batch', 'samples']);
const npy = (...values) =>
  writeNpy({ dtype: 'float32', dims: [1, values.length], data: Float32Array.from(values) });
const [sound] = fixture('sounds').wav['16 bits'];
const numbers = ({ data }) => [...data].map(Number);

describe('the samples of a set', () => {
  test('are read one by one, and name their files', async () => {
    const table = textFile('a.csv', '1,2,3\n4,5,6\n');
    const array = { path: 'b.npy', bytes: async () => npy(7, 8, 9) };
    const set = await readSamples([array, table], [vector]);
    expect(set.samples.map(({ name, files }) => [name, files])).toEqual([
      ['a.csv:1', [table]],
      ['a.csv:2', [table]],
      ['b.npy', [array]],
    ]);
    expect(numbers((await set.samples[2].read()).x)).toEqual([7, 8, 9]);
    expect(numbers((await set.samples[1].read()).x)).toEqual([4, 5, 6]);
  });

  test('what no input takes is named', async () => {
    const text = textFile('notes.txt', 'hello');
    const config = jsonFile('config.json', {});
    const set = await readSamples([text, config, textFile('a.csv', '1,2,3\n')], [vector]);
    expect(set.unused).toEqual([text]);
  });
});

describe('batches', () => {
  const inputs = [tensorInput('a', 'float32', [1, 1]), tensorInput('b', 'float32', [1, 1])];
  const numbered = (batch) => {
    const pb = bytesOf(fixture('pb')['raw float32'].file);
    return { path: 'input_0.pb', bytes: async () => pb, batch };
  };

  test('files of one path are samples each', async () => {
    const row = (batch, ...values) => ({ path: 'x.npy', bytes: async () => npy(...values), batch });
    const set = await readSamples([row(1, 4, 5, 6), row(0, 1, 2, 3)], [vector]);
    expect(set.names).toEqual(['x.npy', 'x.npy']);
    const samples = [];
    for await (const { x } of set) samples.push(numbers(x));
    expect(samples).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
  });

  test('numbered files of different batches are no parts of one sample', async () => {
    const x = tensorInput('x', 'float32', [2, 3]);
    expect((await readSamples([numbered(0), numbered(1)], [x])).length).toBe(2);
    const both = await readSamples([numbered(0), numbered(0)], [x]);
    await expect(both.samples[0].read()).rejects.toThrow("are both for input 'x'");
  });

  test('files of one name belong together in their batch only', async () => {
    const given = {
      inputs: { a: { kind: 'audio', samplingRate: 8000 }, b: { kind: 'tensor', columns: ['b'] } },
    };
    const files = [
      { ...fileOf('1.wav', sound), batch: 0 },
      { ...textFile('1.csv', 'b\n1\n'), batch: 1 },
    ];
    expect((await readSamples(files, inputs, given)).length).toBe(2);
    files[1].batch = 0;
    expect((await readSamples(files, inputs, given)).length).toBe(1);
  });

  test("members of an archive have the archive's", async () => {
    const zip = zipOf({ 'a.csv': '1,2,3', 'd/b.npy': npy(1, 2, 3) });
    let reads = 0;
    const file = { path: 'z.zip', bytes: async () => (reads++, zip), batch: 7 };
    const other = textFile('c.csv', '1,2,3');
    const files = await unpackSamples([file, other]);
    expect(files.map(({ path, batch }) => [path, batch])).toEqual([
      ['z.zip/a.csv', 7],
      ['z.zip/d/b.npy', 7],
      ['c.csv', undefined],
    ]);
    expect(new TextDecoder().decode(await files[0].bytes())).toBe('1,2,3');
    expect(reads).toBeGreaterThan(0);
  });
});

describe('files that cannot be opened', () => {
  const bad = textFile('bad.json', '{');
  const good = textFile('good.csv', '1,2,3\n');

  test('are left out where somebody hears of them', async () => {
    const heard = [];
    const set = await readSamples([bad, good], [vector], undefined, {
      onError: ({ message }, files) => heard.push([message, files]),
    });
    expect(set.names).toEqual(['good.csv']);
    expect(heard).toEqual([["'bad.json': This is no JSON. Save it again.", [bad]]]);
    await expect(readSamples([bad, good], [vector])).rejects.toThrow("'bad.json'");
  });

  test('may be configurations too', async () => {
    const broken = textFile('preprocessor_config.json', '[]');
    const heard = [];
    await readSamples([broken, good], [vector], undefined, {
      onError: (_, files) => heard.push(...files),
    });
    expect(heard).toEqual([broken]);
  });

  test('then no samples are no failure', async () => {
    const set = await readSamples([], [wave], undefined, { onError: () => {} });
    expect([set.length, set.preprocess.inputs.audio.kind]).toEqual([0, 'audio']);
  });

  test('settings that do not fit are one all the same', async () => {
    const given = { inputs: { x: { kind: 'text' } } };
    await expect(readSamples([good], [vector], given, { onError: () => {} })).rejects.toThrow(
      "cannot be of kind 'text'",
    );
  });
});

test.each([
  ['a.npz', true, false],
  ['d/A.PNG', true, false],
  ['a.zip', true, false],
  ['a.flac', true, false],
  ['m/tokenizer.json', true, true],
  ['model.onnx', false, false],
  ['model.onnx_data', false, false],
])('%s: whether it is of use, and a configuration', (path, isSample, isConfig) => {
  expect([isSampleFile(path), isConfigFile(path)]).toEqual([isSample, isConfig]);
});

test('the first of many samples are called so in warnings', () => {
  const checks = new SampleChecks([vector], { inputs: { x: { kind: 'tensor' } } });
  const x = { dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, 2, 3) };
  for (let i = 0; i < 5; ++i) checks.add({ x });
  expect(checks.warnings(40)).toEqual([expect.stringMatching(/^The first 5 samples are alike\./)]);
  expect(checks.warnings()).toEqual([
    expect.stringMatching(/^All 5 samples are alike\./),
    expect.stringMatching(/^There are 5 samples only\./),
  ]);
});

test('tokens are shown as pieces of text', async () => {
  const { tokenizer, texts } = fixture('tokens').WordPiece;
  const tokenizers = new Tokenizers([jsonFile('tokenizer.json', tokenizer)]);
  const settings = (
    await readSamples([], [tensorInput('input_ids', 'int64', ['b', 's'])], undefined, {
      onError: () => {},
    })
  ).preprocess.inputs.input_ids;
  const { input_ids: ids } = await tokenizers.tokens(texts[0][0], undefined, settings);
  const pieces = await tokenizers.pieces([...ids, 10 ** 6], settings);
  expect([pieces[0], pieces.at(-2), pieces.at(-1)]).toEqual(['[CLS]', '[SEP]', '']);
  const text = pieces.slice(1, -2).join(' ').replaceAll(' ##', '');
  expect(text.replaceAll(' ', '')).toBe(texts[0][0].toLowerCase().replaceAll(' ', ''));
});

test('a sound is decoded by what is in its file', async () => {
  const { rate, samples } = await decodeSound(bytesOf(sound));
  expect([rate, samples.length]).toEqual([8000, 6]);
});

describe('features other than were guessed', () => {
  const settings = async (input, given) =>
    (
      await readSamples([], [input], given && { inputs: { [input.name]: given } }, {
        onError: () => {},
      })
    ).preprocess.inputs[input.name];

  test('have their own usual settings', async () => {
    const kaldi = await settings(wave, { kind: 'audio', features: 'fbank' });
    expect(kaldi).toMatchObject({
      window: 'povey',
      scale: 32768,
      fftLength: 512,
      lowFrequency: 20,
    });
    expect(await settings(wave, { kind: 'audio', features: 'log-mel' })).toMatchObject({
      window: 'hann',
      scale: 1,
      fftLength: 400,
    });
  });

  test('keep the shape that the input has', async () => {
    const input = tensorInput('input_features', 'float32', ['b', 64, 100]);
    expect(await settings(input)).toMatchObject({ features: 'log-mel', layout: 'FT' });
    expect(await settings(input, { kind: 'audio', features: 'fbank' })).toMatchObject({
      features: 'fbank',
      melBins: 64,
      frames: 100,
      layout: 'FT',
    });
  });
});

test.each([
  [[1, 3], undefined],
  [[5, 3], undefined],
  [[3], '[3]'],
  [[1, 4], '[1,4]'],
])('samples of shape %j, and whether that is said to be wrong', (dims, said) => {
  const checks = new SampleChecks([vector], { inputs: { x: { kind: 'tensor' } } });
  const count = dims.reduce((a, b) => a * b);
  for (let i = 0; i < 10; ++i) {
    checks.add({
      x: { dtype: 'float32', dims, data: Float32Array.from({ length: count }, (_, j) => i + j) },
    });
  }
  expect(checks.warnings()).toEqual(
    said === undefined
      ? []
      : [
          `Samples of input 'x' have the shape ${said}, but the model takes [batch,3]. It cannot run on them.`,
        ],
  );
});
