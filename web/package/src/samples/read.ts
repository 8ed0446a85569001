// Files of any kinds to samples.
import { QuantabError } from '../core/error.js';
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { unpackSamples } from './archive.js';
import { SampleChecks } from './checks.js';
import { configOf, objectIn, parseJsonObject } from './configs.js';
import { errorOf } from './format.js';
import {
  batchesOf,
  formatOf,
  groupSamples,
  isNumberedInput,
  type PendingSample,
  type SampleFile,
} from './group.js';
import { completePreprocess, type Hints } from './guess.js';
import { isLabelFile } from './labels/label_files.js';
import { naturalOrder } from './order.js';
import type { Decoders, PendingPart, ReadContext, SampleReader } from './reader.js';
import { audio } from './readers/audio.js';
import { csv } from './readers/csv.js';
import { image } from './readers/image.js';
import { json } from './readers/json.js';
import { jsonl } from './readers/jsonl.js';
import { text } from './readers/text.js';
import type { InputKind, InputSettings, PartialPreprocess, Preprocess } from './settings.js';
import { Tokenizers } from './text/tokenizers.js';
import { constantTensor } from './values.js';

const READERS: readonly SampleReader[] = [image, audio, text, csv, json, jsonl];

/** Samples that are read one at a time, as often as they are gone through. */
export interface SampleSet extends AsyncIterable<TensorMap<Tensor>> {
  /** How many samples there are. */
  readonly length: number;
  /** The settings that are used: what was given, and guesses. */
  readonly preprocess: Preprocess;
  /** What each is called, by the file it comes from. */
  readonly names: readonly string[];
  /** Each by itself, to be read on its own. */
  readonly samples: readonly PendingSample[];
  /** Files that could be samples, but of kinds that no input takes. */
  readonly unused: readonly SampleFile[];
}

/** What readSamples() takes beside files. */
export interface ReadOptions {
  /**
   * Hears of files that cannot be opened. They are left out then, and there may be no samples at all; without it, the first of
   * them rejects.
   */
  onError?: ((error: unknown, files: readonly SampleFile[]) => void) | undefined;
  /** Hears, when all have been gone through once, what is suspicious about the samples and why it matters. */
  onWarning?: ((message: string) => void) | undefined;
}

function readerOf(path: string): SampleReader | undefined {
  if (configOf(path) !== undefined || isLabelFile(path)) return undefined;
  const name = path.toLowerCase();
  return READERS.find(({ extensions }) => extensions.some((end) => name.endsWith(end)));
}

/** Whether a file of this name may hold samples that are no arrays. */
export const isMediaFile = (path: string): boolean =>
  readerOf(path) !== undefined || /\.zip$/i.test(path);

/** Whether a file of this name is not a sample but says how samples are made, such as a tokenizer.json. */
export const isConfigFile = (path: string): boolean => configOf(path) !== undefined;

/** Whether a file of this name is of use among samples: as such, or for what it says of them to readSamples() or readLabels(). */
export const isSampleFile = (path: string): boolean =>
  isMediaFile(path) || formatOf(path) !== undefined || isConfigFile(path) || isLabelFile(path);

type OnError = NonNullable<ReadOptions['onError']>;

const rethrow: OnError = (error) => {
  throw error;
};

/** Takes from a configuration file what it says. */
async function addHints(file: SampleFile, hints: Hints): Promise<void> {
  const config = configOf(file.path);
  if (config === undefined || config === 'other') return;
  const json = parseJsonObject(await file.bytes(), file.path);
  if (config !== 'processor') hints[config] ??= json;
  else {
    hints.preprocessor ??= objectIn(json, 'image_processor') ?? objectIn(json, 'feature_extractor');
  }
}

/** The files beside the samples that say how inputs are made, and the kinds of files there are. */
async function hintsFrom(files: readonly SampleFile[], onError: OnError): Promise<Hints> {
  const hints: Hints = {};
  for (const file of files) {
    try {
      await addHints(file, hints);
    } catch (error) {
      onError(error, [file]);
    }
  }
  const kinds = new Set<InputKind>();
  for (const reader of files.map(({ path }) => readerOf(path))) {
    if (reader?.kinds.length === 1) kinds.add(reader.kinds[0]!);
    else if (reader !== undefined && hints.tokenizer !== undefined) kinds.add('text');
  }
  return { ...hints, kinds };
}

/** Whether an input of these settings needs files. */
const isOpen = (settings: InputSettings): boolean =>
  settings.kind !== 'tensor' || settings.value === undefined;

/** The kinds of inputs that files have to be for. */
const wantedKinds = ({ inputs }: Preprocess): Set<InputKind> =>
  new Set(
    Object.values(inputs)
      .filter(isOpen)
      .map(({ kind }) => kind),
  );

/** Adds what no file gives; throws where an input stays without a value. */
function complete(
  sample: TensorMap<Tensor>,
  name: string,
  { inputs, preprocess }: ReadContext,
): TensorMap<Tensor> {
  for (const input of inputs) {
    if (Object.hasOwn(sample, input.name)) continue;
    const settings = preprocess.inputs[input.name];
    if (settings?.kind !== 'tensor' || settings.value === undefined) {
      throw new QuantabError(
        'InvalidArgument',
        `'${name}' gives nothing for input '${input.name}'. Set its 'value' in the preprocessing, or give .npz files.`,
        { file: name },
      );
    }
    sample[input.name] = constantTensor(settings.value, input);
  }
  return sample;
}

