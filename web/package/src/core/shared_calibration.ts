// Samples shared out to quantizers in several cores. What each sees of a sample is kept apart and put together in the order of the
// samples, so that the result is that of one quantizer to the bit.
import type { Engine } from './engine.js';
import type { Family } from './family.js';
import { canRestart, eachSample, lengthOf } from './feeds.js';
import { wholeNumber } from './options.js';
import type { Origin } from './origin.js';
import type { Begun, ModelHandle, Order, QuantizerHandle } from './protocol.js';
import { interrupted, release } from './search.js';
import { MOST_THREADS } from './start.js';
import type { TensorMap } from './tensor.js';
import type { CallOptions, Samples, StaticCall } from './types.js';

/** Samples for each worker that make up for starting it. */
const SAMPLES_PER_WORKER = 8;

interface Member {
  engine: Engine;
  quantizer: QuantizerHandle;
}

/**
 * The workers of a calibration: as many as were asked for; else as many as the machine has of use, where there are no threads
 * and samples enough.
 */
function workersFor(
  { workers, calibrationData }: StaticCall,
  usual: number,
  engine: Engine,
): number {
  if (workers !== undefined) return wholeNumber('workers', workers, 1, MOST_THREADS);
  if (engine.threads > 1 || calibrationData === undefined) return 1;
  const length = lengthOf(calibrationData);
  return Math.max(1, Math.min(usual, Math.floor(length / SAMPLES_PER_WORKER)));
}

/** Gives all samples to a quantizer of a model, and to others in cores of their own where that helps, and takes its result. */
export async function calibratedOn<T>(
  family: Family,
  model: ModelHandle,
  origin: Origin,
  order: Order,
  options: StaticCall,
  finish: (quantizer: QuantizerHandle) => Promise<T>,
): Promise<T> {
  const { engine, platform } = family;
  const { calibrationData } = options;
  const once = !canRestart(calibrationData);
  const workers = workersFor(options, platform.usualThreads(), engine);
  const begun = await engine.call('beginStatic', { model, order, once }, options, model);
  const { quantizer } = begun;
  const helpers: Engine[] = [];
  try {
    if (begun.shareable && origin.canMake) {
      for (let i = 1; i < workers; ++i) helpers.push(...engine.another());
    }
    family.calibrators = 1 + helpers.length;
    const joining = helpers.map((each) => joinIn(each, origin, order, once, options));
    const members = [{ engine, quantizer }, ...(await Promise.all(joining))];
    await calibrate(members, begun, calibrationData, options);
    return await finish(quantizer);
  } catch (error) {
    throw interrupted(error, 'calibration');
  } finally {
    for (const each of helpers) each.close();
    release(engine, quantizer);
  }
}

/** A quantizer by the same order, of the same model, in another engine. */
async function joinIn(
  engine: Engine,
  origin: Origin,
  order: Order,
  once: boolean,
  { signal }: CallOptions,
): Promise<Member> {
  const { model } = await origin.make(engine, { signal });
  const { quantizer } = await engine.call('beginStatic', { model, order, once }, { signal }, model);
  return { engine, quantizer };
}

type Statistics = Uint8Array<ArrayBuffer>;

/** Gives all samples to a quantizer, or to whichever of several is free, as often as is needed; the first can finish then. */
async function calibrate(
  members: readonly Member[],
  { passes }: Begun,
  samples: Samples | undefined,
  options: CallOptions,
): Promise<void> {
  const { signal, onLog } = options;
  const shared = members.length > 1;
  const each = <T>(task: (member: Member) => Promise<T>) => Promise.all(members.map(task));
  const collect = ({ engine, quantizer }: Member, sample: TensorMap) =>
    engine.call('collect', { quantizer, sample }, { signal, onLog }, quantizer);
  const take = ({ engine, quantizer }: Member) =>
    engine.call('takeStatistics', { quantizer }, { signal }, quantizer);
  const merge = ({ engine, quantizer }: Member, statistics: Statistics[]) =>
    engine.call('mergeStatistics', { quantizer, statistics }, { signal }, quantizer);
  for (let pass = 0; pass < passes; ++pass) {
    if (pass > 0) {
      await each(({ engine, quantizer }) =>
        engine.call('nextPass', { quantizer }, options, quantizer),
      );
    }
    const apart: Statistics[] = [];
    await dealOut(members, samples, options, { pass, passes }, async (member, sample, index) => {
      await collect(member, sample);
      if (shared && pass === 0) apart[index] = await take(member);
    });
    if (!shared) continue;
    const [first, ...others] = members as [Member, ...Member[]];
    if (pass > 0) await merge(first, await Promise.all(others.map(take)));
    else if (passes > 1) await each((member) => merge(member, apart));
    else await merge(first, apart);
  }
}

/** One pass: every sample to the member that is free first. Rejects with the first failure, whoever goes on then. */
async function dealOut(
  members: readonly Member[],
  samples: Samples | undefined,
  options: CallOptions,
  count: { pass: number; passes: number },
  task: (member: Member, sample: TensorMap, index: number) => Promise<void>,
): Promise<void> {
  let index = 0;
  // Of each member, its number once it is free.
  const turns = members.map((_, number) => Promise.resolve(number));
  await eachSample(
    samples,
    'calibrate',
    options,
    async (sample) => {
      const free = await Promise.race(turns);
      const turn = task(members[free] as Member, sample, index++).then(() => free);
      // The first failure is met by who waits for a member; of further ones nobody needs to hear.
      turn.catch(() => {});
      turns[free] = turn;
      // No sample is asked for before somebody can take it.
      await Promise.race(turns);
    },
    count,
  );
  await Promise.all(turns);
}
