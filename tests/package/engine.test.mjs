// How the package drives its core: what crosses to the worker, what is held, how cores start and fail.
import { describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as worker from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import {
  digitSamples,
  digitsPath,
  inTemporaryFolder,
  modelPath,
  packageFolder,
  samplesOf,
  sentDuring,
  timesOpen,
  writeLargeModel,
} from './lib.mjs';

const dist = (file) => path.join(packageFolder, 'dist', file);
const inner = (file) => import(pathToFileURL(dist(file)).href);

const entries = [
  ['in a worker', worker.openModel],
  ['directly', direct.openModel],
];

describe('what crosses to the worker', () => {
  test('an array that is part of a larger buffer goes alone, and stays with its owner', async () => {
    const model = await keep(worker.openModel(digitsPath));
    const [{ image }] = digitSamples(1);
    const wide = new Float32Array(1_000_000);
    wide.set(image.data, 5000);
    const feeds = { image: { ...image, data: wide.subarray(5000, 5064) } };
    let outputs;
    const sent = await sentDuring(async () => {
      outputs = await model.run(feeds);
      await keep(model.quantizeStatic({ calibrationData: [feeds] }));
      await model.compare(model, [feeds]);
      await model.benchmark({ feeds, runs: 1 });
    });
    const tensors = sent
      .filter(({ message: { args } }) => args?.feeds ?? args?.sample)
      .map(({ message: { args }, moved }) => ({ moved, ...(args.feeds ?? args.sample).image }));
    expect(tensors).toHaveLength(4);
    for (const { data, moved } of tensors) {
      expect(data).toBeInstanceOf(Float32Array);
      // Moved when posted: nothing of it is left here.
      expect(moved).toEqual([data.buffer]);
      expect(data.buffer.byteLength).toBe(0);
    }
    expect(wide[5000]).toBe(image.data[0]);
    expect(await model.run({ image })).toEqual(outputs);
  });

  test('a whole buffer is copied, not moved', async () => {
    const model = await keep(worker.openModel(digitsPath));
    const [{ image }] = digitSamples(1);
    const data = image.data.slice();
    const sent = await sentDuring(() => model.run({ image: { ...image, data } }));
    expect(sent.map(({ moved }) => moved)).toEqual([[]]);
    expect(data).toEqual(image.data);
  });

  test('a model in part of a larger buffer goes alone', async () => {
    const bytes = fs.readFileSync(digitsPath);
    const wide = new Uint8Array(8 * bytes.length);
    wide.set(bytes, 1000);
    const sent = await sentDuring(() =>
      keep(worker.openModel(wide.subarray(1000, 1000 + bytes.length))),
    );
    const [{ message, moved }] = sent.filter(({ message }) => message.name === 'open');
    expect(moved).toEqual([message.args.source.bytes.buffer]);
    expect(wide.byteLength).toBe(8 * bytes.length);
  });

  test('what a sample has besides its tensor stays here', async () => {
    const model = await keep(worker.openModel(digitsPath));
    const [{ image }] = digitSamples(1);
    const outputs = await model.run({ image: { ...image, dispose() {} } });
    expect(Object.keys(outputs)).toEqual(['logits']);
  });

  test('comparing relatives asks for nothing but that', async () => {
    const model = await keep(worker.openModel(digitsPath));
    const quantized = await keep(model.quantizeDynamic());
    const sent = await sentDuring(() => model.compare(quantized, digitSamples(2)));
    const names = sent.map(({ message }) => message.name).filter((name) => name !== 'release');
    expect(names).toEqual(['beginCompare', 'addSample', 'addSample', 'finishCompare']);
  });

  test('a quantized model is made again for another core, rather than sent as a file', async () => {
    const model = await keep(worker.openModel(digitsPath));
    const quantized = await keep(model.quantizeDynamic());
    const elsewhere = await keep(worker.openModel(digitsPath));
    const sent = await sentDuring(() => elsewhere.compare(quantized, digitSamples(1)));
    const names = sent.map(({ message }) => message.name);
    expect(names).toEqual(expect.arrayContaining(['open', 'convert', 'beginCompare']));
    expect(names).not.toContain('write');
  });
});

describe.each(entries)('%s', (_, openModel) => {
  test('many calls on the models of one file do not mix', async () => {
    const model = await keep(openModel(digitsPath));
    const models = [
      model,
      await keep(model.quantizeDynamic()),
      await keep(model.quantizeDynamic({ weightType: 'QUInt8', perChannel: true })),
      await keep(model.quantizeStatic({ calibrationData: digitSamples(4) })),
    ];
    const samples = digitSamples(6, 'heldout.npy');
    const alone = [];
    for (const each of models) {
      const outputs = [];
      for (const sample of samples) outputs.push(await each.run(sample));
      const quality = await model.compare(each, samples);
      alone.push({ outputs, size: (await each.bytes()).byteLength, quality });
    }
    expect(new Set(alone.map(({ size }) => size)).size).toBe(models.length);
    const together = await Promise.all(
      models.map(async (each) => {
        // Interleaved: all are asked before the first has answered.
        const outputs = Promise.all(samples.map((sample) => each.run(sample)));
        const [bytes, quality] = await Promise.all([
          each.bytes(),
          model.compare(each, samples),
          keep(each.quantizeDynamic({ opTypesToQuantize: ['Gemm'] })).catch(() => {}),
        ]);
        return { outputs: await outputs, size: bytes.byteLength, quality };
      }),
    );
    expect(together).toEqual(alone);
  });

  test('a comparison holds the weights of its models once', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'large.onnx');
      writeLargeModel(file, 32);
      const peak = async (prepare) => {
        const a = await openModel(file, { flavor: 'simd' });
        const b = await a.quantizeDynamic({ nodesToQuantize: ['m0'] });
        const sample = await a.randomSample();
        await prepare(a, b, sample);
        await a.compare(b, [sample]);
        const { peakBytes } = await a.memory();
        a.close();
        b.close();
        return peakBytes;
      };
      const alone = await peak(async () => {});
      const afterRuns = await peak(async (a, b, sample) => {
        await a.run(sample);
        await b.run(sample);
      });
      // Memory grows by a fifth at a time; held twice, the weights would be 32 MiB more.
      expect(afterRuns - alone).toBeLessThan(24 * 2 ** 20);
    });
  });

  test('a core that cannot start is an error, and the next one may', async () => {
    await inTemporaryFolder(async (folder) => {
      const wasm = path.join(folder, 'elsewhere.wasm');
      const failure = await openModel(digitsPath, { wasm }).catch((error) => error);
      expect(failure).toMatchObject({
        name: 'QuantabError',
        code: 'Io',
        message: expect.stringMatching(/elsewhere\.wasm.* could not be loaded.*option 'wasm'/),
      });
      fs.writeFileSync(wasm, 'no module');
      await expect(openModel(digitsPath, { wasm })).rejects.toMatchObject({ code: 'Io' });
      // Another module than ours: it compiles, but has not what the core needs.
      fs.writeFileSync(wasm, Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]));
      await expect(openModel(digitsPath, { wasm: pathToFileURL(wasm) })).rejects.toMatchObject({
        name: 'QuantabError',
      });
      const other = path.join(folder, 'right.wasm');
      fs.copyFileSync(dist('quantab_simd.wasm'), other);
      for (const place of [
        other,
        pathToFileURL(other),
        { simd: other },
        { simd: pathToFileURL(other).href },
      ]) {
        const model = await keep(openModel(digitsPath, { wasm: place }));
        expect(model.info.inputs).toHaveLength(1);
      }
    });
  });

  test('a closed model has no file open', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(fs.realpathSync(folder), 'model.onnx');
      fs.copyFileSync(digitsPath, file);
      for (let round = 0; round < 3; round++) {
        const model = await openModel(file);
        const quantized = await model.quantizeDynamic();
        const pending = model.run(digitSamples(1)[0]).catch(() => {});
        model.close();
        quantized.close();
        await pending;
      }
      const deadline = performance.now() + 5000;
      while (timesOpen(file) > 0 && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(timesOpen(file)).toBe(0);
    });
  });

  test('a pipe is refused rather than waited for', async () => {
    await inTemporaryFolder(async (folder) => {
      const pipe = path.join(fs.realpathSync(folder), 'pipe.onnx');
      execFileSync('mkfifo', [pipe]);
      await expect(openModel(pipe)).rejects.toMatchObject({
        code: 'Io',
        message: expect.stringMatching(/is no regular file\. Give a file/),
      });
      expect(timesOpen(pipe)).toBe(0);
    });
  });
});

