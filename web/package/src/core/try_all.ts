// What several recipes make of a model, side by side.
import { notify } from './engine.js';
import { QuantabError } from './error.js';
import { benchmarkInTurns } from './in_turns.js';
import { metricName } from './judging.js';
import type { FormFigures, Metric, Trial, TryCall, TryReport } from './judging_types.js';
import { labelsOf } from './labels.js';
import type { Model } from './model.js';
import { checkCall, wholeNumber } from './options.js';
import { requireRepeatable } from './search.js';
import type { TensorLike, TensorMap } from './tensor.js';
import type { Comparison, Recipe, Samples } from './types.js';

/** Metrics of which less is better. */
const ERRORS: ReadonlySet<Metric> = new Set<Metric>([
  'mse',
  'meanRelativeError',
  'maxAbsError',
  'klDivergence',
]);

/** The value with its sign so that more is better; without a number the worst, or without an error the best. */
function merit(metric: Metric, { value, maxAbsError }: FormFigures): number {
  if (value === null) return maxAbsError === 0 ? Infinity : -Infinity;
  return ERRORS.has(metric) ? -value : value;
}

/** The worst output's. */
function figuresOf(comparison: Comparison, metric: Metric, bytes: number): FormFigures {
  const all = comparison.outputs
    .map((output): FormFigures | undefined => {
      const value = output[metric];
      return value === undefined
        ? undefined
        : { bytes, value, maxAbsError: output.maxAbsError, latency: null };
    })
    .filter((each) => each !== undefined);
  const [worst] = all.toSorted((a, b) => merit(metric, a) - merit(metric, b));
  if (worst === undefined) {
    throw new QuantabError(
      'InvalidArgument',
      `The metric '${metricName(metric)}' applies to none of the model's outputs. Take another one, such as 'sqnr_db', or, for accuracy, give labels that are indices of classes.`,
    );
  }
  const errors = comparison.outputs.map(({ maxAbsError }) => maxAbsError);
  const maxAbsError = errors.includes(null) ? null : Math.max(...(errors as number[]));
  return { ...worst, maxAbsError };
}

/** Whether `a` leaves no reason to take `b`. */
function beats(metric: Metric, a: FormFigures, b: FormFigures): boolean {
  const gains = [
    b.bytes - a.bytes,
    (b.latency?.median ?? 0) - (a.latency?.median ?? 0),
    merit(metric, a) === merit(metric, b) ? 0 : merit(metric, a) - merit(metric, b),
  ];
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

function checkRecipes(recipes: unknown): [string, Recipe][] {
  if (typeof recipes !== 'object' || recipes === null) {
    throw new QuantabError(
      'InvalidArgument',
      'These are no recipes. Give an object of recipes by name, or an array of them.',
    );
  }
  const entries = Array.isArray(recipes)
    ? (recipes as Recipe[]).map((recipe, i): [string, Recipe] => [String(i + 1), recipe])
    : Object.entries(recipes as Record<string, Recipe>);
  if (entries.length > 0) return entries;
  throw new QuantabError('InvalidArgument', 'There is no recipe to try. Give at least one.');
}

async function firstOf(samples: Samples): Promise<TensorMap<TensorLike>> {
  for await (const sample of samples) return sample;
  throw new QuantabError(
    'InvalidArgument',
    'There was no sample to compare on. Give at least one.',
  );
}

export async function tryAll(
  model: Model,
  recipes: Readonly<Record<string, Recipe>> | readonly Recipe[],
  { samples, labels, metric = 'sqnrDb', runs = 20, onTrial, ...call }: TryCall,
): Promise<TryReport> {
  checkCall(call);
  metricName(metric);
  wholeNumber('runs', runs, 0);
  const entries = checkRecipes(recipes);
  requireRepeatable(samples, 'Trying recipes');
  const classes = labelsOf(labels);
  const feeds = await firstOf(samples);
  const trials: Trial[] = [];
  const made: Model[] = [];
  const timed: FormFigures[] = [];
  try {
    for (const [name, recipe] of entries) {
      const trial: Trial = { name, recipe, figures: null, best: false, error: null };
      let result: Model | undefined;
      try {
        result = await model.convert(recipe, { ...call, calibrationData: samples });
        const compared = await model.compare(result, samples, { ...call, labels: classes });
        trial.figures = figuresOf(compared, metric, result.byteLength);
        made.push(result);
        timed.push(trial.figures);
      } catch (error) {
        result?.close();
        if (!(error instanceof QuantabError) || error.code === 'Cancelled') throw error;
        trial.error = error.toJSON();
      }
      trials.push(trial);
      notify(() => onTrial?.(trial));
    }
    const original: FormFigures = {
      bytes: model.byteLength,
      value: null,
      maxAbsError: 0,
      latency: null,
    };
    if (runs > 0) {
      const latencies = await benchmarkInTurns([model, ...made], { ...call, runs, feeds });
      [original, ...timed].forEach((form, i) => (form.latency = latencies[i]!));
    }
    for (const trial of trials) {
      const { figures } = trial;
      trial.best = figures !== null && !timed.some((other) => beats(metric, other, figures));
    }
    return { metric, largerIsBetter: !ERRORS.has(metric), original, trials };
  } finally {
    for (const each of made) each.close();
  }
}
