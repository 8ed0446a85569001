// A folder of samples on disk.
import fs from 'node:fs';
import path from 'node:path';

import { QuantabError } from '../core/error.js';
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { ioError, nodeFiles } from '../host/files_node.js';
import {
  formatOf,
  groupSamples,
  isNumberedInput,
  isNumberedOutput,
  type SampleFile,
} from '../samples/group.js';
import { configOf } from '../samples/configs.js';
import { nodeDecoders } from '../samples/decode_node.js';
import { naturalOrder } from '../samples/order.js';
import { isMediaFile, readWith } from '../samples/read.js';
import { parsePreprocess, type PartialPreprocess } from '../samples/settings.js';
import type { Invocation } from './command.js';
import { recipeIn } from './conversion.js';
import { baseName, inFolder, statOf } from './paths.js';
import { readText } from './text_file.js';

/** Samples that can be gone through more than once, and what each is called. */
type FolderSamples = AsyncIterable<TensorMap<Tensor>> & {
  length: number;
  names: readonly string[];
};

/** Deeper folders are not looked into. */
const MOST_DEPTH = 8;

function readFile(file: string): Uint8Array {
  const source = nodeFiles.openSource({ kind: 'path', name: file, path: file });
  try {
    const bytes = new Uint8Array(source.size);
    const failure = source.read(0, bytes);
    if (failure !== undefined) throw new QuantabError('Io', failure, { file });
    return bytes;
  } finally {
    source.close();
  }
}

/** A file given on the command line. */
export const sampleFile = (file: string): SampleFile => ({
  path: file,
  bytes: async () => readFile(file),
});

interface Entry {
  path: string;
  isFolder: boolean;
}

function list(folder: string): Entry[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch (error) {
    throw ioError(folder, 'cannot be read', error);
  }
  return names
    .map((name) => inFolder(folder, name))
    .map((path) => ({ path, isFolder: statOf(path)?.isDirectory() ?? false }))
    .sort((a, b) => naturalOrder(a.path, b.path));
}

/** The ways to lay out samples, of which a folder may use one. */
const KINDS = ['.npz', '.npy', '.pb', 'input_N.pb', 'test_data_set_*'] as const;
type Kind = (typeof KINDS)[number];

function kindOf(path: string): Kind | undefined {
  if (isNumberedInput(path)) return 'input_N.pb';
  if (isNumberedOutput(path)) return undefined;
  return formatOf(path)?.extensions[0] as Kind | undefined;
}

/** Every file that is a sample or a part of one, and the first of each kind. */
function filesIn(folder: string): { files: SampleFile[]; kinds: Map<Kind, string> } {
  const files: SampleFile[] = [];
  const kinds = new Map<Kind, string>();
  const add = (kind: Kind, first: string, paths: readonly string[]) => {
    if (!kinds.has(kind)) kinds.set(kind, first);
    files.push(...paths.map(sampleFile));
  };
  for (const { path, isFolder } of list(folder)) {
    if (isFolder) {
      if (!baseName(path).startsWith('test_data_set_')) continue;
      const inputs = list(path).filter((entry) => !entry.isFolder && isNumberedInput(entry.path));
      if (inputs.length > 0) {
        add(
          'test_data_set_*',
          path,
          inputs.map((entry) => entry.path),
        );
      }
    } else {
      const kind = kindOf(path);
      if (kind !== undefined) add(kind, path, [path]);
    }
  }
  return { files, kinds };
}

/** Every file of a folder and of those in it; those that systems put there are left out. */
function filesBelow(folder: string, depth = 0): SampleFile[] {
  return list(folder)
    .filter(({ path }) => !baseName(path).startsWith('.'))
    .flatMap(({ path, isFolder }) => {
      if (!isFolder) return [sampleFile(path)];
      return depth < MOST_DEPTH ? filesBelow(path, depth + 1) : [];
    });
}

interface Settings {
  given: PartialPreprocess;
  beside: SampleFile[];
}

/**
 * The settings that --preprocess names, or that the recipe of --recipe holds, with the folder of the file, where a tokenizer may lie
 * as well.
 */
function settingsOf({ value }: Invocation): Settings | undefined {
  const file = value('preprocess');
  if (file !== undefined) return settingsIn(file, jsonIn(file));
  const recipe = value('recipe');
  const held = recipe === undefined ? undefined : recipeIn(recipe).preprocess;
  return held && settingsIn(recipe!, held);
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readText(file)) as unknown;
  } catch (error) {
    if (error instanceof QuantabError) throw error;
    return undefined;
  }
}

function settingsIn(file: string, value: unknown): Settings {
  const beside = list(path.dirname(file)).filter(
    ({ path, isFolder }) => !isFolder && configOf(path) !== undefined,
  );
  return {
    given: parsePreprocess(value, file),
    beside: beside.map((entry) => sampleFile(entry.path)),
  };
}

/** All samples below a folder, as --preprocess or the recipe says, or as is guessed; undefined when there is nothing but perhaps arrays. */
async function mediaIn(
  folder: string,
  inputs: readonly ValueInfo[],
  invocation: Invocation,
): Promise<FolderSamples | undefined> {
  const { call, value } = invocation;
  const own = [value('preprocess'), value('recipe'), value('labels')].map(
    (file) => file && path.resolve(file),
  );
  const files = filesBelow(folder).filter((each) => !own.includes(path.resolve(each.path)));
  const forced = value('preprocess') !== undefined;
  if (!forced && !files.some(({ path }) => isMediaFile(path))) return undefined;
  const settings = settingsOf(invocation);
  const samples = await readWith(
    nodeDecoders,
    [...files, ...(settings?.beside ?? [])],
    inputs,
    settings?.given,
    { onWarning: (message) => call.onLog('warning', message) },
  );
  if (settings === undefined) {
    call.onLog(
      'info',
      `How files become inputs is guessed: ${JSON.stringify(samples.preprocess)} Save this, corrected, as a file for '--preprocess'.`,
    );
  }
  return samples;
}

/**
 * The samples of a folder, read one at a time: the arrays in it, as the native program takes them, or else what readSamples()
 * makes of all files below it; that too where --preprocess is given. Rejects when there are none, or several kinds of arrays.
 */
export async function samplesIn(
  folder: string,
  inputs: readonly ValueInfo[],
  invocation: Invocation,
): Promise<FolderSamples> {
  const { files, kinds } = filesIn(folder);
  if (kinds.size === 0 || invocation.value('preprocess') !== undefined) {
    const media = await mediaIn(folder, inputs, invocation);
    if (media !== undefined) return media;
  }
  if (kinds.size !== 1) {
    const [first, second] = KINDS.filter((kind) => kinds.has(kind)).map(
      (kind) => `'${baseName(kinds.get(kind)!)}'`,
    );
    const what =
      first === undefined
        ? 'no samples'
        : `several kinds of samples, such as ${first} and ${second}`;
    throw new QuantabError(
      'InvalidArgument',
      `'${folder}' holds ${what}. Give one .npz per sample, one .npy or .pb per sample (models with one input), or test_data_set_*/input_N.pb.`,
      { file: folder },
    );
  }
  const samples = groupSamples(files, inputs);
  return {
    length: samples.length,
    names: samples.map(({ name }) => name),
    async *[Symbol.asyncIterator]() {
      for (const sample of samples) yield await sample.read();
    },
  };
}
