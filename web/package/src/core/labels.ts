// The classes of samples, as a caller gives them.
import { QuantabError } from './error.js';
import { wholeNumber } from './options.js';

function wrongCount(labels: readonly number[], samples: string): never {
  throw new QuantabError(
    'InvalidArgument',
    `There are ${labels.length} labels and ${samples} samples. Give one label for each sample.`,
  );
}

/** Labels as an array. Throws a QuantabError for anything but whole numbers from 0. */
export function labelsOf(labels: unknown): readonly number[] | undefined {
  if (labels === undefined) return undefined;
  if (typeof labels !== 'object' || labels === null || !(Symbol.iterator in labels)) {
    throw new QuantabError(
      'InvalidArgument',
      'labels must be an iterable of numbers: the class of each sample, counted from 0.',
    );
  }
  const all = [...(labels as Iterable<number>)];
  all.forEach((label, i) => wholeNumber(`labels[${i}]`, label, 0));
  return all;
}

/** The label of sample `index`, null where there are none at all. Throws where there are fewer. */
export function labelAt(labels: readonly number[] | undefined, index: number): number | null {
  if (labels === undefined) return null;
  return labels[index] ?? wrongCount(labels, 'more');
}

/** Throws unless `samples` samples have as many labels. */
export function checkLabelCount(labels: readonly number[] | undefined, samples: number): void {
  if (labels !== undefined && labels.length !== samples) wrongCount(labels, String(samples));
}
