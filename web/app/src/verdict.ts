// What the figures mean, in a sentence for people who do not live with decibels.
import type { Comparison, OutputComparison } from 'quantab';
import { count, counted, percent } from './format';

/** From so many decibels on. Each step of 20 is an error of a tenth of the size. */
const CLOSE: [number, string, string][] = [
  [
    40,
    'practically the same',
    'The outputs are practically the same: the error is a hundredth of the signal, or less.',
  ],
  [20, 'close', 'The outputs are close: the error is a tenth of the signal, or less.'],
  [
    10,
    'noticeably different',
    'The outputs differ noticeably: the error is up to a third of the signal.',
  ],
];
const FAR = 'The outputs are far apart: the error is more than a third of the signal.';

/** Four levels of closeness, best first: from so many decibels on, and in words. */
export const LEVELS: readonly { least: number; words: string }[] = [
  ...CLOSE.map(([least, words]) => ({ least, words })),
  { least: -Infinity, words: 'far apart' },
];

/** How far the outputs are apart, in two words; nothing where there are no outputs. */
export function closeness({ outputs }: Comparison): string | undefined {
  const decibels = worstDecibels(outputs);
  if (decibels === undefined) return undefined;
  return LEVELS.find(({ least }) => decibels >= least)!.words;
}

/** On how many samples, or which share of rows, both models make the same first choice; nothing where outputs are no scores. */
export function agreement({ samples, outputs }: Comparison): string | undefined {
  const agreements = outputs.flatMap(({ top1Agreement }) => top1Agreement ?? []);
  if (agreements.length === 0) return undefined;
  const share = Math.min(...agreements);
  const right = share * samples;
  // A sample may hold several rows, each with a choice of its own.
  return Number.isInteger(Number(right.toFixed(6)))
    ? `${Math.round(right)} of ${counted(samples, 'sample')}`
    : `${percent(share)} of all rows`;
}

/** How often a model and the original are right. */
export interface Accuracy {
  /** Samples whose label is the model's first choice. */
  right: number;
  /** The same of the original. */
  before: number;
  samples: number;
}

/** The accuracy, of several outputs the worst; nothing where there were no labels, or outputs are no scores of classes. */
export function accuracyOf({ samples, outputs }: Comparison): Accuracy | undefined {
  const all = outputs.flatMap(({ top1Accuracy, referenceTop1Accuracy }) =>
    typeof top1Accuracy === 'number' && typeof referenceTop1Accuracy === 'number'
      ? [{ right: top1Accuracy, before: referenceTop1Accuracy }]
      : [],
  );
  const [worst] = all.toSorted((a, b) => a.right - b.right);
  if (worst === undefined) return undefined;
  // Each sample is one row.
  const of = (share: number) => Math.round(share * samples);
  return { right: of(worst.right), before: of(worst.before), samples };
}

/** "97 of 100 samples". */
export const outOf = (right: number, { samples }: Pick<Accuracy, 'samples'>): string =>
  `${count(right)} of ${counted(samples, 'sample')}`;

/** "right on 97 of 100 samples; the original: 98 of 100". */
export const accuracyWords = (accuracy: Accuracy): string =>
  `right on ${outOf(accuracy.right, accuracy)}; the original: ${count(accuracy.before)} of ${count(accuracy.samples)}`;

/** The decibels of the output that suffers most; of equal outputs they are infinite. */
export function worstDecibels(outputs: readonly OutputComparison[]): number | undefined {
  const all = outputs.flatMap(({ sqnrDb, mse }) =>
    sqnrDb === null ? (mse === 0 ? [Infinity] : [-Infinity]) : [sqnrDb],
  );
  return all.length === 0 ? undefined : Math.min(...all);
}

const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

export function verdict(comparison: Comparison): string {
  const accuracy = accuracyOf(comparison);
  const right = accuracy === undefined ? '' : `${capital(accuracyWords(accuracy))}. `;
  const same = agreement(comparison);
  if (same !== undefined) return `${right}Both models make the same first choice on ${same}.`;
  const decibels = worstDecibels(comparison.outputs);
  if (decibels === undefined) return '';
  return CLOSE.find(([least]) => decibels >= least)?.[2] ?? FAR;
}
