// What the figures mean, in a sentence for people who do not live with decibels.
import type { Comparison, OutputComparison } from 'quantab';
import { counted, percent } from './format';

/** From so many decibels on. Each step of 20 is an error of a tenth of the size. */
const CLOSE: [number, string][] = [
  [40, 'The outputs are practically the same: the error is a hundredth of the signal, or less.'],
  [20, 'The outputs are close: the error is a tenth of the signal, or less.'],
  [10, 'The outputs differ noticeably: the error is up to a third of the signal.'],
];
const FAR = 'The outputs are far apart: the error is more than a third of the signal.';

/** The output that suffers most, and its decibels; of equal outputs they are infinite. */
function worst(outputs: readonly OutputComparison[]): number | undefined {
  const all = outputs.flatMap(({ sqnrDb, mse }) =>
    sqnrDb === null ? (mse === 0 ? [Infinity] : [-Infinity]) : [sqnrDb],
  );
  return all.length === 0 ? undefined : Math.min(...all);
}

export function verdict({ samples, outputs }: Comparison): string {
  const agreements = outputs.flatMap(({ top1Agreement }) => top1Agreement ?? []);
  if (agreements.length > 0) {
    const share = Math.min(...agreements);
    const right = share * samples;
    // A sample may hold several rows, each with a choice of its own.
    const where = Number.isInteger(Number(right.toFixed(6)))
      ? `${Math.round(right)} of ${counted(samples, 'sample')}`
      : `${percent(share)} of all rows`;
    return `Both models make the same first choice on ${where}.`;
  }
  const decibels = worst(outputs);
  if (decibels === undefined) return '';
  return CLOSE.find(([least]) => decibels >= least)?.[1] ?? FAR;
}
