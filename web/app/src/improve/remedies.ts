// What helps nodes that do not bear quantization: to choose from, and where it cannot be had.
import type { Recipe, Remedy } from 'quantab';
import { field, select } from '../fields';

/** How a node is kept. */
export const WHERE: Record<Remedy, string> = { float: 'in float', '16-bit': 'in 16 bits' };

const CHOICES: Record<Remedy, string> = {
  float: 'Keep them in float',
  '16-bit': 'Raise their activations to 16 bits',
};

const HELP =
  'In float, a node is left as it was. With 16 bits, what it reads and makes has finer steps, and its weights stay small: this helps where activations suffer, not weights.';

/** Why the nodes of what the recipe makes cannot be raised to 16 bits; nothing where they can. */
function whyNot16Bits(recipe: Recipe): string | undefined {
  const { quantize_static: options } = recipe;
  if (recipe.quantize_matmul_nbits !== undefined || recipe.quantize_matmul_bnb4 !== undefined) {
    return '16 bits are for activations, which this result leaves as they were: it has quantized weights alone.';
  }
  const needs = '16 bits need static quantization in the QDQ format';
  if (options === undefined) return `${needs}, and this result is quantized dynamically.`;
  const { quant_format: format, activation_type: type } = options;
  if (format !== undefined && format !== 'QDQ') return `${needs}; this result is in ${format}.`;
  if (type === undefined || type === 'QInt8' || type === 'QUInt8') return undefined;
  return `Only activations of 8-bit integers can be raised to 16 bits; this result has ${type}.`;
}

export interface RemedyField {
  element: HTMLElement;
  value(): Remedy;
}

/** For a result that was made by `recipe`. */
export function remedyField(recipe: Recipe): RemedyField {
  const reason = whyNot16Bits(recipe);
  const chosen = select({ id: 'remedy' }, CHOICES, 'float');
  for (const each of chosen.options) each.disabled = each.value !== 'float' && reason !== undefined;
  return {
    element: field('For nodes that suffer', chosen, reason ?? HELP),
    value: () => chosen.value as Remedy,
  };
}
