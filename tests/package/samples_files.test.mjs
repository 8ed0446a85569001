// Any mix of files to samples: tables, JSON, archives, arrays, what belongs together, what is said of it.
import { describe, expect, test } from '@jest/globals';
import { parsePreprocess, readSamples, writeNpy } from 'quantab/samples';
import { zipOf } from '../app/zip.mjs';
import {
  all,
  bytesOf,
  fileOf,
  fixture,
  jsonFile,
  only,
  tensorInput,
  textFile,
} from './samples_lib.mjs';

const vector = tensorInput('x', 'float32', ['batch', 3]);
const pair = [tensorInput('a', 'float32', ['batch', 2]), tensorInput('n', 'int64', ['batch'])];
const values = ({ dims, data }) => [dims, [...data].map(Number)];
const read = (...files) => all(readSamples(files, [vector]));
const png = fixture('pictures').files.png.file;
const [sound] = fixture('sounds').wav['16 bits'];

describe('tables', () => {
  test('the columns of a row are the only input', async () => {
    const samples = await read(textFile('t.csv', 'p,q,r\n1,2.5,-3\n4,5e1,6\n'));
    expect(samples.map(({ x }) => values(x))).toEqual([
      [
        [1, 3],
        [1, 2.5, -3],
      ],
      [
        [1, 3],
        [4, 50, 6],
      ],
    ]);
  });

  test.each([
    ['semicolons and no names', '1;2;3\n4;5;6'],
    ['tabs', 'a\tb\tc\r\n1\t2\t3\r\n4\t5\t6\r\n'],
    ['quotations and empty lines', '"a","b, ""c""",d\n\n"1","2","3"\n4,5,6\n\n'],
    ['a mark of the byte order', '\uFEFF1,2,3\n4,5,6'],
  ])('%s', async (_, text) => {
    const samples = await read(textFile('t.csv', text));
    expect(samples.map(({ x }) => [...x.data])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test('columns are chosen by their names', async () => {
    const given = { inputs: { x: { kind: 'tensor', columns: ['c', 'a', 'b'] } } };
    const files = [textFile('t.csv', 'a,b,c,label\n1,2,3,cat\n')];
    expect(values((await only(readSamples(files, [vector], given))).x)).toEqual([
      [1, 3],
      [3, 1, 2],
    ]);
    const missing = { inputs: { x: { kind: 'tensor', columns: ['d'] } } };
    await expect(all(readSamples(files, [vector], missing))).rejects.toThrow(
      "'t.csv': There is no column 'd' for input 'x'. Correct its 'columns'.",
    );
  });

  test.each(['a[0],a[1],n', 'a_0,a_1,n', 'n,a.0,a.1'])('%s are for two inputs', async (head) => {
    const row = head.startsWith('n') ? '7,1,2' : '1,2,7';
    const sample = await only(readSamples([textFile('t.csv', `${head}\n${row}\n`)], pair));
    expect([values(sample.a), values(sample.n)]).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [[1], [7]],
    ]);
  });

  test.each([
    [
      'a row that is too short',
      '1,2,3\n4,5\n',
      "'t.csv': Row 2 of the table has 2 cells, expected 3. Correct the row.",
    ],
    [
      'an open quotation',
      'a,b,c\n"1,2,3\n',
      "'t.csv': A quotation in the table does not end. Save it again as CSV.",
    ],
    [
      'a word among numbers',
      'a,b,c\n1,2,none\n',
      `'t.csv': The value for input 'x' holds "none", expected numbers.`,
    ],
  ])('%s is refused', async (_, text, message) => {
    await expect(read(textFile('t.csv', text))).rejects.toMatchObject({
      code: 'InvalidArgument',
      message,
      where: { file: 't.csv' },
    });
  });
});

describe('JSON', () => {
  test.each([
    ['an object', { x: [1, 2, 3] }, 1],
    ['a list of objects', [{ x: [1, 2, 3] }, { x: [[1, 2, 3]] }], 2],
    ['one value', [1, 2, 3], 1],
    ['a batch', [[1, 2, 3]], 1],
    ['a list of batches', [[[1, 2, 3]], [[1, 2, 3]]], 2],
  ])('%s', async (_, value, count) => {
    const samples = await read(jsonFile('s.json', value));
    expect(samples.map(({ x }) => values(x))).toEqual(
      Array(count).fill([
        [1, 3],
        [1, 2, 3],
      ]),
    );
  });

  test('by lines, numbers and truth values of any type', async () => {
    const inputs = [
      tensorInput('f', 'float16', [2]),
      tensorInput('b', 'bool', []),
      tensorInput('u', 'uint64', [1]),
    ];
    const sample = await only(
      readSamples([textFile('s.jsonl', '{"f": [1, -0.1], "b": true, "u": 5}\n')], inputs),
    );
    expect([...sample.f.data]).toEqual([0x3c00, 0xae66]);
    expect(sample.b).toMatchObject({ dims: [], data: Uint8Array.of(1) });
    expect(sample.u).toMatchObject({ dims: [1], data: BigUint64Array.of(5n) });
  });

  test.each([
    [
      'uneven lists',
      { a: [[1, 2], [3]], n: 1 },
      'The lists in it have different lengths. Make them alike.',
    ],
    [
      'a fraction for an integer',
      { a: [1, 2], n: 1.5 },
      "The value for input 'n' holds 1.5, expected whole numbers of type int64. Correct the value or the column.",
    ],
    [
      'nothing for an input',
      { a: [1, 2] },
      "'s.json' gives nothing for input 'n'. Set its 'value' in the preprocessing, or give .npz files.",
    ],
  ])('%s is refused', async (_, value, message) => {
    await expect(all(readSamples([jsonFile('s.json', value)], pair))).rejects.toThrow(message);
  });

  test('files of a model repository are no samples', async () => {
    const files = ['config.json', 'm/vocab.json', 'm/generation_config.json'].map((path) =>
      jsonFile(path, [1, 2, 3]),
    );
    await expect(read(...files)).rejects.toThrow(
      "There are no files for the model's inputs. The inputs are taken as 'x': tensor; the preprocessing can say otherwise.",
    );
  });
});

describe('archives', () => {
  const npy = writeNpy({ dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, 2, 3) });

  test('what is in a zip file, deflated or stored, in order with the rest', async () => {
    const zip = zipOf(
      { 'd/': '', 'd/s10.npy': npy, 'd/s9.csv': '1,2,3', '__MACOSX/s1.csv': 'x', 'd/.s2.csv': 'x' },
      { deflate: true },
    );
    const files = [
      { path: 'b.zip', bytes: async () => zip },
      { path: 'a.npy', bytes: async () => npy },
    ];
    const set = await readSamples(files, [vector]);
    expect(set.names).toEqual(['a.npy', 'b.zip/d/s9.csv', 'b.zip/d/s10.npy']);
    expect((await all(set)).map(({ x }) => values(x))).toEqual(
      Array(3).fill([
        [1, 3],
        [1, 2, 3],
      ]),
    );
  });

  test("ONNX's folders in one", async () => {
    const pb = bytesOf(fixture('pb')['raw float32'].file);
    const zip = zipOf({ 'm/test_data_set_0/input_0.pb': pb, 'm/test_data_set_0/output_0.pb': pb });
    const inputs = [tensorInput('x', 'float32', [2, 3])];
    const set = await readSamples([{ path: 'm.zip', bytes: async () => zip }], inputs);
    expect(set.names).toEqual(['m.zip/m/test_data_set_0']);
    expect((await only(set)).x.dims).toEqual([2, 3]);
  });

  test('a damaged one is named', async () => {
    await expect(read(textFile('b.zip', 'no archive'))).rejects.toMatchObject({
      message: "'b.zip': This is not a .zip file. Make it again, or give the files themselves.",
      where: { file: 'b.zip' },
    });
  });
});

