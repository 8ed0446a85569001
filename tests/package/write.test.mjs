// Ways out of a model: streams that wait for their reader, handles, paths, external data.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WritableStream } from 'node:stream/web';
import { pathToFileURL } from 'node:url';
import * as worker from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import {
  digitSamples,
  digitsPath,
  hex,
  inTemporaryFolder,
  runModule,
  wait,
  writeLargeModel,
} from './lib.mjs';

const entries = [
  ['in a worker', worker.openModel],
  ['directly', direct.openModel],
];
const MB = 2 ** 20;

/** A file handle over memory that counts what happens to it; the file changes when it is closed, as a browser's does. */
function fakeHandle(name, { write = async () => {}, close = async () => {} } = {}) {
  const handle = {
    kind: 'file',
    name,
    content: 'old',
    chunks: 0,
    closed: 0,
    aborted: 0,
    async createWritable() {
      const parts = [];
      return new WritableStream({
        async write(chunk) {
          await write(chunk);
          handle.chunks++;
          parts.push(chunk);
        },
        async close() {
          await close();
          handle.closed++;
          handle.content = Buffer.concat(parts);
        },
        abort: () => void handle.aborted++,
      });
    },
  };
  return handle;
}

describe.each(entries)('%s', (_, openModel) => {
  test('external data goes to a second handle, which the model names', async () => {
    const model = await keep(openModel(digitsPath));
    for (const [settings, location] of [
      [{}, 'weights.bin'],
      [{ location: 'given.bin' }, 'given.bin'],
    ]) {
      const [first, second] = [fakeHandle('m.onnx'), fakeHandle('weights.bin')];
      const sizes = await model.writeTo(first, {
        useExternalDataFormat: true,
        externalTarget: second,
        ...settings,
      });
      expect(sizes).toEqual({ model: first.content.length, external: second.content.length });
      expect(first.content.includes(location)).toBe(true);
      const again = await keep(
        openModel(first.content, { externalData: { [location]: second.content } }),
      );
      expect(again.info.parameters).toBe(model.info.parameters);
      // What a location takes in the model differs with its name.
      const written = sizes.model + sizes.external;
      expect(Math.abs(again.byteLength - written) / written).toBeLessThan(1e-3);
      expect((await again.bytes()).byteLength).toBeLessThanOrEqual(again.byteLength);
    }
    // Without names, the location comes from the model's.
    const [first, second] = [fakeHandle(undefined), fakeHandle(undefined)];
    await model.writeTo(first, { useExternalDataFormat: true, externalTarget: second });
    expect(first.content.includes('digits.onnx.data')).toBe(true);
  });

  test('external data goes to a second path, which the model names', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await keep(openModel(digitsPath));
      const file = path.join(folder, 'm.onnx');
      fs.mkdirSync(path.join(folder, 'deep'));
      for (const target of ['weights.bin', 'deep/weights.bin']) {
        await model.writeTo(file, {
          useExternalDataFormat: true,
          externalTarget: path.join(folder, target),
        });
        const again = await keep(openModel(file));
        expect(again.info.externalData).toBe(true);
        expect(Object.keys(await again.run(digitSamples(1)[0]))).toEqual(['logits']);
      }
      await expect(
        model.writeTo(file, { useExternalDataFormat: true, externalTarget: pathToFileURL(file) }),
      ).rejects.toMatchObject({ code: 'InvalidArgument' });
    });
  });

  const failures = [
    ['the second write fails', { write: () => Promise.reject(new Error('no room')) }, /no room/],
    ['the second close fails', { close: () => Promise.reject(new Error('gone')) }, /gone/],
  ];
  test.each(failures)(
    'two files change together or not at all: %s',
    async (_name, how, message) => {
      const model = await keep(openModel(digitsPath));
      const [first, second] = [fakeHandle('m.onnx'), fakeHandle('m.data', how)];
      await expect(
        model.writeTo(first, { useExternalDataFormat: true, externalTarget: second }),
      ).rejects.toMatchObject({
        name: 'QuantabError',
        code: 'Io',
        message: expect.stringMatching(message),
      });
      expect([first.content, second.content]).toEqual(['old', 'old']);
      expect({ closed: first.closed, aborted: first.aborted }).toEqual({ closed: 0, aborted: 1 });
      expect((await model.bytes()).byteLength).toBe(model.byteLength);
    },
  );

  test.each(['write', 'close'])(
    'a disk that is full at a %s leaves the file as it was, and it can be written later',
    async (step) => {
      const model = await keep(openModel(digitsPath));
      let isFull = true;
      const fill = async () => {
        if (isFull)
          throw new globalThis.DOMException('The quota has been exceeded', 'QuotaExceededError');
      };
      const handle = fakeHandle('m.onnx', { [step]: fill });
      await expect(model.writeTo(handle)).rejects.toMatchObject({
        code: 'Io',
        message:
          "'m.onnx' could not be written: The quota has been exceeded. " +
          'Make room, or choose a file on another disk, and write it again.',
        where: { file: 'm.onnx' },
        cause: { name: 'QuotaExceededError' },
      });
      expect(handle).toMatchObject({ content: 'old', closed: 0 });
      isFull = false;
      await model.writeTo(handle);
      expect(handle.content.equals(await model.bytes())).toBe(true);
    },
  );

  test('two files change together or not at all: a cancellation after the last byte', async () => {
    const model = await keep(openModel(digitsPath));
    const controller = new AbortController();
    const [first, second] = [fakeHandle('m.onnx'), fakeHandle('m.data')];
    await expect(
      model.writeTo(first, {
        useExternalDataFormat: true,
        externalTarget: second,
        signal: controller.signal,
        onProgress: ({ stage, done, total }) =>
          stage === 'write' && done === total && controller.abort(),
      }),
    ).rejects.toMatchObject({ code: 'Cancelled' });
    expect([first.content, second.content]).toEqual(['old', 'old']);
    expect([first.closed, second.closed]).toEqual([0, 0]);
    expect([first.aborted, second.aborted]).toEqual([1, 1]);
  });

  test('a handle that gives no leave is an error of its own, and is not waited for', async () => {
    const model = await keep(openModel(digitsPath));
    const refused = { createWritable: () => Promise.reject(new Error('Not allowed')) };
    await expect(model.writeTo(refused)).rejects.toMatchObject({
      code: 'Io',
      message: expect.stringMatching(/could not be written: Not allowed/),
    });
    let opened;
    let aborted = false;
    const slow = { createWritable: () => new Promise((resolve) => (opened = resolve)) };
    await expect(model.writeTo(slow, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      code: 'Cancelled',
    });
    opened(new WritableStream({ abort: () => void (aborted = true) }));
    await wait(20);
    expect(aborted).toBe(true);
  });

  test.each([
    [new URL('https://example.com/m.onnx'), {}, /cannot be written to/],
    ['https://example.com/m.onnx', {}, /cannot be written to/],
    [null, {}, /path or a file handle/],
    [42, {}, /path or a file handle/],
    ['m.onnx', { externalTarget: 'm.data' }, /useExternalDataFormat/],
    ['m.onnx', { useExternalDataFormat: true, externalTarget: fakeHandle('x') }, /must be a path/],
    [fakeHandle('x'), { useExternalDataFormat: true }, /another file handle/],
    [fakeHandle('x'), { useExternalDataFormat: true, externalTarget: 'm.data' }, /handle/],
    ['m.onnx', { useExternalDataFormat: 'yes' }, /useExternalDataFormat must be true or false/],
    ['m.onnx', { sizeThreshold: -1 }, /sizeThreshold/],
    ['m.onnx', { location: 5 }, /location must be text/],
  ])('%p with %j is refused', async (target, options, message) => {
    const model = await keep(openModel(digitsPath));
    await expect(model.writeTo(target, options)).rejects.toMatchObject({
      name: 'QuantabError',
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
    expect(fs.existsSync('m.onnx')).toBe(false);
  });
});

