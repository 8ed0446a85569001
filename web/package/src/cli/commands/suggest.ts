// quantab suggest MODEL --calibration-data DIR --target X: which nodes to keep in float, or in 16 bits.
import {
  openModel,
  type FormFigures,
  type Recipe,
  type Remedy,
  type Suggestion,
} from '../../index.node.js';
import { integer } from '../arguments.js';
import type { Command } from '../command.js';
import { humanBytes, humanNumber, table } from '../console.js';
import { figureText, judgedRecipe, labelledSamples, metricOf } from '../judging.js';

const MOST_TRIALS = 10_000;
const MOST_RUNS = 1_000_000;

type SuggestResult = Omit<Suggestion, 'model'> & {
  /** With --print-recipe. */
  recipe?: Recipe | undefined;
  python?: string | undefined;
};

const metricName = (value: (option: string) => string | undefined) => value('metric') ?? 'sqnr_db';

const formRow = (name: string, { bytes, value, maxAbsError, latency }: FormFigures): string[] => [
  name,
  humanBytes(bytes),
  name === 'float' ? '-' : figureText(value, maxAbsError),
  latency === null ? '-' : humanNumber(latency.median),
];

export const command: Command<SuggestResult> = {
  async run(invocation) {
    const { positionals, value, flag, call, start } = invocation;
    const { signal: stop, ...unstopped } = call;
    const wanted = {
      target: { metric: metricOf(metricName(value)), value: Number(value('target')) },
      remedy: (value('remedy') ?? 'float') as Remedy,
      maxTrials: integer(invocation, 'max_trials', 64, 1, MOST_TRIALS),
      runs: integer(invocation, 'runs', 20, 0, MOST_RUNS),
    };
    const recipe = judgedRecipe(invocation);
    using model = await openModel(positionals[0]!, start);
    const judged = await labelledSamples(model, invocation);
    // Where the user stops the search, the best so far is the result.
    const found = await model.suggest({ ...judged, ...wanted, ...unstopped, recipe, stop });
    const { model: made, ...figures } = found;
    using suggested = made;
    const output = value('output');
    if (output !== undefined) await suggested.writeTo(output);
    if (!flag('print_recipe')) return figures;
    return { ...figures, recipe: suggested.recipe, python: suggested.python };
  },

  text(found, { value }) {
    const { target, remedy, met, trials, complete, kept, considered } = found;
    const where = remedy === '16-bit' ? '16 bits' : remedy;
    const metric = metricName(value);
    const lines = [
      `target   ${metric} ${humanNumber(target)}, ${met ? 'met' : 'not met'}, trials: ${trials}${complete ? '' : ', stopped early'}\n`,
      `kept     ${kept.length} of ${considered} nodes in ${where}\n`,
      table([
        ['model', 'size', metric, 'median ms'],
        formRow('float', found.original),
        formRow('all quantized', found.quantized),
        formRow('suggested', found.suggested),
      ]),
    ];
    if (kept.length > 0) {
      const rows = kept.map((each) => [
        each.node,
        each.opType,
        figureText(each.value, each.maxAbsError),
      ]);
      lines.push(`\n${table([[`kept in ${where}`, 'op', metric], ...rows])}`);
    }
    if (found.recipe !== undefined) {
      lines.push(`\n${JSON.stringify(found.recipe, undefined, 2)}\n\n${found.python}`);
    }
    return lines.join('');
  },
};