describe('what belongs together', () => {
  const inputs = [
    tensorInput('pixels', 'float32', [1, 3, 4, 4]),
    tensorInput('audio', 'float32', ['n', 's']),
  ];

  test('files of one name make a sample', async () => {
    const set = await readSamples(
      [fileOf('1.png', png), fileOf('2.png', png), fileOf('2.wav', sound), fileOf('1.wav', sound)],
      inputs,
    );
    expect(set.names).toEqual(['1.png', '2.png']);
    for (const sample of await all(set)) {
      expect([sample.pixels.dims, sample.audio.dims]).toEqual([
        [1, 3, 4, 4],
        [1, 12],
      ]);
    }
  });

  test('one alone is refused, and what is not alike', async () => {
    await expect(all(readSamples([fileOf('1.png', png)], inputs))).rejects.toThrow(
      "'1.png' gives nothing for input 'audio'.",
    );
    const rows = [pair[0], tensorInput('pixels', 'float32', [1, 3, 4, 4])];
    const files = [fileOf('1.png', png), textFile('1.csv', 'a_0,a_1\n1,2\n3,4\n')];
    await expect(readSamples(files, rows)).rejects.toThrow(
      "'1.csv' holds 2 and '1.png' 1 samples, but they belong together. Leave one of them out.",
    );
  });

  test('a value stands in for a file', async () => {
    const given = { inputs: { audio: { kind: 'tensor', value: 2 } } };
    const sample = await only(
      readSamples([fileOf('1.png', png), fileOf('1.wav', sound)], inputs, given),
    );
    expect(values(sample.audio)).toEqual([[1, 1], [2]]);
  });

  test('values of their own leave an array to the other input', async () => {
    const given = { inputs: { n: { kind: 'tensor', value: [3] } } };
    const npy = writeNpy({ dtype: 'float32', dims: [1, 2], data: Float32Array.of(1, 2) });
    const files = [{ path: '1.npy', bytes: async () => npy }];
    const sample = await only(readSamples(files, pair, given));
    expect([values(sample.a), values(sample.n)]).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [[1], [3]],
    ]);
  });

  test('what no input takes is named when nothing else is there', async () => {
    await expect(read(fileOf('1.png', png), fileOf('2.png', png))).rejects.toThrow(
      "There are no files for the model's inputs, but such as '1.png'. The inputs are taken as 'x': tensor",
    );
  });
});

