// quantab sensitivity MODEL --calibration-data DIR: what it costs to quantize each node alone.
import { openModel, type SensitivityReport } from '../../index.node.js';
import type { Command } from '../command.js';
import { humanNumber, table } from '../console.js';
import { figureText, judgedRecipe, labelledSamples, metricOf } from '../judging.js';

const metricName = (value: (option: string) => string | undefined) => value('metric') ?? 'sqnr_db';

export const command: Command<SensitivityReport> = {
  async run(invocation) {
    const { positionals, value, call, start } = invocation;
    const recipe = judgedRecipe(invocation);
    using model = await openModel(positionals[0]!, start);
    const judged = await labelledSamples(model, invocation);
    return await model.sensitivity({
      ...judged,
      ...call,
      recipe,
      metric: metricOf(metricName(value)),
    });
  },

  text({ samples, nodes }, { value }) {
    const rows = nodes.map((each) => [
      each.node,
      each.opType,
      figureText(each.value, each.maxAbsError),
      humanNumber(each.maxAbsError ?? NaN),
    ]);
    const head = ['node', 'op', metricName(value), 'max_abs_error'];
    return `samples  ${samples}\n${table([head, ...rows])}`;
  },
};
