// What can be done with a result: its files, its recipe, its report.
import type { ModelInfo } from 'quantab';
import { alertError } from './alerts';
import { saveText } from './save';
import type { Run } from './runs';

const baseOf = ({ name }: Run): string => name.replace(/\.onnx$/i, '');

/** Its own recipe, or one that was found for it. */
export function saveRecipe(run: Run, recipe = run.recipe): void {
  const text = `${JSON.stringify(recipe, undefined, 2)}\n`;
  const kind = recipe === run.recipe ? 'recipe' : 'suggested.recipe';
  saveText(`${baseOf(run)}.${kind}.json`, 'application/json', text);
}

/** The report is written by a module of its own, which is loaded for it. */
export async function saveReport(run: Run, info: ModelInfo): Promise<void> {
  try {
    const { reportOf } = await import('./report');
    saveText(`${baseOf(run)}.report.html`, 'text/html', reportOf(run, info));
  } catch (error) {
    alertError(error);
  }
}