describe('settings', () => {
  test('those of JSON are taken as they are', () => {
    const value = {
      inputs: {
        x: { kind: 'image', width: 8 },
        y: { kind: 'text', truncation: true },
        z: { kind: 'audio', std: 2 },
      },
    };
    expect(parsePreprocess(value)).toEqual(value);
  });

  test.each([
    [[], `Expected an object {"inputs": {NAME: {"kind": "image", ...}, ...}}.`],
    [
      { inputs: {}, more: 1 },
      `Expected an object {"inputs": {NAME: {"kind": "image", ...}, ...}}.`,
    ],
    [
      { inputs: { x: 3 } },
      `The settings of input 'x' are no object. Write {"kind": "image"}, for instance.`,
    ],
    [
      { inputs: { x: { kind: 'video' } } },
      "The settings of input 'x' have the kind 'video', expected one of 'image', 'audio', 'text', 'tensor'.",
    ],
    [
      { inputs: { x: { kind: 'tensor', toString: 1 } } },
      "The settings of input 'x' have 'toString', which is none of kind 'tensor': 'value', 'columns'.",
    ],
    [
      { inputs: { x: { kind: 'image', width: 0 } } },
      "The settings of input 'x': 'width' is 0, expected a whole number from 1 to 16384.",
    ],
    [
      { inputs: { x: { kind: 'image', mean: [] } } },
      "The settings of input 'x': 'mean' is [], expected a list of numbers.",
    ],
    [
      { inputs: { x: { kind: 'image', fit: 'best' } } },
      "The settings of input 'x': 'fit' is \"best\", expected one of 'stretch', 'cover', 'contain', 'crop'.",
    ],
    [
      { inputs: { x: { kind: 'audio', std: 0 } } },
      "The settings of input 'x': 'std' is 0, expected a number other than 0.",
    ],
    [
      { inputs: { x: { kind: 'text', truncation: 1 } } },
      "The settings of input 'x': 'truncation' is 1, expected true or false.",
    ],
  ])('%j is refused', (value, message) => {
    expect(() => parsePreprocess(value, 'p.json')).toThrow(`'p.json': ${message}`);
  });
});

