// Dropped files as samples. A file is read each time it is needed; nothing is kept.
import type { Model, TensorMap, ValueInfo } from 'quantab';
import { groupSamples, type ImageOptions, type PendingSample } from 'quantab/samples';
import type { NamedFile } from './files';
import { sampleFromPicture } from './pictures';
import { rowsFrom, rowsOf } from './split';

/** Can be gone through more than once. */
export interface SampleSource extends AsyncIterable<TensorMap> {
  readonly length: number;
}

/** A file of tensors, or the numbered files of one folder: a sample, or as many as it has rows. */
export interface TensorGroup {
  files: number;
  rows: number;
  read(): Promise<TensorMap>;
}

/** An input of a sample that is a folder, as ONNX's test data is laid out. */
const NUMBERED = /(^|\/)input_\d+\.pb$/i;
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Files of one name came from different folders: each is a sample by itself, but numbered ones could be parts of any. */
function apart(files: readonly NamedFile[]): NamedFile[][] {
  const seen = new Set<string>();
  const firsts: NamedFile[] = [];
  const others: NamedFile[][] = [];
  for (const entry of files) {
    if (!seen.has(entry.path)) firsts.push(entry);
    else if (!NUMBERED.test(entry.path)) others.push([entry]);
    else {
      throw new Error(
        `Two files are called '${entry.path}', so it cannot be told which sample each belongs to. Give their folders, or one sample at a time.`,
      );
    }
    seen.add(entry.path);
  }
  return [firsts, ...others];
}

/** How many files a sample is made of: the numbered ones of its folder, or one. */
function filesOf({ name }: PendingSample, files: readonly NamedFile[]): number {
  const inFolder = ({ path }: NamedFile) => NUMBERED.test(path) && (folderOf(path) || '.') === name;
  return Math.max(1, files.filter(inFolder).length);
}

/**
 * The groups among files that came together; files that came at another time are never of the same group. Each is read once, to see
 * what it holds; `fail` hears of those that cannot be used.
 */
export async function* tensorGroups(
  files: readonly NamedFile[],
  inputs: readonly ValueInfo[],
  fail: (error: unknown) => void,
): AsyncGenerator<TensorGroup> {
  const samples = apart(files).flatMap((part) =>
    groupSamples(
      part.map(({ path, file }) => ({
        path,
        bytes: async () => new Uint8Array(await file.arrayBuffer()),
      })),
      inputs,
    ),
  );
  for (const sample of samples) {
    try {
      const rows = rowsOf(await sample.read(), inputs);
      yield { files: filesOf(sample, files), rows, read: () => sample.read() };
    } catch (error) {
      fail(error);
    }
  }
}

export interface SampleSet {
  groups: readonly TensorGroup[];
  /** Whether each row of a group is a sample. */
  split: boolean;
  pictures: readonly NamedFile[];
  /** How pictures are prepared; needed when there are some. */
  image: ImageOptions | undefined;
}

export const countSamples = ({ groups, split, pictures }: SampleSet): number =>
  groups.reduce((sum, { rows }) => sum + (split ? rows : 1), 0) + pictures.length;

async function* read(set: SampleSet, input: string): AsyncGenerator<TensorMap> {
  for (const group of set.groups) {
    const sample = await group.read();
    if (set.split && group.rows > 1) yield* rowsFrom(sample, group.rows);
    else yield sample;
  }
  for (const picture of set.pictures) yield sampleFromPicture(picture, input, set.image!);
}

export const samplesFrom = (set: SampleSet, inputs: readonly ValueInfo[]): SampleSource => ({
  length: countSamples(set),
  [Symbol.asyncIterator]: () => read(set, inputs[0]?.name ?? ''),
});

async function* makeUp(model: Model, count: number): AsyncGenerator<TensorMap> {
  for (let seed = 0; seed < count; ++seed) yield await model.randomSample(seed);
}

export const randomSamples = (model: Model, count: number): SampleSource => ({
  length: count,
  [Symbol.asyncIterator]: () => makeUp(model, count),
});