describe('a path', () => {
  test('may be a file: URL, whatever its characters', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await keep(worker.openModel(digitsPath));
      for (const name of ['a b.onnx', 'ä#?.onnx', '100%.onnx', '%20.onnx']) {
        await model.writeTo(pathToFileURL(path.join(folder, name)));
        await model.writeTo(pathToFileURL(path.join(folder, `text ${name}`)).href);
      }
      expect(fs.readdirSync(folder)).toHaveLength(8);
      expect(fs.existsSync(path.join(folder, '%20.onnx'))).toBe(true);
    });
  });

  test('that cannot be looked at is an error that names it', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await keep(worker.openModel(digitsPath));
      fs.writeFileSync(path.join(folder, 'file'), '');
      fs.symlinkSync('loop', path.join(folder, 'loop'));
      for (const [name, reason] of [
        ['file/out.onnx', /Not a directory/],
        ['loop', /Too many levels of symbolic links/],
        ['x'.repeat(5000), /File name too long/],
      ]) {
        const file = path.join(folder, name);
        await expect(model.writeTo(file)).rejects.toMatchObject({
          name: 'QuantabError',
          code: 'Io',
          message: expect.stringMatching(reason),
          where: { file },
        });
      }
      expect(fs.readdirSync(folder).sort()).toEqual(['file', 'loop']);
    });
  });

  test('keeps the permissions of the file it replaces, and is on the disk before it does', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await keep(worker.openModel(digitsPath));
      const file = path.join(folder, 'out.onnx');
      const steps = [];
      const probe = await fs.promises.open(digitsPath);
      const fileHandle = Object.getPrototypeOf(probe);
      await probe.close();
      const { sync } = fileHandle;
      const { rename } = fs.promises;
      fileHandle.sync = function () {
        steps.push('sync');
        return sync.call(this);
      };
      fs.promises.rename = (...args) => {
        steps.push('rename');
        return rename(...args);
      };
      try {
        for (const mode of [0o600, 0o640, 0o444, 0o777]) {
          fs.writeFileSync(file, '');
          fs.chmodSync(file, mode);
          await model.writeTo(file);
          expect((fs.statSync(file).mode & 0o777).toString(8)).toBe(mode.toString(8));
          fs.rmSync(file);
        }
      } finally {
        fileHandle.sync = sync;
        fs.promises.rename = rename;
      }
      expect(steps).toEqual(Array(4).fill(['sync', 'rename']).flat());
    });
  });

  test('a private file is never open to others', async () => {
    await inTemporaryFolder(async (folder) => {
      const large = path.join(folder, 'large.onnx');
      writeLargeModel(large, 48);
      const model = await keep(worker.openModel(large));
      const quantized = await keep(model.quantizeDynamic());
      const file = path.join(folder, 'out.onnx');
      fs.writeFileSync(file, '', { mode: 0o600 });
      const modes = new Set();
      await quantized.writeTo(file, {
        onProgress() {
          const part = fs.readdirSync(folder).find((name) => name.endsWith('.part'));
          if (part) modes.add((fs.statSync(path.join(folder, part)).mode & 0o777).toString(8));
        },
      });
      expect([...modes]).toEqual(['600']);
    });
  });
});

