// The classes of samples, from the file of --labels.
import { QuantabError } from '../core/error.js';
import type { Model } from '../index.node.js';
import type { SampleFile } from '../samples/group.js';
import { classCountOf } from '../samples/labels/class_count.js';
import { labelsFrom } from '../samples/labels/read_labels.js';
import { readText } from './text_file.js';

const textFile = (path: string): SampleFile => ({
  path,
  bytes: async () => new TextEncoder().encode(readText(path)),
});

/**
 * The classes of samples of these names, in their order, as readLabels() takes them from a file of any name; of a list of the names of
 * classes, from the folders that the samples lie in. Rejects with a QuantabError where a sample is left without a class, or has one
 * that the model does not have.
 */
export async function labelsIn(
  file: string,
  names: readonly string[],
  model: Model,
): Promise<readonly number[]> {
  const classes = classCountOf(model.info.outputs);
  const found = await labelsFrom([textFile(file)], undefined, names, { classes });
  if (found?.labels !== undefined) return found.labels;
  throw new QuantabError(
    'InvalidArgument',
    `'${file}' has names of classes, but the samples lie in no folders of these. Give a label for each sample.`,
    { file },
  );
}