describe('a worker of the caller', () => {
  const script = dist('worker.node.js');
  test.each([
    ['a path', script],
    ['a URL', pathToFileURL(script)],
    ['a URL as text', pathToFileURL(script).href],
  ])('%s', async (_, place) => {
    const model = await keep(worker.openModel(digitsPath, { worker: place }));
    expect(model.info.inputs).toHaveLength(1);
  });

  test('a function that makes it', async () => {
    const makeWorker = jest.fn(() => new Worker(script));
    const model = await keep(worker.openModel(digitsPath, { worker: makeWorker }));
    expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
    expect(makeWorker).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['a script that is not there', path.join(packageFolder, 'none.js')],
    ['a worker that breaks', () => new Worker('throw new Error("broken")', { eval: true })],
    ['a worker that ends', () => new Worker('process.exit(3)', { eval: true })],
    [
      'a function that throws',
      () => {
        throw new TypeError('mine');
      },
    ],
  ])('%s is an error', async (_, place) => {
    await expect(worker.openModel(digitsPath, { worker: place })).rejects.toMatchObject({
      name: 'QuantabError',
      code: 'Internal',
    });
  });

  test('a worker that breaks later fails its call; the next call has a new one', async () => {
    const workers = [];
    const makeWorker = () => {
      workers.push(new Worker(script));
      return workers.at(-1);
    };
    const model = await keep(worker.openModel(digitsPath, { worker: makeWorker }));
    const running = model.benchmark({ runs: 1_000_000 });
    // The rejection may come before the expectation below.
    running.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    await workers[0].terminate();
    await expect(running).rejects.toMatchObject({ code: 'Internal' });
    expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
    expect(workers).toHaveLength(2);
  });
});

