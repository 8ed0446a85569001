// Files to samples: one .npz, .npy or .pb per sample, or ONNX's layout test_data_set_*/input_N.pb.
import { QuantabError } from '../core/error.js';
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { formats } from '../generated/formats.js';
import { errorOf, type NamedTensors, type SampleFormat } from './format.js';
import { naturalOrder } from './order.js';

/** A file that may hold (a part of) a sample. `path` may have folders, divided by '/'. */
export interface SampleFile {
  path: string;
  /** All of it; asked for when it is needed, and again for each pass. */
  bytes(): Promise<Uint8Array>;
  /** Files of different batches, such as those that came at different times, never make a sample together. */
  batch?: number | undefined;
}

/** One sample: what it is called and how to read it. */
export interface PendingSample {
  name: string;
  /** The files it is made of. */
  files: readonly SampleFile[];
  /** A tensor for each input that the files have. Rejects with a QuantabError that names the file. */
  read(): Promise<TensorMap<Tensor>>;
}

/** Files by batch, in the order in which batches first appear. */
export function batchesOf(files: readonly SampleFile[]): SampleFile[][] {
  const batches = new Map<number | undefined, SampleFile[]>();
  for (const file of files) {
    const members = batches.get(file.batch);
    if (members === undefined) batches.set(file.batch, [file]);
    else members.push(file);
  }
  return [...batches.values()];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The format of a file by its name, or undefined. */
export function formatOf(path: string): SampleFormat | undefined {
  const name = path.toLowerCase();
  return formats.find(({ extensions }) => extensions.some((extension) => name.endsWith(extension)));
}

/** Reads a file's tensors; what is wrong with it is said with its path. */
export async function readTensors(file: SampleFile): Promise<NamedTensors> {
  const format = formatOf(file.path);
  if (format === undefined) {
    const known = formats.flatMap(({ extensions }) => extensions).join(', ');
    throw new QuantabError(
      'InvalidArgument',
      `'${file.path}' is no file of tensors. Expected one of ${known}.`,
      {
        file: file.path,
      },
    );
  }
  try {
    return await format.read(await file.bytes());
  } catch (error) {
    if (!(error instanceof QuantabError) || error.where.file !== undefined) throw error;
    throw errorOf(error, `'${file.path}'`, file.path);
  }
}

/** The digits of an "input_<digits>.pb", or undefined. */
const inputNumber = (path: string): string | undefined =>
  /^input_(\d+)\.pb$/i.exec(baseName(path))?.[1];

/** Whether a file is an input of a sample that is a folder, as ONNX's test data is laid out. */
export const isNumberedInput = (path: string): boolean => inputNumber(path) !== undefined;

/** Whether a file is what a model should give, rather than a part of a sample. */
export const isNumberedOutput = (path: string): boolean => /^output_\d+\.pb$/i.test(baseName(path));

function hasInputs(inputs: readonly ValueInfo[]): string {
  const names = inputs.map(({ name }) => `'${name}'`).join(', ');
  const count = `${inputs.length === 0 ? 'no' : inputs.length} input${inputs.length === 1 ? '' : 's'}`;
  return `the model has ${count}${names === '' ? '' : `: ${names}`}`;
}

/** The input that a tensor of a file is for: the one of its name, that of the file's number, or the model's only one. */
function inputFor(name: string, path: string, inputs: readonly ValueInfo[]): string {
  if (inputs.some((input) => input.name === name)) return name;
  const number = inputNumber(path);
  const input = number === undefined ? inputs[0] : inputs[Number(number)];
  if (input !== undefined && (number !== undefined || inputs.length === 1)) return input.name;
  const what =
    number === undefined
      ? `holds a tensor without the name of an input, but ${hasInputs(inputs)}. Use .npz files with these names.`
      : `is for input number ${number}, counted from 0, but ${hasInputs(inputs)}. Leave it out, or name its tensor after an input.`;
  throw new QuantabError('InvalidArgument', `'${path}' ${what}`, { file: path });
}

async function readSample(
  files: readonly SampleFile[],
  inputs: readonly ValueInfo[],
): Promise<TensorMap<Tensor>> {
  const sample = new Map<string, Tensor>();
  const from = new Map<string, string>();
  for (const file of files) {
    const { path } = file;
    const tensors = await readTensors(file);
    for (const [name, tensor] of Object.entries(tensors)) {
      const input = formatOf(path)?.keyed ? name : inputFor(name, path, inputs);
      const earlier = from.get(input);
      if (earlier !== undefined) {
        throw new QuantabError(
          'InvalidArgument',
          `'${earlier}' and '${path}' are both for input '${input}'. Leave one of them out.`,
          { file: path },
        );
      }
      from.set(input, path);
      sample.set(input, tensor);
    }
  }
  return Object.fromEntries(sample);
}

/**
 * The samples among files, for a model with these inputs, in the order of their paths (naturalOrder). Files of other kinds
 * are passed over. Nothing is read yet.
 */
export function groupSamples(
  files: readonly SampleFile[],
  inputs: readonly ValueInfo[],
): PendingSample[] {
  const byName = new Map<string, SampleFile[]>();
  for (const file of files) {
    const { path } = file;
    if (formatOf(path) === undefined || isNumberedOutput(path)) continue;
    const name = isNumberedInput(path) ? folderOf(path) || '.' : path;
    const members = byName.get(name);
    if (members === undefined) byName.set(name, [file]);
    else members.push(file);
  }
  return [...byName]
    .sort(([a], [b]) => naturalOrder(a, b))
    .map(([name, members]) => {
      members.sort((a, b) => naturalOrder(a.path, b.path));
      return { name, files: members, read: () => readSample(members, inputs) };
    });
}
