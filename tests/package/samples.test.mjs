// Readers and writers of samples against files made by NumPy, onnx and Pillow (make_fixtures.py).
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ReadableStream, WritableStream } from 'node:stream/web';
import {
  formatOf,
  groupSamples,
  imageOptionsFor,
  imageToTensor,
  readNpy,
  readNpz,
  readTensorProto,
  writeNpy,
} from 'quantab/samples';

const fixture = (name) =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const raw = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

function expectTensor(tensor, expected) {
  expect({ dtype: tensor.dtype, dims: tensor.dims }).toEqual({
    dtype: expected.dtype,
    dims: expected.dims,
  });
  if (expected.strings) expect(tensor.data).toEqual(expected.strings);
  else expect(raw(tensor.data)).toBe(expected.elements);
}

describe('.npy', () => {
  test.each(Object.entries(fixture('npy')))('%s as NumPy wrote it', (_, expected) => {
    const tensor = readNpy(bytes(expected.file));
    expectTensor(tensor, expected);
    expectTensor(readNpy(writeNpy(tensor)), expected);
  });

  test('is written as NumPy does, byte for byte', () => {
    const { file } = fixture('npy').float32;
    expect(raw(writeNpy(readNpy(bytes(file))))).toBe(file);
  });
});

describe.each([
  ['.npy', readNpy],
  ['.npz', readNpz],
  ['.pb', readTensorProto],
])('%s', (kind, read) => {
  test.each(Object.entries(fixture('refused')[kind]))(
    '%s is refused',
    async (_, { file, message }) => {
      const reading = (async () => read(bytes(file)))();
      await expect(reading).rejects.toMatchObject({
        name: 'QuantabError',
        code: 'InvalidArgument',
        message,
      });
    },
  );
});

test.each(['string', 'bfloat16', 'complex64'])('%s is not written as .npy', (dtype) => {
  const data = { string: ['a'], bfloat16: new Uint16Array(1), complex64: new Float32Array(2) };
  expect(() => writeNpy({ dtype, dims: [1], data: data[dtype] })).toThrow(
    `A tensor of type '${dtype}' cannot be saved as .npy. Cast that output to another type in the model.`,
  );
});

test("Node's Buffers, aligned or not, are read like any bytes", async () => {
  const { file, ...expected } = fixture('npy').float32;
  const shifted = Buffer.concat([Buffer.from('x'), bytes(file)]).subarray(1);
  expectTensor(readNpy(shifted), expected);
  const { stored } = fixture('npz');
  const tensors = await readNpz(Buffer.concat([Buffer.from('x'), bytes(stored.file)]).subarray(1));
  for (const [name, tensor] of Object.entries(stored.tensors)) expectTensor(tensors[name], tensor);
  const proto = fixture('pb')['raw float64'];
  const { tensor } = readTensorProto(Buffer.from(bytes(proto.file)));
  expectTensor(tensor, proto);
});

describe('.npz', () => {
  test.each(Object.entries(fixture('npz')))(
    '%s members as NumPy wrote them',
    async (_, { file, tensors }) => {
      const read = await readNpz(bytes(file));
      expect(Object.keys(read).sort()).toEqual(Object.keys(tensors).sort());
      for (const [name, expected] of Object.entries(tensors)) expectTensor(read[name], expected);
    },
  );

  test.each(Object.entries(fixture('npz')))(
    '%s: every truncation is refused',
    async (name, { file }) => {
      const whole = bytes(file);
      // A cut within the comment leaves all that is needed.
      if (name === 'with a comment') return;
      for (let size = 0; size < whole.length; size += 7) {
        await expect(readNpz(whole.slice(0, size))).rejects.toThrow(/\.npz file/);
      }
    },
  );

  test('is read where streams are no async iterables', async () => {
    const prototype = ReadableStream.prototype;
    const iterator = Object.getOwnPropertyDescriptor(prototype, Symbol.asyncIterator);
    delete prototype[Symbol.asyncIterator];
    try {
      const { file, tensors } = fixture('npz').deflated;
      expectTensor((await readNpz(bytes(file))).x, tensors.x);
    } finally {
      Object.defineProperty(prototype, Symbol.asyncIterator, iterator);
    }
  });

  test('a failure that the data has no part in is not laid to its charge', async () => {
    const { DecompressionStream } = globalThis;
    globalThis.DecompressionStream = class {
      writable = new WritableStream();
      readable = new ReadableStream({
        pull() {
          throw new Error('The machine is on fire.');
        },
      });
    };
    try {
      const { file } = fixture('npz').deflated;
      await expect(readNpz(bytes(file))).rejects.toThrow('The machine is on fire.');
    } finally {
      globalThis.DecompressionStream = DecompressionStream;
    }
  });
});

