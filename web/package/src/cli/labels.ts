// The classes of samples, from a text file.
import { QuantabError } from '../core/error.js';
import { readText } from './text_file.js';

/**
 * The labels of a file, in the order of the samples: a line each, with the index of the class, or a name, a tab and the index; the
 * name is for the reader. Empty lines do not count. Throws a QuantabError for other lines, and for another number of labels than
 * `samples`.
 */
export function readLabels(file: string, samples: number): number[] {
  const labels: number[] = [];
  const fail = (what: string): never => {
    throw new QuantabError('InvalidArgument', `'${file}' ${what}`, { file });
  };
  for (const [i, ended] of readText(file).split('\n').entries()) {
    const line = ended.replace(/\r$/, '');
    if (line === '') continue;
    const index = line.slice(line.lastIndexOf('\t') + 1);
    const label = /^\d+$/.test(index) ? Number(index) : NaN;
    if (!Number.isSafeInteger(label)) {
      fail(`line ${i + 1} is neither the index of a class nor a name, a tab and the index.`);
    }
    labels.push(label);
  }
  if (labels.length !== samples) {
    fail(
      `has ${labels.length} labels, but there are ${samples} samples. Give one label for each sample.`,
    );
  }
  return labels;
}
