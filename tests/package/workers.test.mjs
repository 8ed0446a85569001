// Calibration shared out to workers: the same file, whoever saw which sample, and a clean end.
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import { digitSamples, digitsPath, endedDuring, hex, wait } from './lib.mjs';

const SAMPLES = 24;

/** What `options` make of the digits, in `workers` workers: the file, the ranges, and how many workers there were. */
async function made(options, workers, open = openModel) {
  const model = await keep(open(digitsPath, { threads: 1 }));
  const call = { calibrationData: digitSamples(SAMPLES), ...options, workers };
  const quantized = await keep(model.quantizeStatic(call));
  const text = await model.calibrate(call);
  const used = (await model.capabilities()).workers;
  return { bytes: hex(await quantized.bytes()), text, used };
}

describe('three workers make what one makes', () => {
  test.each([
    ['MinMax', {}],
    ['a moving average', { calibMovingAverage: true }],
    ['ranges of channels', { calibPerChannel: true }],
    ['Entropy', { calibrateMethod: 'Entropy' }],
    ['Percentile', { calibrateMethod: 'Percentile' }],
    [
      'Distribution',
      {
        calibrateMethod: 'Distribution',
        weightType: 'QFLOAT8E4M3FN',
        activationType: 'QFLOAT8E4M3FN',
      },
    ],
    ['MSE', { calibrateMethod: 'MSE' }],
    ['a model prepared first', { preProcess: true, calibrateMethod: 'Entropy' }],
  ])('%s', async (_, options) => {
    const one = await made(options, 1);
    const three = await made(options, 3);
    expect([one.used, three.used]).toEqual([1, 3]);
    expect(three.text).toBe(one.text);
    expect(three.bytes).toBe(one.bytes);
  });

  test('samples that can be read only once', async () => {
    const once = async (workers) => {
      const calibrationData = digitSamples(SAMPLES)[Symbol.iterator]();
      const model = await keep(openModel(digitsPath, { threads: 1 }));
      const text = await model.calibrate({ calibrationData, workers });
      return { text, used: (await model.capabilities()).workers };
    };
    const one = await once(1);
    expect(await once(3)).toEqual({ ...one, used: 3 });
  });
});

test.each([
  ['SmoothQuant', { smoothQuant: true }],
  ['bias correction', { biasCorrection: true }],
  ['collections', { calibStridedMinMax: 5 }],
])('%s stays in one worker', async (_, options) => {
  const { used, bytes } = await made(options, 3);
  expect(used).toBe(1);
  expect(bytes).toBe((await made(options, 1)).bytes);
});

test('where calls block their caller there are no others', async () => {
  expect((await made({}, 3, direct.openModel)).used).toBe(1);
});

test('progress counts every sample of every pass', async () => {
  const model = await keep(openModel(digitsPath, { threads: 1 }));
  const seen = [];
  await model.calibrate({
    calibrateMethod: 'Entropy',
    calibrationData: digitSamples(SAMPLES),
    workers: 3,
    onProgress: ({ stage, done, total }) => stage === 'calibrate' && seen.push([done, total]),
  });
  const dones = [...Array(SAMPLES + 1).keys()];
  expect(seen).toEqual(
    [...dones, ...dones.map((done) => SAMPLES + done)].map((done) => [done, 2 * SAMPLES]),
  );
});

test('a sample that does not fit ends all workers, with the message that one gives', async () => {
  const model = await keep(openModel(digitsPath, { threads: 1 }));
  const calibrationData = digitSamples(SAMPLES);
  calibrationData[7] = {
    image: { dtype: 'float32', dims: [1, 1, 8, 9], data: new Float32Array(72) },
  };
  const failure = (workers) =>
    model.calibrate({ calibrationData, workers }).catch((error) => error);
  const alone = await failure(1);
  expect(alone).toMatchObject({ code: 'InvalidArgument' });
  const ended = await endedDuring(async () => {
    expect((await failure(3)).message).toBe(alone.message);
  });
  expect(ended).toBe(2);
  expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
});

test('a cancelled calibration ends all workers', async () => {
  const model = await keep(openModel(digitsPath, { threads: 1 }));
  const controller = new AbortController();
  let asked = 0;
  function* endless() {
    const [sample] = digitSamples(1);
    for (;;) {
      if (++asked === 10) controller.abort();
      yield sample;
    }
  }
  const ended = await endedDuring(async () => {
    const calibrating = model.calibrate({
      calibrationData: endless(),
      workers: 3,
      signal: controller.signal,
    });
    await expect(calibrating).rejects.toMatchObject({ code: 'Cancelled' });
  });
  expect(ended).toBe(2);
  const before = asked;
  await wait(50);
  expect(asked).toBe(before);
  expect(Object.keys(await model.run(digitSamples(1)[0]))).toEqual(['logits']);
});

test.each([0, 65, 1.5, '2'])('%p workers are refused', async (workers) => {
  const model = await keep(openModel(digitsPath));
  await expect(
    model.calibrate({ calibrationData: digitSamples(1), workers }),
  ).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringMatching(/^workers /) });
});
