// The ready-made settings as recipes to be tried side by side.
import type { Recipe } from 'quantab';
import type { Method } from '../option_fields';
import { planOf, PRESETS, type Conversion, type Situation } from '../presets';

export interface Candidate {
  name: string;
  conversion: Conversion;
}

const METHODS: Record<Method, keyof Recipe> = {
  static: 'quantize_static',
  dynamic: 'quantize_dynamic',
  nbits: 'quantize_matmul_nbits',
  bnb4: 'quantize_matmul_bnb4',
  float16: 'convert_float_to_float16',
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (x) => `_${x.toLowerCase()}`);

/** What is done after a method for weights alone where the rest is to be half precision. */
const HALF_AFTER: Recipe = { convert_float_to_float16: { keep_io_types: true } };

export function recipeOf({ method, options, mixed, half }: Conversion): Recipe {
  const named = Object.entries(options).map(([name, value]) => [snake(name), value] as const);
  return {
    [mixed === true ? 'auto_convert_mixed_precision' : METHODS[method]]: Object.fromEntries(named),
    ...(half === true && HALF_AFTER),
  };
}

/** What the ready-made settings make of a model, each once; settings that make the same share a name. */
export function candidatesFor(situation: Situation): Candidate[] {
  const all = new Map<string, { labels: Map<string, string[]>; conversion: Conversion }>();
  for (const { name, label } of PRESETS) {
    for (const conversion of planOf(name, situation).makes) {
      const { suffix } = conversion;
      const key = JSON.stringify(recipeOf(conversion));
      const { labels } = all.get(key) ?? all.set(key, { labels: new Map(), conversion }).get(key)!;
      // Of a set of files, its short name and what ends each file's.
      if (suffix === undefined) labels.set(label, []);
      else labels.set(name, [...(labels.get(name) ?? []), suffix]);
    }
  }
  const words = ([label, suffixes]: [string, string[]]) => [label, ...suffixes].join(' ');
  return Array.from(all.values(), ({ labels, conversion }) => ({
    name: [...labels].map(words).join(', '),
    conversion,
  }));
}
