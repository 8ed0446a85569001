// What the commands that make a model of another share.
import { QuantabError } from '../core/error.js';
import { methodOf, type RecipeMethod } from '../core/recipe.js';
import type { MixedPrecision, Recipe } from '../core/types.js';
import { openModel, type Model } from '../index.node.js';
import { UsageError, type Command, type Invocation } from './command.js';
import { humanBytes, humanNumber } from './console.js';
import { readText } from './text_file.js';

export interface ConversionResult {
  output: string;
  bytesBefore: number;
  /** Of the model file and its external data. */
  bytesAfter: number;
  /** What more there is to say of it. */
  mixedPrecision?: MixedPrecision | undefined;
  /** With --print-recipe. */
  recipe?: Recipe | undefined;
  python?: string | undefined;
}

const COMMANDS: Record<RecipeMethod, string> = {
  quant_pre_process: "'quantab preprocess'",
  quantize_dynamic: "'quantab dynamic'",
  quantize_static: "'quantab static'",
  quantize_matmul_nbits: "'quantab nbits'",
  quantize_matmul_bnb4: "'quantab bnb4'",
  convert_float_to_float16: "'quantab float16'",
  auto_convert_mixed_precision: "'quantab float16' with '--calibration-data'",
};

function commandFor(method: RecipeMethod, wanted: RecipeMethod): string {
  const isSearched = wanted === 'auto_convert_mixed_precision';
  const without = method === 'convert_float_to_float16' && isSearched;
  return COMMANDS[method] + (without ? " without '--calibration-data'" : '');
}

/** The recipe in a file. */
export function recipeIn(file: string): Recipe {
  let recipe: unknown;
  try {
    recipe = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof QuantabError) throw error;
  }
  if (typeof recipe !== 'object' || recipe === null || Array.isArray(recipe)) {
    throw new QuantabError('InvalidArgument', `'${file}' is no recipe: it holds no JSON object.`);
  }
  return recipe;
}

function readRecipe(file: string, method: RecipeMethod): Recipe {
  const recipe = recipeIn(file);
  const given = methodOf(recipe);
  if (given !== method) {
    throw new QuantabError(
      'InvalidArgument',
      `'${file}' is a recipe for '${given}'. Use ${commandFor(given, method)}.`,
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
  { positionals, value, flag, call, start }: Invocation,
  convert: (model: Model) => Promise<Model>,
): Promise<ConversionResult> {
  const output = value('output')!;
  using model = await openModel(positionals[0]!, start);
  using result = await convert(model);
  const useExternalDataFormat = flag('use_external_data_format');
  const sizes = await result.writeTo(output, { ...call, useExternalDataFormat });
  const { recipe, python, mixedPrecision } = result;
  return {
    output,
    bytesBefore: model.byteLength,
    bytesAfter: sizes.model + sizes.external,
    ...(mixedPrecision === undefined ? {} : { mixedPrecision }),
    ...(flag('print_recipe') ? { recipe, python } : {}),
  };
}

/** The result for people; `remark` is what more there is to say, in lines. */
export function conversionText(result: ConversionResult, remark = ''): string {
  const { output, bytesBefore, bytesAfter, recipe, python } = result;
  const percent = bytesBefore === 0 ? 100 : (100 * bytesAfter) / bytesBefore;
  const line = `${output}: ${humanBytes(bytesAfter)}, was ${humanBytes(bytesBefore)} (${humanNumber(percent, 3)} %)\n${remark}`;
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
  text: (result) => conversionText(result),
});

export const missing = (flag: string, command: string): UsageError =>
  new UsageError(`'${flag}' is missing. 'quantab ${command} --help' says what it is.`);
