// Rows of tables and objects of JSON to samples: by the names of inputs, by columns, or as texts.
import { QuantabError } from '../core/error.js';
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import type { Preprocess, TensorSettings, TextSettings } from './settings.js';
import type { Tokenizers } from './text/tokenizers.js';
import { tensorFromValue } from './values.js';

/** Values by column or key. A value without a name has the name ''. */
export type TableRow = Readonly<Record<string, unknown>>;

export interface RowContext {
  inputs: readonly ValueInfo[];
  preprocess: Preprocess;
  tokenizers: Tokenizers;
}

const has = (row: TableRow, key: string): boolean => Object.hasOwn(row, key);

/** The columns "name[0]", "name_0" or "name.0" and so on, in a row. */
function spreadOver(row: TableRow, name: string): unknown[] | undefined {
  for (const write of [
    (i: number) => `${name}[${i}]`,
    (i: number) => `${name}_${i}`,
    (i: number) => `${name}.${i}`,
  ]) {
    const values: unknown[] = [];
    while (has(row, write(values.length))) values.push(row[write(values.length)]);
    if (values.length > 0) return values;
  }
  return undefined;
}

function columnsOf(row: TableRow, columns: readonly string[], input: string): unknown[] {
  return columns.map((column) => {
    if (has(row, column)) return row[column];
    throw new QuantabError(
      'InvalidArgument',
      `There is no column '${column}' for input '${input}'. Correct its 'columns'.`,
    );
  });
}

/** The value for an input of numbers; undefined when the row has none. */
function valueFor(
  row: TableRow,
  { name }: ValueInfo,
  settings: TensorSettings | undefined,
  isOnly: boolean,
): unknown {
  if (settings?.columns !== undefined) return columnsOf(row, settings.columns, name);
  if (has(row, name)) return row[name];
  const spread = spreadOver(row, name);
  if (spread !== undefined) return spread;
  if (!isOnly || settings?.value !== undefined) return undefined;
  const values = Object.values(row);
  return has(row, '') && values.length === 1 ? values[0] : values;
}

async function tokensFor(
  row: TableRow,
  input: ValueInfo,
  settings: TextSettings,
  tokenizers: Tokenizers,
): Promise<Tensor | undefined> {
  const text = has(row, settings.column) ? row[settings.column] : row[''];
  if (typeof text !== 'string') return undefined;
  const pair = has(row, settings.pairColumn) ? row[settings.pairColumn] : undefined;
  return tokenizers.tensor(text, typeof pair === 'string' ? pair : undefined, settings, input);
}

/** The inputs that a row gives. Numbers under an input's own name count, whatever its kind is. */
export async function sampleFromRow(
  row: TableRow,
  { inputs, preprocess, tokenizers }: RowContext,
): Promise<TensorMap<Tensor>> {
  const sample: TensorMap<Tensor> = {};
  const isOnly = inputs.length === 1;
  for (const input of inputs) {
    const settings = preprocess.inputs[input.name];
    const isGiven = has(row, input.name) && typeof row[input.name] !== 'string';
    let tensor: Tensor | undefined;
    if (settings?.kind === 'text' && !isGiven) {
      tensor = await tokensFor(row, input, settings, tokenizers);
    } else if (settings?.kind === 'tensor' || isGiven) {
      const own = settings?.kind === 'tensor' ? settings : undefined;
      const value = valueFor(row, input, own, isOnly);
      tensor = value === undefined ? undefined : tensorFromValue(value, input);
    }
    if (tensor !== undefined) sample[input.name] = tensor;
  }
  return sample;
}