describe('.pb', () => {
  test.each(Object.entries(fixture('pb')))('%s as onnx wrote it', (_, expected) => {
    const { name, tensor } = readTensorProto(bytes(expected.file));
    expect(name).toBe(expected.name);
    expectTensor(tensor, expected);
  });

  test.each(['raw float32', 'typed int64', 'strings'])(
    'every truncation of %s is refused',
    (name) => {
      const whole = bytes(fixture('pb')[name].file);
      for (let size = 0; size < whole.length; ++size) {
        // A cut between fields leaves a well-formed message that lacks its type, its data or its name.
        let read;
        try {
          read = readTensorProto(whole.slice(0, size));
        } catch (error) {
          expect(error).toMatchObject({ name: 'QuantabError', code: 'InvalidArgument' });
          continue;
        }
        expectTensor(read.tensor, fixture('pb')[name]);
      }
    },
  );
});

describe('grouping files into samples', () => {
  const { file } = fixture('npy').float32;
  const npyFile = (path) => ({ path, bytes: async () => bytes(file) });
  const pbFile = (path, name = 'raw float32') => ({
    path,
    bytes: async () => bytes(fixture('pb')[name].file),
  });
  const input = (name) => ({ name, dtype: 'float32', shape: ['2', '3'], hasShape: true });

  test('a .npy per sample goes to the single input, in order of numbers', async () => {
    const samples = groupSamples(
      [npyFile('s10.npy'), npyFile('s9.npy'), npyFile('notes.txt')],
      [input('x')],
    );
    expect(samples.map(({ name }) => name)).toEqual(['s9.npy', 's10.npy']);
    expectTensor((await samples[0].read()).x, fixture('npy').float32);
  });

  test('the order is that of the native program', () => {
    const order = fixture('order');
    const files = order.map(npyFile);
    const samples = groupSamples(files.reverse(), [input('x')]);
    expect(samples.map(({ name }) => name)).toEqual(order);
  });

  test('a .npy for a model of two inputs names them', async () => {
    const [sample] = groupSamples([npyFile('s.npy')], [input('x'), input('y')]);
    await expect(sample.read()).rejects.toThrow(/2 inputs: 'x', 'y'.*\.npz/);
  });

  test("ONNX's folders: by name where the tensor has the input's, else by number", async () => {
    const files = [
      pbFile('test_data_set_1/input_0.pb'),
      pbFile('test_data_set_0/input_1.pb'),
      pbFile('test_data_set_0/input_0.pb', 'typed float32'),
      pbFile('test_data_set_0/output_0.pb'),
    ];
    const samples = groupSamples(files, [input('x'), input('t')]);
    expect(samples.map(({ name }) => name)).toEqual(['test_data_set_0', 'test_data_set_1']);
    const first = await samples[0].read();
    expectTensor(first.x, fixture('pb')['typed float32']);
    expectTensor(first.t, fixture('pb')['raw float32']);
    expect(Object.keys(await samples[1].read())).toEqual(['t']);
  });

  test('two files for one input are an error', async () => {
    const message = (files) =>
      groupSamples(files, [input('x'), input('t')])[0]
        .read()
        .then(String, (error) => error.message);
    expect(
      await message([
        pbFile('a/input_0.pb', 'typed float32'),
        pbFile('a/INPUT_00.PB', 'typed float32'),
      ]),
    ).toBe("'a/INPUT_00.PB' and 'a/input_0.pb' are both for input 'x'. Leave one of them out.");
    expect(await message([pbFile('input_0.pb'), pbFile('input_1.pb', 'typed float32')])).toBe(
      "'input_0.pb' and 'input_1.pb' are both for input 't'. Leave one of them out.",
    );
  });

  test('a number beyond the inputs is an error', async () => {
    const [sample] = groupSamples([pbFile('input_7.pb')], [input('x'), input('y')]);
    await expect(sample.read()).rejects.toThrow(
      "'input_7.pb' is for input number 7, counted from 0, but the model has 2 inputs: 'x', 'y'. Leave it out, or name its tensor after an input.",
    );
  });

  test('a .pb of its own is a sample of the single input', async () => {
    const samples = groupSamples([pbFile('b.pb'), pbFile('a.PB')], [input('x')]);
    expect(samples.map(({ name }) => name)).toEqual(['a.PB', 'b.pb']);
    expectTensor((await samples[0].read()).x, fixture('pb')['raw float32']);
  });

  test('a broken file is named', async () => {
    const [sample] = groupSamples(
      [{ path: 'a/b.npy', bytes: async () => new Uint8Array(3) }],
      [input('x')],
    );
    await expect(sample.read()).rejects.toMatchObject({
      message: expect.stringMatching(/^'a\/b\.npy': This is not a \.npy file/),
      where: { file: 'a/b.npy' },
    });
  });

  test('formats go by extension', () => {
    expect(formatOf('X.NPZ')?.extensions).toEqual(['.npz']);
    expect(formatOf('x.jpg')).toBeUndefined();
  });
});

