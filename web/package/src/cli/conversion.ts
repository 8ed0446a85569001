// What the commands that make a model of another share.
import { QuantabError } from '../core/error.js';
import { methodOf, type RecipeMethod } from '../core/recipe.js';
import type { Recipe } from '../core/types.js';
import { openModel, type Model } from '../index.node.js';
import { UsageError, type Command, type Invocation } from './command.js';
import { humanBytes, humanNumber } from './console.js';
import { readText } from './text_file.js';

export interface ConversionResult {
  output: string;
  bytesBefore: number;
  /** Of the model file and its external data. */
  bytesAfter: number;
  /** With --print-recipe. */
  recipe?: Recipe | undefined;
  python?: string | undefined;
}

const COMMANDS: Record<RecipeMethod, string> = {
  quant_pre_process: 'preprocess',
  quantize_dynamic: 'dynamic',
  quantize_static: 'static',
  convert_float_to_float16: 'float16',
};

function readRecipe(file: string, method: RecipeMethod): Recipe {
  let recipe: unknown;
  try {
    recipe = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof QuantabError) throw error;
  }
  if (typeof recipe !== 'object' || recipe === null || Array.isArray(recipe)) {
    throw new QuantabError('InvalidArgument', `'${file}' is no recipe: it holds no JSON object.`);
  }
  const given = methodOf(recipe);
  if (given !== method) {
    throw new QuantabError(
      'InvalidArgument',
      `'${file}' is a recipe for '${given}'. Use 'quantab ${COMMANDS[given]}'.`,
    );
  }
  return recipe;
}

/** The options of a conversion's call. */
export function conversionOptions(
  { quantizerOptions, call, flag, value }: Invocation,
  method: RecipeMethod,
) {
  const file = value('recipe');
  const recipe = file === undefined ? undefined : readRecipe(file, method);
  const preProcess =
    flag('pre_process') && recipe?.quant_pre_process === undefined ? true : undefined;
  return { ...quantizerOptions, ...call, recipe, preProcess };
}

/** Opens the model, lets `convert` make another of it, and writes that. */
export async function convertFile(
  { positionals, value, flag, call }: Invocation,
  convert: (model: Model) => Promise<Model>,
): Promise<ConversionResult> {
  const output = value('output')!;
  using model = await openModel(positionals[0]!, call);
  using result = await convert(model);
  const useExternalDataFormat = flag('use_external_data_format');
  const sizes = await result.writeTo(output, { ...call, useExternalDataFormat });
  const { recipe, python } = result;
  return {
    output,
    bytesBefore: model.byteLength,
    bytesAfter: sizes.model + sizes.external,
    ...(flag('print_recipe') ? { recipe, python } : {}),
  };
}

export function conversionText(result: ConversionResult): string {
  const { output, bytesBefore, bytesAfter, recipe, python } = result;
  const percent = bytesBefore === 0 ? 100 : (100 * bytesAfter) / bytesBefore;
  const line = `${output}: ${humanBytes(bytesAfter)}, was ${humanBytes(bytesBefore)} (${humanNumber(percent, 3)} %)\n`;
  return recipe === undefined
    ? line
    : `${line}\n${JSON.stringify(recipe, undefined, 2)}\n\n${python}`;
}

/** A command that makes a model of another by its options alone. */
export const conversionCommand = (
  method: RecipeMethod,
  convert: (model: Model, options: ReturnType<typeof conversionOptions>) => Promise<Model>,
): Command<ConversionResult> => ({
  run: (invocation) => {
    const options = conversionOptions(invocation, method);
    return convertFile(invocation, (model) => convert(model, options));
  },
  text: conversionText,
});

export const missing = (flag: string, command: string): UsageError =>
  new UsageError(`'${flag}' is missing. 'quantab ${command} --help' says what it is.`);
