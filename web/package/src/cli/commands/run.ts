// quantab run MODEL --input NAME=FILE --output-dir DIR: one run, its outputs as files.
import fs from 'node:fs';

import { openModel, QuantabError, type Tensor, type TensorMap } from '../../index.node.js';
import { ioError } from '../../host/files_node.js';
import { nodePlatform } from '../../platform/node.js';
import { formatOf, readTensors, writeNpy } from '../../samples/index.js';
import { UsageError, type Command } from '../command.js';
import { table } from '../console.js';
import { inFolder, makeFolder } from '../paths.js';
import { sampleFile } from '../sample_folder.js';

interface Output {
  name: string;
  dtype: string;
  dims: readonly number[];
  file: string;
}

interface RunResult {
  outputs: Output[];
}

/** The tensor of a file for an input: the one of that name, or the only one there is. */
async function readInput(input: string, file: string): Promise<Tensor> {
  const tensors = await readTensors(sampleFile(file));
  if (Object.hasOwn(tensors, input)) return tensors[input]!;
  const names = Object.keys(tensors);
  if (names.length === 1) return tensors[names[0]!]!;
  const held = names.length === 0 ? 'none' : names.map((each) => `'${each}'`).join(', ');
  const message = `'${file}' has no array '${input}'. It holds ${held}.`;
  throw new QuantabError('InvalidArgument', message, { file });
}

async function readInputs(given: readonly string[]): Promise<TensorMap<Tensor>> {
  const feeds = new Map<string, Tensor>();
  const from = new Map<string, string>();
  const add = (name: string, file: string, tensor: Tensor) => {
    const earlier = from.get(name);
    if (earlier !== undefined) {
      throw new UsageError(
        `'--input' gives '${name}' twice, in '${earlier}' and in '${file}'. Give each input once.`,
      );
    }
    from.set(name, file);
    feeds.set(name, tensor);
  };
  for (const text of given) {
    const equals = text.indexOf('=');
    if (equals >= 0) {
      const [name, file] = [text.slice(0, equals), text.slice(equals + 1)];
      add(name, file, await readInput(name, file));
    } else if (formatOf(text)?.keyed) {
      const tensors = await readTensors(sampleFile(text));
      for (const [name, tensor] of Object.entries(tensors)) add(name, text, tensor);
    } else {
      throw new UsageError(`'--input' is '${text}', expected NAME=FILE or a .npz file.`);
    }
  }
  return Object.fromEntries(feeds);
}

async function save(file: string, bytes: Uint8Array): Promise<void> {
  const pending = nodePlatform.pendingFile(file);
  try {
    await fs.promises.writeFile(pending.path, bytes).catch((error: unknown) => {
      throw ioError(file, 'cannot be written', error);
    });
    await pending.commit();
  } finally {
    await pending.discard();
  }
}

/** An output's name as a file name: what a file system may refuse becomes "_", and where that makes two of `used` the same, one more is added. */
function fileNameOf(output: string, used: Set<string>): string {
  const refused = (c: string) => c < ' ' || c === '\x7f' || '/\\:*?"<>|'.includes(c);
  let name = Array.from(output, (c) => (refused(c) ? '_' : c)).join('');
  while (used.has(name)) name += '_';
  used.add(name);
  return `${name}.npy`;
}

export const command: Command<RunResult> = {
  async run({ positionals, values, value, call, start }) {
    const feeds = await readInputs(values.get('input') ?? []);
    using model = await openModel(positionals[0]!, start);
    const outputs = await model.run(feeds, call);
    // All of them before the first is written, as one may be of a type that cannot be.
    const files = model.info.outputs.map(({ name }) => ({
      name,
      tensor: outputs[name]!,
      bytes: writeNpy(outputs[name]!),
    }));
    const folder = value('output_dir')!;
    makeFolder(folder);
    const used = new Set<string>();
    const result: RunResult = { outputs: [] };
    for (const { name, tensor, bytes } of files) {
      const file = inFolder(folder, fileNameOf(name, used));
      await save(file, bytes);
      result.outputs.push({ name, dtype: tensor.dtype, dims: tensor.dims, file });
    }
    return result;
  },

  text: ({ outputs }) =>
    table([
      ['output', 'type', 'shape', 'file'],
      ...outputs.map(({ name, dtype, dims, file }) => [name, dtype, `[${dims.join(',')}]`, file]),
    ]),
};
