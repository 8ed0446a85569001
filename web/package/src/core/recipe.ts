// Recipes: whole conversions as data.
import { QuantabError } from './error.js';
import { checkCall, quantizerOptions } from './options.js';
import type { Order } from './protocol.js';
import type { Recipe } from './types.js';

const METHODS = [
  'quantize_dynamic',
  'quantize_static',
  'quantize_matmul_nbits',
  'quantize_matmul_bnb4',
  'convert_float_to_float16',
  'auto_convert_mixed_precision',
] as const;
const PRE_PROCESS = 'quant_pre_process';

export type RecipeMethod = (typeof METHODS)[number] | typeof PRE_PROCESS;

/** The method of a recipe; the core says what is wrong with one that has none, or several. */
export function methodOf(recipe: unknown): RecipeMethod {
  if (typeof recipe !== 'object' || recipe === null) {
    throw new QuantabError('InvalidArgument', 'A recipe must be an object.');
  }
  return METHODS.find((method) => method in recipe) ?? PRE_PROCESS;
}

/** What a call asks for: its recipe, if it has one, with the call's own options laid over it. */
export function orderOf(
  method: RecipeMethod,
  call: { recipe?: Recipe | undefined; preProcess?: object | boolean | undefined },
): Order {
  checkCall(call);
  const { recipe = {}, preProcess } = call;
  const given = methodOf(recipe);
  if (given !== method && METHODS.some((name) => name in recipe)) {
    throw new QuantabError('InvalidArgument', `This is a recipe for '${given}', not '${method}'.`);
  }
  const before = preProcess === true ? {} : preProcess || undefined;
  return {
    recipe: JSON.stringify({
      [method]: {},
      ...recipe,
      ...(before === undefined ? {} : { [PRE_PROCESS]: before }),
    }),
    options: quantizerOptions(call),
  };
}
