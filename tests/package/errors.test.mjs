// Bad input of every kind: one clear error each, and the next call works.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { openModel } from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import { cliScript, digitSamples, digitsPath, inTemporaryFolder, modelPath, run } from './lib.mjs';
import { externalTensor, input, model, node, output, tensor } from './proto.mjs';

const entries = [
  ['in a worker', openModel],
  ['directly', direct.openModel],
];
const digits = fs.readFileSync(digitsPath);
const floats = (count) => Buffer.alloc(4 * count, 1);

/** Reproducible noise. */
function noise(length) {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => ((state = (state * 48271) % 2147483647), state & 255)),
  );
}

const safetensors = () => {
  const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, floats(1)]);
};

const relu = [node('Relu', ['x'], ['y'])];
const ends = [input('x', [2, 2]), output('y', [2, 2])];
const withWeight = (weight) => model(node('MatMul', ['x', 'w'], ['y']), weight, ...ends);

describe('bytes that are no model', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'InvalidModel', /^'bad\.onnx' is empty/],
    ['random bytes', noise(5000), 'InvalidModel', /^'bad\.onnx' /],
    ['text', Buffer.from('I am a model, honestly.'), 'InvalidModel', /^'bad\.onnx' is a text file/],
    [
      'a TensorFlow Lite file',
      Buffer.concat([Buffer.from([28, 0, 0, 0]), Buffer.from('TFL3'), noise(500)]),
      'InvalidModel',
      /^'bad\.onnx' is a TensorFlow Lite file\. Convert/,
    ],
    [
      'a PyTorch file',
      Buffer.concat([
        Buffer.from('PK\x03\x04'),
        noise(26),
        Buffer.from('archive/data.pkl'),
        noise(500),
      ]),
      'InvalidModel',
      /^'bad\.onnx' is a PyTorch file\. Export/,
    ],
    ['a pickle', Buffer.from('\x80\x02}q\x00(X', 'latin1'), 'InvalidModel', /Python pickle/],
    ['a safetensors file', safetensors(), 'InvalidModel', /^'bad\.onnx' is a safetensors file/],
    ['a gzipped model', zlib.gzipSync(digits), 'InvalidModel', /^'bad\.onnx' is a gzip archive/],
    ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), 'InvalidModel', /is a web page/],
    ['a model cut in half', digits.subarray(0, digits.length / 2), 'InvalidModel', /^'bad\.onnx' /],
    ['a model cut by a byte', digits.subarray(0, -1), 'InvalidModel', /^'bad\.onnx' /],
    [
      'a tensor with fewer bytes than its dims say',
      withWeight(tensor('w', [2, 2], floats(3))),
      'InvalidModel',
      /'w'/,
    ],
    [
      'a tensor whose dims overflow',
      withWeight(tensor('w', [2n ** 62n, 2n ** 62n], floats(1))),
      'InvalidModel',
      /'w'/,
    ],
    ['a negative dimension', withWeight(tensor('w', [-1, 2], floats(2))), 'InvalidModel', /'w'/],
    [
      'a cycle',
      model(
        node('Add', ['x', 'b'], ['a'], 'one'),
        node('Relu', ['a'], ['b'], 'two'),
        node('Relu', ['b'], ['y']),
        ...ends,
      ),
      'InvalidModel',
      /cycle/i,
    ],
    [
      'an input that nothing makes',
      model(node('Relu', ['nowhere'], ['y']), ...ends),
      'InvalidModel',
      /'nowhere'/,
    ],
    [
      'external data that is not there',
      withWeight(externalTensor('w', [2, 2], { location: 'weights.bin' })),
      'InvalidModel',
      /'weights\.bin'/,
    ],
    ...['/etc/hostname', '../up.bin', 'a/../../up.bin', 'C:\\up.bin'].map((location) => [
      `external data at ${location}`,
      withWeight(externalTensor('w', [2, 2], { location })),
      'InvalidModel',
      /'w'|location/,
    ]),
  ])('%s', async (_, bytes, code, message) => {
    await expect(openModel(new File([bytes], 'bad.onnx'))).rejects.toMatchObject({
      name: 'QuantabError',
      code,
      message: expect.stringMatching(message),
    });
    // Nothing of it is left in the way of the next.
    const good = await keep(openModel(model(...relu, ...ends)));
    expect(good.info.nodes).toHaveLength(1);
  });

  test('external data that is too short, or whose range lies outside', async () => {
    const bytes = withWeight(
      externalTensor('w', [2, 2], { location: 'w.bin', offset: '8', length: '16' }),
    );
    await expect(openModel(bytes, { externalData: { 'w.bin': floats(5) } })).rejects.toMatchObject({
      code: 'InvalidModel',
      message: expect.stringMatching(/'w\.bin'/),
    });
    const good = await keep(openModel(bytes, { externalData: { 'w.bin': floats(6) } }));
    expect(good.info.weightBytes).toBe(16);
  });

  test('a link that leads out of the folder is not followed', async () => {
    await inTemporaryFolder(async (folder) => {
      const inside = path.join(folder, 'inside');
      fs.mkdirSync(inside);
      fs.writeFileSync(path.join(folder, 'secret.bin'), floats(4));
      fs.symlinkSync('../secret.bin', path.join(inside, 'w.bin'));
      const file = path.join(inside, 'm.onnx');
      fs.writeFileSync(file, withWeight(externalTensor('w', [2, 2], { location: 'w.bin' })));
      await expect(openModel(file)).rejects.toMatchObject({
        code: 'Io',
        message: expect.stringMatching(/'w\.bin' lies outside the model's folder/),
      });
      // A link that stays inside is as good as a file.
      fs.rmSync(path.join(inside, 'w.bin'));
      fs.writeFileSync(path.join(inside, 'real.bin'), floats(4));
      fs.symlinkSync('real.bin', path.join(inside, 'w.bin'));
      const good = await keep(openModel(file));
      expect(good.info.weightBytes).toBe(16);
    });
  });

  test.each([
    ['no file', '/no/such/model.onnx', /No such file or directory\. Check the path/],
    ['a folder', '/', /'\/' is a folder\. Give a file/],
  ])('%s', async (_, file, message) => {
    await expect(openModel(file)).rejects.toMatchObject({
      code: 'Io',
      message: expect.stringMatching(message),
      where: { file },
    });
  });

  test('a file that shrinks while it is open', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'm.onnx');
      fs.copyFileSync(digitsPath, file);
      const opened = await keep(openModel(file));
      fs.truncateSync(file, 1000);
      await expect(opened.bytes()).rejects.toMatchObject({
        code: 'Io',
        message: expect.stringMatching(/became shorter while it was read/),
      });
    });
  });
});

