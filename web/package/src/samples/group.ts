// Files to samples: one .npz or .npy per sample, or ONNX's layout test_data_set_*/input_N.pb.
import { QuantabError } from '../core/error.js';
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { formats } from '../generated/formats.js';
import type { NamedTensors, SampleFormat } from './format.js';

/** A file that may hold (a part of) a sample. `path` may have folders, divided by '/'. */
export interface SampleFile {
  path: string;
  bytes(): Promise<Uint8Array>;
}

/** One sample: what it is called and how to read it. */
export interface PendingSample {
  name: string;
  read(): Promise<TensorMap<Tensor>>;
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
    throw new QuantabError(
      error.code,
      `'${file.path}': ${error.message}`,
      { file: file.path },
      { cause: error },
    );
  }
}

const indexOfInput = (path: string): number =>
  Number(/^input_(\d+)\.pb$/.exec(baseName(path))?.[1] ?? -1);

/** '/input_10' after '/input_9', whatever the system's order is. */
const byPath = (a: { path: string }, b: { path: string }): number =>
  a.path.localeCompare(b.path, 'en', { numeric: true });

/** The single tensor of a file that names none belongs to the model's single input. */
function nameSingle(
  tensors: NamedTensors,
  inputs: readonly ValueInfo[],
  path: string,
): TensorMap<Tensor> {
  const single = tensors[''];
  if (single === undefined) return tensors;
  const input = inputs[0];
  if (input === undefined || inputs.length !== 1) {
    const names = inputs.map(({ name }) => `'${name}'`).join(', ');
    throw new QuantabError(
      'InvalidArgument',
      `'${path}' holds one array without a name, but the model has ${inputs.length} inputs: ${names}. Use .npz files with these names.`,
      { file: path },
    );
  }
  return { [input.name]: single };
}

async function readOnnxFolder(
  files: readonly SampleFile[],
  inputs: readonly ValueInfo[],
): Promise<TensorMap<Tensor>> {
  const sample: TensorMap<Tensor> = {};
  for (const file of files) {
    for (const [name, tensor] of Object.entries(await readTensors(file))) {
      const byName = inputs.find((input) => input.name === name);
      const input = byName ?? inputs[indexOfInput(file.path)];
      if (input === undefined) {
        throw new QuantabError(
          'InvalidArgument',
          `'${file.path}' is number ${indexOfInput(file.path)}, but the model has ${inputs.length} inputs.`,
          { file: file.path },
        );
      }
      sample[input.name] = tensor;
    }
  }
  return sample;
}

/**
 * The samples among files, for a model with these inputs, in the order of their paths. Files of other kinds are passed
 * over. Nothing is read yet.
 */
export function groupSamples(
  files: readonly SampleFile[],
  inputs: readonly ValueInfo[],
): PendingSample[] {
  const known = files.filter(({ path }) => formatOf(path) !== undefined).sort(byPath);
  const folders = new Map<string, SampleFile[]>();
  const samples: { path: string; sample: PendingSample }[] = [];
  for (const file of known) {
    if (/^output_\d+\.pb$/.test(baseName(file.path))) continue;
    if (indexOfInput(file.path) >= 0) {
      const folder = folderOf(file.path);
      const members = folders.get(folder);
      if (members === undefined) folders.set(folder, [file]);
      else members.push(file);
      continue;
    }
    samples.push({
      path: file.path,
      sample: {
        name: file.path,
        read: async () => nameSingle(await readTensors(file), inputs, file.path),
      },
    });
  }
  for (const [path, members] of folders) {
    samples.push({
      path,
      sample: { name: path || '.', read: () => readOnnxFolder(members, inputs) },
    });
  }
  return samples.sort(byPath).map(({ sample }) => sample);
}
