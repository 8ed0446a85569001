// quantab compare FLOAT QUANT --data DIR: how far apart two forms of a model are.
import { openModel, type Comparison, type OutputComparison } from '../../index.node.js';
import type { Command } from '../command.js';
import { humanNumber, table } from '../console.js';
import { sqnrOf } from '../figures.js';
import { labelsIn } from '../labels.js';
import { samplesIn } from '../sample_folder.js';

interface Column {
  name: string;
  key: Exclude<keyof OutputComparison, 'name' | 'elements'>;
  /** Shown also where no output has such a figure. */
  always?: boolean;
}

const columns: readonly Column[] = [
  { name: 'mse', key: 'mse', always: true },
  { name: 'mean_relative_error', key: 'meanRelativeError', always: true },
  { name: 'max_abs_error', key: 'maxAbsError', always: true },
  { name: 'cosine', key: 'cosine', always: true },
  { name: 'sqnr_db', key: 'sqnrDb', always: true },
  { name: 'kl_divergence', key: 'klDivergence' },
  { name: 'top1_agreement', key: 'top1Agreement', always: true },
  { name: 'top5_agreement', key: 'top5Agreement' },
  { name: 'top1_accuracy', key: 'top1Accuracy' },
  { name: 'reference_top1_accuracy', key: 'referenceTop1Accuracy' },
  { name: 'top5_accuracy', key: 'top5Accuracy' },
  { name: 'reference_top5_accuracy', key: 'referenceTop5Accuracy' },
];

/** Of the figures of finite outputs only the ratio of signal to noise can be infinite. */
function figureOf(output: OutputComparison, key: Column['key']): number | undefined {
  const value = output[key];
  if (value !== null) return value;
  return key === 'sqnrDb' ? sqnrOf(value, output.mse) : NaN;
}

export const command: Command<Comparison> = {
  async run(invocation) {
    const { positionals, value, call, start } = invocation;
    const [reference, other] = positionals as [string, string];
    using a = await openModel(reference, start);
    using b = await openModel(other, start);
    const samples = await samplesIn(value('data')!, a.info.inputs, invocation);
    const file = value('labels');
    const labels = file === undefined ? undefined : await labelsIn(file, samples.names, a);
    return await a.compare(b, samples, { ...call, labels });
  },

  text({ samples, outputs }) {
    const shown = columns.filter(
      ({ key, always }) => always || outputs.some((output) => output[key] !== undefined),
    );
    const rows = outputs.map((output) => [
      output.name,
      ...shown.map(({ key }) => {
        const figure = figureOf(output, key);
        return figure === undefined ? '-' : humanNumber(figure);
      }),
    ]);
    return `samples  ${samples}\n${table([['output', ...shown.map(({ name }) => name)], ...rows])}`;
  },
};