describe('parts', () => {
  test('a module that cannot be given to its start-up code rejects', async () => {
    const { startCore } = await inner('host/wasm.js');
    const module = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    const factory = ({ instantiateWasm }) => {
      instantiateWasm({}, () => {
        throw new TypeError('unexpected exports');
      });
      return new Promise(() => {});
    };
    await expect(startCore(factory, module)).rejects.toThrow('unexpected exports');
  });

  test('a read asks the system for at most 1 GiB at a time', async () => {
    const { nodeFiles } = await inner('host/files_node.js');
    const source = nodeFiles.openSource({ kind: 'path', name: 'm', path: digitsPath });
    const { readSync } = fs;
    const asked = [];
    fs.readSync = (_fd, _out, _at, length) => {
      asked.push(length);
      return length;
    };
    try {
      const size = 2.5 * 2 ** 30;
      expect(source.read(0, { byteLength: size })).toBe(undefined);
      expect(Math.max(...asked)).toBe(2 ** 30);
      expect(asked.reduce((sum, length) => sum + length, 0)).toBe(size);
    } finally {
      fs.readSync = readSync;
      source.close();
    }
  });

  test('a file that turns out to be none is closed again', async () => {
    const { nodeFiles } = await inner('host/files_node.js');
    const { fstatSync, closeSync } = fs;
    const closed = [];
    fs.fstatSync = () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    fs.closeSync = (fd) => {
      closed.push(fd);
      closeSync(fd);
    };
    try {
      expect(() => nodeFiles.openSource({ kind: 'path', name: 'm', path: digitsPath })).toThrow(
        /'m' cannot be opened: Input\/output error/,
      );
      expect(closed).toHaveLength(1);
    } finally {
      Object.assign(fs, { fstatSync, closeSync });
    }
  });
});

test('models of many files at once do not mix', async () => {
  const names = ['conv', 'gemm', 'matmul'];
  for (const [, openModel] of entries) {
    const models = await Promise.all(names.map((name) => keep(openModel(modelPath(name)))));
    const runs = await Promise.all(
      [0, 1, 2, 0, 1, 2].map(async (i) => {
        const [sample] = await samplesOf(names[i]);
        return [i, Object.keys(await models[i].run(sample))];
      }),
    );
    for (const [i, outputs] of runs) {
      expect(outputs).toEqual(models[i].info.outputs.map(({ name }) => name).sort());
    }
  }
});
