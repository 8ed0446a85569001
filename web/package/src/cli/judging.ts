// What the commands share that look for the nodes which do not bear quantization.
import type { Judging, Metric } from '../core/judging_types.js';
import type { Model } from '../index.node.js';
import type { Invocation } from './command.js';
import { humanNumber } from './console.js';
import { recipeIn } from './conversion.js';
import { sqnrOf } from './figures.js';
import { labelsIn } from './labels.js';
import { samplesIn } from './sample_folder.js';

/** Reads the recipe of --recipe, so that what is wrong with it is said first. */
export const judgedRecipe = ({ value }: Invocation) => {
  const file = value('recipe');
  return file === undefined ? undefined : recipeIn(file);
};

/** The samples of --calibration-data, with the classes of --labels. */
export async function labelledSamples(
  model: Model,
  invocation: Invocation,
): Promise<Pick<Judging, 'samples' | 'labels'>> {
  const { value } = invocation;
  const samples = await samplesIn(value('calibration_data')!, model.info.inputs, invocation);
  const file = value('labels');
  const labels = file === undefined ? undefined : await labelsIn(file, samples.names, model);
  return { samples, labels };
}

/** The metric that an option names. */
export const metricOf = (name: string): Metric =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as Metric;

/** A metric's value as text. */
export const figureText = (value: number | null, maxAbsError: number | null): string =>
  humanNumber(sqnrOf(value, maxAbsError));
