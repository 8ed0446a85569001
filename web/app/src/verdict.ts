// What the figures mean, in a sentence for people who do not live with decibels.
import type { Comparison, OutputComparison } from 'quantab';
import { counted, percent } from './format';

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

/** The decibels of the output that suffers most; of equal outputs they are infinite. */
export function worstDecibels(outputs: readonly OutputComparison[]): number | undefined {
  const all = outputs.flatMap(({ sqnrDb, mse }) =>
    sqnrDb === null ? (mse === 0 ? [Infinity] : [-Infinity]) : [sqnrDb],
  );
  return all.length === 0 ? undefined : Math.min(...all);
}

export function verdict(comparison: Comparison): string {
  const same = agreement(comparison);
  if (same !== undefined) return `Both models make the same first choice on ${same}.`;
  const decibels = worstDecibels(comparison.outputs);
  if (decibels === undefined) return '';
  return CLOSE.find(([least]) => decibels >= least)?.[2] ?? FAR;
}
