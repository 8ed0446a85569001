// The package's timing of the same models in ONNX Runtime, by the real one: for Node, and for the web.
import { describe, expect, test } from '@jest/globals';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { openModel, Tensor } from 'quantab';
import { benchmarkBesideOnnxRuntime, benchmarkOnnxRuntime } from 'quantab/onnxruntime';
import { digitSamples, digitsPath } from './lib.mjs';

const [feeds] = digitSamples(1);

async function withModels(body) {
  const float = await openModel(digitsPath);
  try {
    const int8 = await float.quantizeDynamic();
    await body(float, int8);
    int8.close();
  } finally {
    float.close();
  }
}

/** A runtime whose sessions tell which of them ran, and which were released. */
function watched(ort, events) {
  const create = async (bytes, options) => {
    const session = await ort.InferenceSession.create(bytes, options);
    const id = bytes.length;
    return {
      run: (given) => {
        events.push(id);
        return session.run(given);
      },
      release: () => {
        events.push(-id);
        return session.release();
      },
    };
  };
  return { InferenceSession: { create }, Tensor: ort.Tensor };
}

describe('the time that models take in ONNX Runtime', () => {
  test.each([
    ['onnxruntime-node', node],
    ['onnxruntime-web', () => Promise.resolve(web)],
  ])('is measured by %s', (_, ort) =>
    withModels(async (float, int8) => {
      const stages = [];
      const latencies = await benchmarkOnnxRuntime([float, int8], {
        ort,
        feeds,
        runs: 5,
        warmup: 1,
        onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`),
      });
      expect(latencies).toHaveLength(2);
      for (const { runs, min, median, p95 } of latencies) {
        expect(runs).toBe(5);
        expect(min).toBeGreaterThan(0);
        expect(median).toBeGreaterThanOrEqual(min);
        expect(p95).toBeGreaterThanOrEqual(median);
      }
      expect(stages.filter((text) => text.startsWith('benchmark'))[0]).toBe('benchmark 0/0');
      expect(stages.at(-1)).toBe('benchmark 12/12');
    }),
  );

  test('is of runs that take turns, on a made-up sample too, and sessions are released', () =>
    withModels(async (float, int8) => {
      const events = [];
      await benchmarkOnnxRuntime([float, int8], { ort: watched(node, events), runs: 2, warmup: 1 });
      const ran = events.filter((id) => id > 0);
      const [a, b] = ran;
      expect(a).not.toBe(b);
      expect(ran).toEqual([a, b, a, b, a, b]);
      expect(events.filter((id) => id < 0).sort()).toEqual([-a, -b].sort());
    }));

  test('is measured in turns with the time that they take here', () =>
    withModels(async (float, int8) => {
      const events = [];
      const watch = (model) => {
        const { benchmark } = model;
        model.benchmark = (options) => {
          expect(options).toMatchObject({ runs: 1, warmup: 0 });
          events.push(`here ${model.byteLength}`);
          return benchmark.call(model, options);
        };
      };
      [float, int8].forEach(watch);
      const stages = [];
      const latencies = await benchmarkBesideOnnxRuntime([float, int8], {
        ort: watched(node, events),
        feeds,
        runs: 2,
        warmup: 1,
        onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`),
      });
      const ran = events.filter((event) => !(event < 0));
      const round = [`here ${float.byteLength}`, `here ${int8.byteLength}`, ...ran.slice(2, 4)];
      expect(ran.slice(2, 4)).toEqual([expect.any(Number), expect.any(Number)]);
      expect(ran).toEqual([...round, ...round, ...round]);
      expect(latencies).toHaveLength(2);
      for (const { quantab, onnxRuntime } of latencies) {
        for (const { runs, min, median, p95 } of [quantab, onnxRuntime]) {
          expect(runs).toBe(2);
          expect(min).toBeGreaterThan(0);
          expect([min, median, p95]).toEqual([min, median, p95].toSorted((a, b) => a - b));
        }
        expect(quantab.constantBytes).toBeGreaterThan(0);
      }
      expect(stages.at(-1)).toBe('benchmark 12/12');
      expect(await benchmarkBesideOnnxRuntime([], { ort: node })).toEqual([]);
    }));

  test('is not to be had for wrong arguments, samples, models, or after an abort', () =>
    withModels(async (float) => {
      const fails = (options, models = [float]) =>
        expect(benchmarkOnnxRuntime(models, { ort: node, feeds, ...options })).rejects;
      await fails({ runs: 0 }).toMatchObject({
        code: 'InvalidArgument',
        message: "'runs' is '0', expected a whole number of at least 1.",
      });
      await fails({
        feeds: { image: new Tensor('float32', [1, 2], new Float32Array(2)) },
      }).toMatchObject({
        code: 'InvalidArgument',
        message: expect.stringContaining('ONNX Runtime cannot run the model on this sample'),
      });
      await fails({
        feeds: { image: new Tensor('bfloat16', [1], new Uint16Array(1)) },
      }).toMatchObject({
        code: 'Unsupported',
        message: expect.stringContaining("Input 'image' has type 'bfloat16'"),
      });
      const broken = {
        Tensor: node.Tensor,
        InferenceSession: { create: () => Promise.reject(new Error('no kernel for this')) },
      };
      await fails({ ort: broken }).toMatchObject({
        code: 'Unsupported',
        message: expect.stringMatching(/^ONNX Runtime cannot open '.*': no kernel for this\.$/),
      });
      const controller = new AbortController();
      const events = [];
      await fails({
        ort: watched(node, events),
        runs: 1000,
        signal: controller.signal,
        onProgress: ({ done }) => done === 3 && controller.abort(),
      }).toMatchObject({ code: 'Cancelled', name: 'AbortError' });
      expect(events.filter((id) => id > 0).length).toBeLessThan(10);
      expect(events.at(-1)).toBeLessThan(0);
      await expect(benchmarkOnnxRuntime([], { ort: node })).resolves.toEqual([]);
    }));
});
