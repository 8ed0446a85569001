// The figures of a result as tables of text: for the page and for the report.
import type { Comparison } from 'quantab';
import { table } from './dom';
import { bytes, cosine, count, counted, decibels, figure, milliseconds, percent } from './format';
import { howTimed, spread } from './run_words';
import type { Run } from './runs';
import type { Latencies } from './timing';
import { accuracyOf } from './verdict';

export interface TextColumn {
  head: string;
  number?: boolean;
}

export interface TextTable {
  caption: string;
  columns: TextColumn[];
  /** The first cell of each names it. */
  rows: string[][];
}

export const textTable = ({ caption, columns, rows }: TextTable): HTMLElement =>
  table(caption, columns, rows);

/** Size and, once it is measured, latency. */
export function beforeAndAfter(run: Run, latency: Latencies | undefined): TextTable {
  const { size, sizeBefore } = run;
  const rows = [['Size', bytes(sizeBefore), bytes(size), percent(size / sizeBefore)]];
  if (latency !== undefined) {
    const { float, quantized, capabilities } = latency;
    rows.push([
      `Latency here (${howTimed(latency)})`,
      milliseconds(float.median),
      milliseconds(quantized.median),
      float.median > 0 ? percent(quantized.median / float.median) : '–',
    ]);
    if (Math.min(float.runs, quantized.runs) > 1) {
      rows.push(['From the fastest run to the 95th of 100', spread(float), spread(quantized), '']);
    }
    if (capabilities.workers > 1) {
      rows.push(['Calibrated in', '', counted(capabilities.workers, 'worker'), '']);
    }
  }
  const comparison = run.judgement?.comparison;
  const accuracy = comparison && accuracyOf(comparison);
  if (accuracy !== undefined) {
    const { right, before, samples } = accuracy;
    rows.push([
      `Right, of ${counted(samples, 'labelled sample')}`,
      count(before),
      count(right),
      before > 0 ? percent(right / before) : '–',
    ]);
  }
  return {
    caption: 'Before and after',
    columns: [
      { head: 'Measure' },
      { head: 'Float', number: true },
      { head: 'Quantized', number: true },
      { head: 'Ratio', number: true },
    ],
    rows,
  };
}

export function outputErrors(comparison: Comparison): TextTable {
  const isLabelled = comparison.outputs.some(({ top1Accuracy }) => top1Accuracy !== undefined);
  return {
    caption: `How far the outputs are apart (${counted(comparison.samples, 'sample')})`,
    columns: [
      { head: 'Output' },
      { head: 'SQNR dB', number: true },
      { head: 'Cosine', number: true },
      { head: 'Mean squared error', number: true },
      { head: 'Mean relative error', number: true },
      { head: 'Largest error', number: true },
      { head: 'Same top-1', number: true },
      ...(isLabelled
        ? [
            { head: 'Right', number: true },
            { head: 'Original right', number: true },
          ]
        : []),
    ],
    rows: comparison.outputs.map((output) => [
      output.name,
      decibels(output.sqnrDb, output.mse),
      cosine(output.cosine),
      figure(output.mse),
      figure(output.meanRelativeError),
      figure(output.maxAbsError),
      percent(output.top1Agreement),
      ...(isLabelled ? [percent(output.top1Accuracy), percent(output.referenceTop1Accuracy)] : []),
    ]),
  };
}