describe('chunk by chunk', () => {
  const SIZE = 48;
  let large;
  let folder;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-test-'));
    large = path.join(folder, 'large.onnx');
    writeLargeModel(large, SIZE);
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  afterEach(() => expect(fs.readdirSync(folder)).toEqual(['large.onnx']));

  /** How many bytes the core has written. */
  function watch() {
    const seen = {
      done: 0,
      onProgress: ({ stage, done }) => stage === 'write' && (seen.done = done),
    };
    return seen;
  }

  test('a stream is not begun before it is read, and no further ahead than its reader', async () => {
    const model = await keep(worker.openModel(large));
    const seen = watch();
    const reader = model.stream({ onProgress: seen.onProgress }).getReader();
    await wait(100);
    expect(seen.done).toBe(0);
    await model.randomSample();
    const { value } = await reader.read();
    expect(value).toBeInstanceOf(Uint8Array);
    expect(value.byteLength).toBeLessThanOrEqual(2 * MB);
    await wait(500);
    expect(seen.done).toBeLessThan(16 * MB);

    // Another call comes after the stream.
    let ran = false;
    const other = model.randomSample().then(() => (ran = true));
    let length = value.byteLength;
    await wait(50);
    expect(ran).toBe(false);
    for (let next = await reader.read(); !next.done; next = await reader.read())
      length += next.value.byteLength;
    expect(length).toBe(model.byteLength);
    await other;
  });

  test('a stream that is dropped lets the core go on', async () => {
    const model = await keep(worker.openModel(large));
    const seen = watch();
    for await (const chunk of model.stream({ onProgress: seen.onProgress })) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await model.randomSample();
    expect(seen.done).toBeLessThan(16 * MB);

    const controller = new AbortController();
    const reader = model.stream({ signal: controller.signal }).getReader();
    await reader.read();
    controller.abort('enough');
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toMatchObject({ code: 'Cancelled', cause: 'enough' });
    await model.randomSample();
  });

  test('a stream that is forgotten does not keep the process alive', async () => {
    const text = (rest) => `
      import { openModel } from 'quantab';
      const model = await openModel(${JSON.stringify(large)});
      const reader = model.stream().getReader();
      let length = (await reader.read()).value.byteLength;
      ${rest}
      console.log(JSON.stringify(length === model.byteLength));
    `;
    expect(await runModule(text(''))).toBe(false);
    // One that is read does, whatever else the program waits for.
    const read =
      'for (let next; !(next = await reader.read()).done;) length += next.value.byteLength;';
    expect(await runModule(text(read))).toBe(true);
  });

  test('a stream fails as its call does', async () => {
    const model = await worker.openModel(large);
    const reader = model.stream().getReader();
    await reader.read();
    model.close();
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toMatchObject({ code: 'Cancelled', message: expect.stringMatching(/closed/) });
    expect(() => model.stream()).toThrow(/has been closed/);
  });

  test('a handle is written to as fast as it takes', async () => {
    const model = await keep(worker.openModel(large));
    const seen = watch();
    let furthest = 0;
    let written = 0;
    const handle = fakeHandle('slow.onnx', {
      async write(chunk) {
        await wait(2);
        written += chunk.byteLength;
        furthest = Math.max(furthest, seen.done - written);
      },
    });
    const sizes = await model.writeTo(handle, { onProgress: seen.onProgress });
    expect(handle.chunks).toBeGreaterThan(SIZE / 2);
    expect(furthest).toBeLessThan(16 * MB);
    expect({ model: written, external: 0 }).toEqual(sizes);
    expect(handle.content.equals(await model.bytes())).toBe(true);
  });

  test('a handle that fails ends the call at once', async () => {
    const model = await keep(worker.openModel(large));
    const seen = watch();
    let count = 0;
    const handle = fakeHandle('full.onnx', {
      write: async () => {
        if (++count === 3) throw new Error('no room');
      },
    });
    await expect(model.writeTo(handle, { onProgress: seen.onProgress })).rejects.toMatchObject({
      code: 'Io',
      message: "'full.onnx' could not be written: no room.",
    });
    expect(seen.done).toBeLessThan(24 * MB);
    expect({ content: handle.content, closed: handle.closed }).toEqual({
      content: 'old',
      closed: 0,
    });
    await model.randomSample();
  });

  test('without shared memory, a handle that fails costs its call only', async () => {
    const report = await runModule(`
      delete globalThis.SharedArrayBuffer;
      import { openModel } from 'quantab';
      const model = await openModel(${JSON.stringify(large)});
      const sample = await model.randomSample();
      const quantized = await model.quantizeStatic({ calibrationData: [sample], nodesToQuantize: ['m0'] });
      const createWritable = async () => new WritableStream({ write: () => Promise.reject(new Error('no room')) });
      const { code, message } = await quantized.writeTo({ createWritable }).catch((error) => error);
      const parts = [];
      for await (const chunk of quantized.stream()) parts.push(chunk);
      const same = Buffer.concat(parts).equals(await quantized.bytes());
      console.log(JSON.stringify({ code, message, same }));
    `);
    expect(report).toEqual({
      code: 'Io',
      message: 'The file could not be written: no room.',
      same: true,
    });
  });

  test('bytes are the same by every way', async () => {
    for (const [, openModel] of entries) {
      const model = await keep(openModel(large));
      const quantized = await keep(model.quantizeDynamic({ weightType: 'QUInt8' }));
      const expected = hex(await quantized.bytes());
      const parts = [];
      for await (const chunk of quantized.stream()) parts.push(chunk);
      expect(hex(Buffer.concat(parts))).toBe(expected);
      const handle = fakeHandle('q.onnx');
      await quantized.writeTo(handle);
      expect(hex(handle.content)).toBe(expected);
      expect(hex(new Uint8Array(await (await quantized.blob()).arrayBuffer()))).toBe(expected);
    }
  });
});
