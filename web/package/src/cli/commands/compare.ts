// quantab compare FLOAT QUANT --data DIR: how far apart two forms of a model are.
import { openModel, type Comparison } from '../../index.node.js';
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

export const command: Command<Comparison> = {
  async run({ positionals, value, call }) {
    const [reference, other] = positionals as [string, string];
    using a = await openModel(reference, call);
    using b = await openModel(other, call);
    return await a.compare(b, samplesIn(value('data')!, a.info.inputs), call);
  },

  text({ samples, outputs }) {
    const rows = outputs.map((output) => [
      output.name,
      ...Object.values(columns).map((key) => {
        const figure = output[key];
        return figure === undefined ? '-' : humanNumber(figure);
      }),
    ]);
    return `samples  ${samples}\n${table([['output', ...Object.keys(columns)], ...rows])}`;
  },
};
