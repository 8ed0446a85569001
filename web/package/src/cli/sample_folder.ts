// A folder of samples on disk.
import fs from 'node:fs';
import path from 'node:path';

import { QuantabError } from '../core/error.js';
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { ioError } from '../host/files_node.js';
import { formatOf, groupSamples, type SampleFile } from '../samples/group.js';

function fileAt(name: string, file: string): SampleFile {
  return {
    path: name,
    async bytes() {
      try {
        return await fs.promises.readFile(file);
      } catch (error) {
        throw ioError(name, 'cannot be read', error);
      }
    },
  };
}

/** A file given on the command line. */
export const sampleFile = (file: string): SampleFile => fileAt(file, file);

function listFiles(folder: string): SampleFile[] {
  const files: SampleFile[] = [];
  const add = (inside: string) => {
    for (const entry of fs.readdirSync(path.join(folder, inside), { withFileTypes: true })) {
      const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) {
        if (inside === '' && entry.name.startsWith('test_data_set_')) add(name);
      } else {
        files.push(fileAt(name, path.join(folder, name)));
      }
    }
  };
  try {
    add('');
  } catch (error) {
    throw ioError(folder, 'cannot be read', error);
  }
  return files;
}

const NEXT = 'Give one .npz per sample, one .npy per sample, or test_data_set_*/input_N.pb.';

/** The samples of a folder, read one at a time. Throws when there are none, or several kinds of them. */
export function samplesIn(
  folder: string,
  inputs: readonly ValueInfo[],
): AsyncIterable<TensorMap<Tensor>> & { length: number } {
  const files = listFiles(folder).filter(({ path: file }) => formatOf(file) !== undefined);
  const kinds = new Set(files.map(({ path: file }) => path.extname(file)));
  if (kinds.size !== 1) {
    const what = kinds.size === 0 ? 'no samples' : 'several kinds of samples';
    throw new QuantabError('InvalidArgument', `'${folder}' holds ${what}. ${NEXT}`, {
      file: folder,
    });
  }
  const samples = groupSamples(files, inputs);
  return {
    length: samples.length,
    async *[Symbol.asyncIterator]() {
      for (const sample of samples) yield await sample.read();
    },
  };
}
