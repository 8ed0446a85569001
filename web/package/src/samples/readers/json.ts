// JSON: an object with the inputs by name, a list of such objects, or, for a model with one input, a value or a list of values.
import { invalidFile } from '../format.js';
import type { ReadContext, SampleReader } from '../reader.js';
import type { TableRow } from '../rows.js';
import { nestingOf } from '../values.js';
import { samplesOfRows, textOf } from './rows.js';

export function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw invalidFile('This is no JSON. Save it again.');
  }
}

/** A value of a file as a row: an object by its keys, anything else without a name. */
export const rowOf = (value: unknown): TableRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as TableRow)
    : { '': value };

/** Whether a list is one sample rather than a list of them: it has no more dimensions than the model's only input. */
function isOneSample(list: readonly unknown[], { inputs, preprocess }: ReadContext): boolean {
  const [input, ...more] = inputs;
  if (input === undefined || more.length > 0) return false;
  if (preprocess.inputs[input.name]?.kind === 'text') return typeof list[0] === 'number';
  const isBatch = Number(input.shape[0]) === 1 || !/^\d+$/.test(input.shape[0] ?? '');
  const depth = nestingOf(list).length;
  if (depth === 0 || (typeof list[0] === 'object' && !Array.isArray(list[0]))) return false;
  return depth === input.shape.length || (isBatch && depth === input.shape.length - 1);
}

/** The rows of a file's value. */
export function rowsOfJson(value: unknown, context: ReadContext): TableRow[] {
  if (!Array.isArray(value) || isOneSample(value, context)) return [rowOf(value)];
  return value.map(rowOf);
}

export const json: SampleReader = {
  extensions: ['.json'],
  kinds: ['tensor', 'text'],
  open: async (file, context) =>
    samplesOfRows(file, rowsOfJson(parseJson(await textOf(file)), context), context),
};
