// Samples to calibrate and to compare on, one after another. Each is read when it is needed; nothing is kept.
import type { Model, TensorMap } from 'quantab';
import type { PendingSample } from 'quantab/samples';
import { rowsFrom } from './split';

/** Can be gone through more than once. */
export interface SampleSource extends AsyncIterable<TensorMap> {
  readonly length: number;
  /** The class of each; none where they are not known. */
  readonly labels: readonly number[] | undefined;
}

/** What is read at once: a sample, or as many as it has rows. */
export interface Group {
  sample: PendingSample;
  rows: number;
}

export const countSamples = (groups: readonly Group[], split: boolean): number =>
  groups.reduce((sum, { rows }) => sum + (split ? rows : 1), 0);

async function* read(groups: readonly Group[], split: boolean): AsyncGenerator<TensorMap> {
  for (const { sample, rows } of groups) {
    const tensors = await sample.read();
    if (split && rows > 1) yield* rowsFrom(tensors, rows);
    else yield tensors;
  }
}

/** The samples of groups; with `split`, each row of a group is one. */
export const samplesFrom = (
  groups: readonly Group[],
  split: boolean,
  labels: readonly number[] | undefined,
): SampleSource => ({
  length: countSamples(groups, split),
  labels,
  [Symbol.asyncIterator]: () => read(groups, split),
});

/** What each sample is called: after its file, and "x.npy:3" after its row in it, counted from 1. */
export const sampleNames = (groups: readonly Group[], split: boolean): string[] =>
  groups.flatMap(({ sample: { name }, rows }) =>
    split && rows > 1 ? Array.from({ length: rows }, (_, row) => `${name}:${row + 1}`) : [name],
  );

/** One of the samples of groups, by its number from 0. */
export interface OneSample {
  /** After its file, and its row in it. */
  name: string;
  origin: PendingSample;
  tensors: TensorMap;
}

export async function sampleAt(
  groups: readonly Group[],
  split: boolean,
  index: number,
): Promise<OneSample | undefined> {
  let first = 0;
  for (const { sample, rows } of groups) {
    const count = split ? rows : 1;
    if (index >= first + count) {
      first += count;
      continue;
    }
    const tensors = await sample.read();
    if (count === 1) return { name: sample.name, origin: sample, tensors };
    const row = index - first;
    const [part] = [...rowsFrom(tensors, rows, row, row + 1)];
    return { name: `${sample.name}, row ${row + 1}`, origin: sample, tensors: part! };
  }
  return undefined;
}

async function* makeUp(model: Model, count: number): AsyncGenerator<TensorMap> {
  for (let seed = 0; seed < count; ++seed) yield await model.randomSample(seed);
}

export const randomSamples = (model: Model, count: number): SampleSource => ({
  length: count,
  labels: undefined,
  [Symbol.asyncIterator]: () => makeUp(model, count),
});

/** The first sample of a source; none of an empty one. */
export async function firstSample(samples: SampleSource): Promise<TensorMap | undefined> {
  for await (const sample of samples) return sample;
  return undefined;
}

/** The first samples of a source. */
export function firstOf(samples: SampleSource, most: number): SampleSource {
  const length = Math.min(most, samples.length);
  return {
    length,
    labels: samples.labels?.slice(0, length),
    async *[Symbol.asyncIterator]() {
      let left = length;
      for await (const sample of samples) {
        yield sample;
        if (--left === 0) return;
      }
    },
  };
}
