// quantab try MODEL --calibration-data DIR --recipes FILE: what several recipes make of a model.
import { QuantabError } from '../../core/error.js';
import { openModel, type FormFigures, type Recipe, type TryReport } from '../../index.node.js';
import { integer } from '../arguments.js';
import type { Command } from '../command.js';
import { humanBytes, humanNumber, table } from '../console.js';
import { figureText, labelledSamples, metricOf } from '../judging.js';
import { readText } from '../text_file.js';

const MOST_RUNS = 1_000_000;

const metricName = (value: (option: string) => string | undefined) => value('metric') ?? 'sqnr_db';

function recipesIn(file: string): Record<string, Recipe> | Recipe[] {
  let recipes: unknown;
  try {
    recipes = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof QuantabError) throw error;
  }
  if (typeof recipes === 'object' && recipes !== null) return recipes as Recipe[];
  throw new QuantabError(
    'InvalidArgument',
    'These are no recipes. Give a JSON object of recipes by name, or an array of them.',
  );
}

const row = (
  name: string,
  { bytes, value, maxAbsError, latency }: FormFigures,
  best: boolean,
): string[] => [
  name,
  humanBytes(bytes),
  latency === null ? '-' : humanNumber(latency.median),
  name === 'float' && value === null ? '-' : figureText(value, maxAbsError),
  best ? 'yes' : '-',
];

export const command: Command<TryReport> = {
  async run(invocation) {
    const { positionals, value, call, start } = invocation;
    const runs = integer(invocation, 'runs', 20, 0, MOST_RUNS);
    const recipes = recipesIn(value('recipes')!);
    using model = await openModel(positionals[0]!, start);
    const judged = await labelledSamples(model, invocation);
    const metric = metricOf(metricName(value));
    return await model.tryAll(recipes, { ...judged, ...call, metric, runs });
  },

  text({ original, trials }, { value }) {
    const rows = [
      ['recipe', 'size', 'median ms', metricName(value), 'best'],
      row('float', original, false),
    ];
    for (const { name, figures, best } of trials) {
      if (figures !== null) rows.push(row(name, figures, best));
    }
    return table(rows);
  },

  failures({ trials }) {
    const failed = trials.filter(({ error }) => error !== null);
    if (failed.length === 0) return '';
    const recipes = trials.length === 1 ? 'recipe' : 'recipes';
    const lines = failed.map(({ name, error }) => `'${name}': ${error!.message}\n`);
    return `${failed.length} of ${trials.length} ${recipes} failed.\n${lines.join('')}`;
  },
};