/** The samples of files that belong together, each being for other inputs. */
async function samplesOf(
  files: readonly SampleFile[],
  context: ReadContext,
): Promise<PendingSample[]> {
  const opened = await Promise.all(files.map((file) => openFile(file, context)));
  const [first, ...others] = opened;
  const odd = opened.findIndex(({ length }) => length !== first!.length);
  if (odd >= 0) {
    throw new QuantabError(
      'InvalidArgument',
      `'${files[0]!.path}' holds ${first!.length} and '${files[odd]!.path}' ${opened[odd]!.length} samples, but they belong together. Leave one of them out.`,
    );
  }
  return first!.map(({ name, read }, i) => ({
    name,
    files,
    async read() {
      const parts = [await read()];
      for (const other of others) parts.push(await other[i]!.read());
      return complete(Object.assign({}, ...parts) as TensorMap<Tensor>, name, context);
    },
  }));
}

/** What is in a file; errors name it. */
async function openFile(file: SampleFile, context: ReadContext): Promise<PendingPart[]> {
  const named = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QuantabError) || error.where.file !== undefined) throw error;
      throw errorOf(error, `'${name}'`, file.path);
    }
  };
  const parts = await named(file.path, () => readerOf(file.path)!.open(file, context));
  return parts.map(({ name, read }) => ({ name, read: () => named(name, read) }));
}

/** The samples of arrays. One without a name is for the only input that has no value of its own. */
function arraysAmong(files: readonly SampleFile[], context: ReadContext): PendingSample[] {
  const { inputs, preprocess } = context;
  const arrays = files.filter(({ path }) => formatOf(path) !== undefined);
  const open = inputs.filter(({ name }) => isOpen(preprocess.inputs[name]!));
  const samples = [true, false].flatMap((numbered) =>
    groupSamples(
      arrays.filter(({ path }) => isNumberedInput(path) === numbered),
      numbered ? inputs : open,
    ),
  );
  return samples.map(({ name, files: members, read }) => ({
    name,
    files: members,
    read: async () => complete(await read(), name, context),
  }));
}

const stemOf = (path: string): string => path.replace(/\.[^./]*$/, '');

/** Files that make a sample together: those of one name but for the extension, where inputs are of several kinds. */
function together(files: readonly SampleFile[], several: boolean): SampleFile[][] {
  const byStem = new Map<string, SampleFile[]>();
  for (const file of files) {
    const stem = several ? stemOf(file.path) : file.path;
    byStem.set(stem, [...(byStem.get(stem) ?? []), file]);
  }
  return [...byStem.values()].flatMap((group) => {
    const readers = new Set(group.map(({ path }) => readerOf(path)));
    return readers.size === group.length ? [group] : group.map((file) => [file]);
  });
}

const noSamples = (files: readonly SampleFile[], preprocess: Preprocess): QuantabError => {
  const example = files.find(({ path }) => readerOf(path) !== undefined);
  const takes = Object.entries(preprocess.inputs).map(([name, { kind }]) => `'${name}': ${kind}`);
  const unused = example === undefined ? '' : `, but such as '${example.path}'`;
  return new QuantabError(
    'InvalidArgument',
    `There are no files for the model's inputs${unused}. The inputs are taken as ${takes.join(', ')}; the preprocessing can say otherwise.`,
  );
};

/**
 * The samples among files: arrays (.npz, .npy, .pb, ONNX's test_data_set_* folders), pictures, sounds, texts, tables and JSON, also
 * in zip files, in the order of their paths. `given` says how they become inputs; what it leaves open is guessed from the inputs'
 * names and shapes and from a preprocessor_config.json, tokenizer.json and tokenizer_config.json among the files. Files that no
 * input takes are passed over, and files of labels, which are for readLabels(). Rejects with a QuantabError when there are no samples, unless `onError` is given, or settings do
 * not fit.
 */
export async function readWith(
  decoders: Decoders,
  files: readonly SampleFile[],
  inputs: readonly ValueInfo[],
  given: PartialPreprocess = { inputs: {} },
  { onWarning, onError }: ReadOptions = {},
): Promise<SampleSet> {
  const all = (await unpackSamples(files)).sort((a, b) => naturalOrder(a.path, b.path));
  const hear = onError ?? rethrow;
  const preprocess = completePreprocess(given, inputs, await hintsFrom(all, hear));
  const wanted = wantedKinds(preprocess);
  const isWanted = ({ path }: SampleFile) =>
    readerOf(path)?.kinds.some((kind) => wanted.has(kind)) ?? false;
  const context = { inputs, preprocess, tokenizers: new Tokenizers(all), decoders };
  const samples: PendingSample[] = [];
  for (const batch of batchesOf(all)) {
    samples.push(...arraysAmong(batch, context));
    for (const group of together(batch.filter(isWanted), wanted.size > 1)) {
      try {
        samples.push(...(await samplesOf(group, context)));
      } catch (error) {
        hear(error, group);
      }
    }
  }
  if (samples.length === 0 && onError === undefined) throw noSamples(all, preprocess);
  samples.sort((a, b) => naturalOrder(a.name, b.name));
  let isChecked = onWarning === undefined;
  return {
    length: samples.length,
    preprocess,
    names: samples.map(({ name }) => name),
    samples,
    unused: all.filter((file) => readerOf(file.path) !== undefined && !isWanted(file)),
    async *[Symbol.asyncIterator]() {
      const checks = isChecked ? undefined : new SampleChecks(inputs, preprocess);
      for (const sample of samples) {
        const tensors = await sample.read();
        checks?.add(tensors);
        yield tensors;
      }
      if (isChecked) return;
      isChecked = true;
      checks?.warnings().forEach((message) => onWarning?.(message));
    },
  };
}