describe('pictures', () => {
  const { pixels, gray, resized } = fixture('image');
  const picture = { width: pixels.width, height: pixels.height, data: bytes(pixels.rgba) };
  const plain = {
    width: pixels.width,
    height: pixels.height,
    fit: 'stretch',
    channels: 'RGB',
    layout: 'NCHW',
    scale: 1,
    mean: [0],
    std: [1],
    dtype: 'float32',
  };
  const floats = (text) => new Float32Array(bytes(text).buffer);
  const furthest = (a, b) =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

  test.each(Object.entries(resized))(
    "resized to %s as Pillow's bilinear filter does",
    (_, { width, height, planes }) => {
      const { dims, data } = imageToTensor(picture, { ...plain, width, height });
      expect(dims).toEqual([1, 3, height, width]);
      expect(furthest(data, floats(planes))).toBeLessThan(1e-3);
    },
  );

  test("grey is Pillow's to half a step", () => {
    const { data } = imageToTensor(picture, { ...plain, channels: 'GRAY' });
    expect(furthest(data, bytes(gray))).toBeLessThan(0.51);
  });

  test('channel order, scale, mean, deviation and layout', () => {
    const one = { width: 1, height: 1, data: [10, 20, 30, 255] };
    const options = { ...plain, width: 1, height: 1, scale: 0.5, mean: [1, 2, 3], std: [1, 2, 4] };
    expect([...imageToTensor(one, options).data]).toEqual([4, 4, 3]);
    expect([...imageToTensor(one, { ...options, channels: 'BGR' }).data]).toEqual([14, 4, 0.5]);
    const nhwc = imageToTensor(picture, { ...plain, layout: 'NHWC', dtype: 'uint8' });
    expect(nhwc.dims).toEqual([1, 19, 26, 3]);
    expect([...nhwc.data.slice(0, 3)]).toEqual([...picture.data.slice(0, 3)]);
  });

  test('contain pads the short side, cover cuts the long one', () => {
    // Two pixels side by side: red, blue.
    const wide = { width: 2, height: 1, data: [255, 0, 0, 255, 0, 0, 255, 255] };
    const square = { ...plain, width: 2, height: 2, layout: 'NHWC' };
    const contained = imageToTensor(wide, { ...square, fit: 'contain' });
    expect([...contained.data]).toEqual([255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0]);
    const covered = imageToTensor(wide, { ...square, width: 1, height: 1, fit: 'cover' });
    expect([...covered.data]).toEqual([127.5, 0, 127.5]);
  });

  test('defaults come from the shape of the input', () => {
    const options = (shape, dtype = 'float32') =>
      imageOptionsFor({ name: 'x', dtype, shape, hasShape: true });
    expect(options(['batch', '3', '96', '128'])).toMatchObject({
      layout: 'NCHW',
      width: 128,
      height: 96,
      channels: 'RGB',
      mean: [0.485, 0.456, 0.406],
    });
    expect(options(['1', '?', 'w', '3'], 'uint8')).toMatchObject({
      layout: 'NHWC',
      width: 224,
      scale: 1,
      mean: [0],
    });
    expect(options(['1', '1', '8', '8'])).toMatchObject({
      channels: 'GRAY',
      scale: 1 / 255,
      std: [1],
    });
    expect(options(['1', '10'])).toBeUndefined();
    expect(options(['1', '3', '8', '8'], 'int64')).toBeUndefined();
  });

  test.each([
    [{ width: 0 }, /target size 0 x 19/],
    [{ mean: [1, 2] }, /mean has 2 values, expected 1 or 3/],
    [{ std: [0] }, /std must not be 0/],
  ])('%j is refused', (change, message) => {
    expect(() => imageToTensor(picture, { ...plain, ...change })).toThrow(message);
  });
});
