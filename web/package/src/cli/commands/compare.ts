// quantab compare FLOAT QUANT --data DIR: how far apart two forms of a model are.
import { openModel, type Comparison, type OutputComparison } from '../../index.node.js';
import type { Command } from '../command.js';
import { humanNumber, table } from '../console.js';
import { samplesIn } from '../sample_folder.js';

const columns = {
  mse: 'mse',
  mean_relative_error: 'meanRelativeError',
  max_abs_error: 'maxAbsError',
  cosine: 'cosine',
  sqnr_db: 'sqnrDb',
  top1_agreement: 'top1Agreement',
} as const;

/**
 * A figure as a number: a comparison has null for infinity and for no number alike. Of the figures of finite outputs only
 * the ratio of signal to noise can be infinite: without noise, or without a signal.
 */
function figureOf(
  output: OutputComparison,
  key: (typeof columns)[keyof typeof columns],
): number | undefined {
  const value = output[key];
  if (value !== null) return value;
  if (key !== 'sqnrDb' || output.mse === null) return NaN;
  return output.mse === 0 ? Infinity : -Infinity;
}

export const command: Command<Comparison> = {
  async run({ positionals, value, call, start }) {
    const [reference, other] = positionals as [string, string];
    using a = await openModel(reference, start);
    using b = await openModel(other, start);
    return await a.compare(b, samplesIn(value('data')!, a.info.inputs), call);
  },

  text({ samples, outputs }) {
    const rows = outputs.map((output) => [
      output.name,
      ...Object.values(columns).map((key) => {
        const figure = figureOf(output, key);
        return figure === undefined ? '-' : humanNumber(figure);
      }),
    ]);
    return `samples  ${samples}\n${table([['output', ...Object.keys(columns)], ...rows])}`;
  },
};