describe('options and samples that do not fit', () => {
  const [{ image }] = digitSamples(1);

  test.each([
    ['an excluded name that is not there', { nodesToExclude: ['no_such_node'] }, /'no_such_node'/],
    ['an unknown operator', { opTypesToQuantize: ['Frobnicate'] }, /'Frobnicate'/],
    ['an unknown option', { wieghtType: 'QInt8' }, /'wieghtType'.*'weightType'/],
    ['an unknown choice', { weightType: 'Int9' }, /'weightType'.*Int9.*'QInt8', 'QUInt8'/],
    ['a value of another type', { perChannel: 'yes' }, /'perChannel'.*true or false/],
    ['an unknown extra option', { extraOptions: { Foo: 1 } }, /'Foo'/],
  ])('dynamic: %s', async (_, options, message) => {
    const opened = await keep(openModel(digitsPath));
    await expect(opened.quantizeDynamic(options)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['a number', 5],
    ['null', null],
    ['text', 'QInt8'],
    ['a function', () => {}],
    ['a signal that is none', { signal: 5 }],
    ['a callback that is none', { onProgress: true }],
    ['a number too large for JSON', { perChannel: 10n }],
    ['a function for a value', { weightType: () => 'QInt8' }],
    ['a symbol for a value', { weightType: Symbol('QInt8') }],
    [
      'a circle',
      (() => {
        const circle = {};
        circle.extraOptions = circle;
        return circle;
      })(),
    ],
  ])('options that are none: %s', async (_, options) => {
    const expected = { name: 'QuantabError', code: 'InvalidArgument' };
    for (const [, open] of entries) {
      const opened = await keep(open(digitsPath));
      await expect(opened.quantizeDynamic(options)).rejects.toMatchObject(expected);
      await expect(
        opened.quantizeStatic(
          typeof options === 'object' && options !== null
            ? { ...options, calibrationData: [{ image }] }
            : options,
        ),
      ).rejects.toMatchObject(expected);
      expect(Object.keys(await opened.run({ image }))).toEqual(['logits']);
    }
  });

  test('options that are none, for calls that have few', async () => {
    const expected = { name: 'QuantabError', code: 'InvalidArgument' };
    const opened = await keep(openModel(digitsPath));
    for (const call of [
      () => openModel(digitsPath, 5),
      () => openModel(digitsPath, null),
      () => opened.quantizeStatic(),
      () => opened.run({ image }, null),
      () => opened.compare(opened, [{ image }], 5),
      () => opened.compare(null, [{ image }]),
      () => opened.compare({}, [{ image }]),
      () => opened.compare(opened, 5),
      () => opened.compare(opened, undefined),
      () => opened.benchmark(5),
      () => opened.benchmark({ runs: 2 ** 31 }),
      () => opened.bytes(null),
      () => opened.blob(5),
      async () => opened.stream(5),
      () => opened.writeTo('never.onnx', 5),
      () => opened.randomSample(-1),
      () => opened.randomSample('x'),
      () => opened.memory(5),
    ]) {
      await expect(call()).rejects.toMatchObject(expected);
    }
  });

  const samples = [
    ['a wrong name', { picture: image }, /'picture'.*'image'/],
    ['no inputs', {}, /'image'/],
    [
      'a wrong type',
      { image: { ...image, dtype: 'float64', data: new Float64Array(64) } },
      /'image'.*float64.*float32/,
    ],
    [
      'a wrong shape',
      { image: { ...image, dims: [1, 1, 4, 16] } },
      /'image'.*\[1,1,4,16\].*\[batch,1,8,8\]/,
    ],
    ['a wrong rank', { image: { ...image, dims: [64] } }, /'image'.*\[64\]/],
    [
      'dims that disagree with the data',
      { image: { ...image, dims: [2, 1, 8, 8] } },
      /'image'.*256 bytes.*512/,
    ],
    [
      'data of another array type',
      { image: { ...image, data: [...image.data] } },
      /'image'.*Float32Array/,
    ],
    ['an unknown dtype', { image: { ...image, dtype: 'float33' } }, /'image'.*float33/],
    ['no tensor', { image: 5 }, /'image'.*tensor/],
    [
      'strings that are none',
      { image: { dtype: 'string', dims: [1], data: [5] } },
      /'image'.*array of strings/,
    ],
    ['null', null, /sample must be an object/],
  ];
  test.each(samples)('static: a sample with %s', async (_, sample, message) => {
    const opened = await keep(openModel(digitsPath));
    await expect(opened.quantizeStatic({ calibrationData: [sample] })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });
  test.each(samples)('run and compare: %s', async (_, sample, message) => {
    const opened = await keep(openModel(digitsPath));
    const expected = { code: 'InvalidArgument', message: expect.stringMatching(message) };
    await expect(opened.run(sample)).rejects.toMatchObject(expected);
    await expect(opened.compare(opened, [sample])).rejects.toMatchObject(expected);
    expect(Object.keys(await opened.run({ image }))).toEqual(['logits']);
  });

  test('no samples', async () => {
    const opened = await keep(openModel(digitsPath));
    const expected = { code: 'InvalidArgument', message: expect.stringMatching(/sample/i) };
    await expect(opened.quantizeStatic({ calibrationData: [] })).rejects.toMatchObject(expected);
    await expect(opened.compare(opened, [])).rejects.toMatchObject(expected);
    await expect(opened.quantizeStatic({})).rejects.toMatchObject(expected);
  });

  test('an iterable that throws ends the call with what it threw', async () => {
    const opened = await keep(openModel(digitsPath));
    const calibrationData = (function* () {
      yield { image };
      throw new TypeError('mine');
    })();
    await expect(opened.quantizeStatic({ calibrationData })).rejects.toThrow(new TypeError('mine'));
    expect(Object.keys(await opened.run({ image }))).toEqual(['logits']);
  });

  test('an operator that cannot be run is named before anything runs', async () => {
    const opened = await keep(
      openModel(model(node('NoSuchOperator', ['x'], ['y'], 'odd one'), ...ends)),
    );
    expect(opened.info.unsupported).toEqual([
      expect.objectContaining({ node: 'odd one', opType: 'NoSuchOperator' }),
    ]);
    await expect(opened.benchmark()).rejects.toMatchObject({
      code: 'Unsupported',
      message: expect.stringMatching(/'odd one'/),
    });
    // It can be written all the same.
    expect((await opened.bytes()).byteLength).toBe(opened.byteLength);
  });

  test.each([[{ runs: 0 }], [{ runs: 1.5 }], [{ warmup: -1 }]])(
    'benchmark(%j)',
    async (options) => {
      const opened = await keep(openModel(modelPath('conv')));
      await expect(opened.benchmark(options)).rejects.toMatchObject({ code: 'InvalidArgument' });
    },
  );
});

describe('places that cannot be written', () => {
  test.each([
    [
      'a folder that is not there',
      (folder) => path.join(folder, 'no', 'out.onnx'),
      /No such file or directory/,
    ],
    ['a folder', (folder) => folder, /is a folder/],
  ])('%s', async (_, target, message) => {
    await inTemporaryFolder(async (folder) => {
      const opened = await keep(openModel(digitsPath));
      await expect(opened.writeTo(target(folder))).rejects.toMatchObject({
        code: 'Io',
        message: expect.stringMatching(message),
      });
      expect(fs.readdirSync(folder)).toEqual([]);
    });
  });

  test('a disk that fills up', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out.onnx');
      // A limit on the size of files stands in for a full disk: the same failed write.
      const script = `trap '' XFSZ; ulimit -f 16; exec "$0" "$@"`;
      const args = ['-c', script, process.execPath, cliScript, 'dynamic', digitsPath, '-o', out];
      const { status, stdout, stderr } = await run('bash', args);
      expect(stderr.trim().split('\n').at(-1)).toMatch(
        /out\.onnx' cannot be written: File too large\. Check the path and the disk\.$/,
      );
      expect({ status, stdout, left: fs.readdirSync(folder) }).toEqual({
        status: 1,
        stdout: '',
        left: [],
      });
    });
  });
});
