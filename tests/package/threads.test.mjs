// Threads: they are there, they change nothing of the results, and they end with what they belong to.
import { describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import * as worker from 'quantab';
import * as direct from 'quantab/direct';
import { cli, digitSamples, digitsPath, endedDuring, hex, runModule } from './lib.mjs';
import { pools } from './proto.mjs';

/** Runs the model until all its threads have had work, for half a minute at most: every result there was, and what computed. */
async function runWith({ openModel }, threads) {
  const model = await openModel(pools, { threads });
  const feeds = await model.randomSample(5);
  const results = new Set();
  const until = performance.now() + 30_000;
  let capabilities;
  do {
    results.add(hex((await model.run(feeds)).y.data));
    capabilities = await model.capabilities();
  } while (capabilities.threadsUsed < threads && performance.now() < until);
  model.close();
  return { results: [...results], capabilities };
}

describe.each([
  ['in a worker', worker],
  ['directly', direct],
])('%s', (_, entry) => {
  test('several threads work, and give the bytes that one gives', async () => {
    const one = await runWith(entry, 1);
    const three = await runWith(entry, 3);
    expect(one.capabilities).toMatchObject({ threads: 1, threadsUsed: 1 });
    expect(three.capabilities).toMatchObject({ threads: 3, threadsUsed: 3 });
    expect(one.results).toHaveLength(1);
    expect(three.results).toEqual(one.results);
  }, 90_000);

  test('a quantized model is the same file', async () => {
    const quantized = async (threads) => {
      const model = await entry.openModel(digitsPath, { threads });
      const result = await model.quantizeStatic({
        calibrationData: digitSamples(20),
        calibrateMethod: 'Entropy',
      });
      const bytes = hex(await result.bytes());
      model.close();
      result.close();
      return bytes;
    };
    expect(await quantized(3)).toBe(await quantized(1));
  });

  test.each([0, 65, 1.5, '2'])('%p threads are refused', async (threads) => {
    await expect(entry.openModel(digitsPath, { threads })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(
        /^threads must be a whole number of at (least 1|most 64), got /,
      ),
    });
  });
});

test('a model that only is quantized starts no thread', async () => {
  const model = await worker.openModel(digitsPath, { threads: 2 });
  const result = await model.quantizeDynamic();
  expect(await result.capabilities()).toMatchObject({ threads: 1, threadsUsed: 1 });
  result.close();
  model.close();
});

test('closing the last model ends the threads', async () => {
  const ended = await endedDuring(async () => {
    await runWith(direct, 3);
    await setImmediate();
  });
  expect(ended).toBe(2);
});

test.each(['quantab', 'quantab/direct'])(
  'threads of %s keep no program alive',
  async (specifier) => {
    const threads = await runModule(`
    import { openModel } from '${specifier}';
    const model = await openModel(new Uint8Array(${JSON.stringify([...pools])}), { threads: 2 });
    await model.run(await model.randomSample(1));
    console.log((await model.capabilities()).threads);
  `);
    expect(threads).toBe(2);
  },
);

test('the command line takes a number of threads', async () => {
  const { status, stdout } = await cli(
    'bench',
    digitsPath,
    '--threads',
    '2',
    '--runs',
    '2',
    '--json',
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout).models).toHaveLength(1);
});
