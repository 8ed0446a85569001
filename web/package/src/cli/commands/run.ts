// quantab run MODEL --input NAME=FILE --output-dir DIR: one run, its outputs as files.
import fs from 'node:fs';
import path from 'node:path';

import { openModel, QuantabError, type Tensor, type TensorMap } from '../../index.node.js';
import { ioError } from '../../host/files_node.js';
import { nodePlatform } from '../../platform/node.js';
import { readTensors, writeNpy } from '../../samples/index.js';
import { UsageError, type Command } from '../command.js';
import { table } from '../console.js';
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

async function readInputs(given: readonly string[]): Promise<TensorMap<Tensor>> {
  const feeds: TensorMap<Tensor> = {};
  for (const text of given) {
    const equals = text.indexOf('=');
    if (equals < 0) {
      if (!text.endsWith('.npz')) {
        throw new UsageError(`'--input' is '${text}', expected NAME=FILE or a .npz file.`);
      }
      Object.assign(feeds, await readTensors(sampleFile(text)));
      continue;
    }
    const [name, file] = [text.slice(0, equals), text.slice(equals + 1)];
    const tensors = await readTensors(sampleFile(file));
    const names = Object.keys(tensors);
    const tensor = tensors[name] ?? (names.length === 1 ? tensors[names[0]!] : undefined);
    if (tensor === undefined) {
      const held = names.map((each) => `'${each}'`).join(', ');
      throw new QuantabError(
        'InvalidArgument',
        `'${file}' has no tensor '${name}'. It holds ${held}.`,
        {
          file,
        },
      );
    }
    feeds[name] = tensor;
  }
  return feeds;
}

async function save(file: string, tensor: Tensor): Promise<void> {
  const bytes = writeNpy(tensor);
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

/** An output's name as a file name: what a file system may refuse becomes "_". */
const fileNameOf = (output: string): string =>
  `${output.replace(/[/\\:*?"<>|]|\p{Cc}/gu, '_')}.npy`;

export const command: Command<RunResult> = {
  async run({ positionals, values, value, call }) {
    const feeds = await readInputs(values.get('input') ?? []);
    using model = await openModel(positionals[0]!, call);
    const outputs = await model.run(feeds, call);
    const folder = value('output_dir')!;
    await fs.promises.mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw ioError(folder, 'cannot be made', error);
    });
    const result: RunResult = { outputs: [] };
    for (const { name } of model.info.outputs) {
      const tensor = outputs[name]!;
      const file = path.join(folder, fileNameOf(name));
      await save(file, tensor);
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