describe('warnings', () => {
  const image = tensorInput('x', 'float32', [1, 3, 2, 2]);
  const sample = (x) => jsonFile(`${sample.count++}.json`, { x });
  sample.count = 0;
  const pixels = (value) => [0, 1, 2].map((c) => [0, 1].map((y) => [value + c, value + y]));

  async function warningsFor(files, inputs, given) {
    const heard = [];
    const set = await readSamples(files, inputs, given, { onWarning: (text) => heard.push(text) });
    await all(set);
    await all(set);
    return heard;
  }

  const ten = (make) => Array.from({ length: 10 }, (_, i) => sample(make(i)));

  test('none for what is usual, and each only once', async () => {
    expect(
      await warningsFor(
        ten((i) => [i, 1, 0.5]),
        [vector],
      ),
    ).toEqual([]);
    expect(await warningsFor([sample([1, 2, 3])], [vector])).toEqual([
      'There is 1 sample only. Values of real inputs beyond what these reach are clipped; some tens of typical ones are usual.',
    ]);
  });

  test('samples that are alike', async () => {
    expect(
      await warningsFor(
        ten(() => [1, 2, 3]),
        [vector],
      ),
    ).toEqual([
      'All 10 samples are alike. They say as much as one: ranges measured on them miss the values of other inputs, which are then clipped.',
    ]);
  });

  test('values that are all the same, or no numbers', async () => {
    expect(
      (
        await warningsFor(
          ten(() => [0, 0, 0]),
          [vector],
        )
      ).at(-1),
    ).toBe(
      "All values of input 'x' are 0. A range measured on them has no width. Are these the right files?",
    );
    const npy = writeNpy({ dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, NaN, 2) });
    const files = [...ten((i) => [i, 0, 1]), { path: 'a.npy', bytes: async () => npy }];
    expect(await warningsFor(files, [vector])).toEqual([
      "Samples of input 'x' hold infinite values or such that are no numbers: no range can be measured on them.",
    ]);
  });

  test('pixels that were not scaled, or not as mean and deviation are', async () => {
    const plain = { inputs: { x: { kind: 'tensor' } } };
    expect(
      await warningsFor(
        ten((i) => pixels(20 * i)),
        [image],
        plain,
      ),
    ).toEqual([
      expect.stringMatching(
        /^Values of input 'x' are whole numbers from 0 to 182, like pixels that were not scaled/,
      ),
    ]);
    const pictures = Array.from({ length: 10 }, (_, i) => fileOf(`${i}.png`, png));
    const mixed = { inputs: { x: { kind: 'image', mean: [123, 117, 104] } } };
    expect(await warningsFor(pictures, [image], mixed)).toEqual([
      expect.stringMatching(/^All 10 samples are alike/),
      expect.stringMatching(
        /^Values of input 'x' are from -5\d\d\.\d to -4\d\d\.?\d*, more than normalised pixels are. Look at 'scale'/,
      ),
    ]);
  });

  test('a waveform that is too loud', async () => {
    const given = { inputs: { a: { kind: 'audio', scale: 100 } } };
    const wave = tensorInput('a', 'float32', ['n', 's']);
    const sounds = [fileOf('1.wav', sound)];
    const few = [expect.stringMatching(/^There is 1 sample only/)];
    expect(await warningsFor(sounds, [wave], given)).toEqual(few);
    const ready = writeNpy({ dtype: 'float32', dims: [1, 2], data: Float32Array.of(0, 20000) });
    expect(
      await warningsFor([...sounds, { path: '2.npy', bytes: async () => ready }], [wave]),
    ).toEqual([
      "Values of input 'a' are from -0.9721 to 20000, beyond a waveform of -1 to 1. Look at 'scale'.",
      expect.stringMatching(/^There are 2 samples only/),
    ]);
  });
});
