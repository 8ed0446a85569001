// Plain values, as JSON and tables have them, to tensors.
import { QuantabError } from '../core/error.js';
import { elementCount, Tensor } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { tensorOf } from './element.js';
import { fixedDim, withRank } from './shape.js';

/** Deeper lists than any tensor has dimensions are refused. */
const MOST_RANK = 16;

/** The lengths of nested lists, from the outside; their first members stand for all. */
export function nestingOf(value: unknown): number[] {
  const dims: number[] = [];
  for (let at = value; Array.isArray(at) && dims.length < MOST_RANK; at = at[0] as unknown) {
    dims.push(at.length);
  }
  return dims;
}

/** All members in row-major order; throws where a list has another length than its neighbours. */
function flatten(value: unknown, dims: readonly number[], depth: number, into: unknown[]): void {
  if (depth === dims.length) {
    if (Array.isArray(value)) throw uneven();
    into.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== dims[depth]) throw uneven();
  for (const member of value) flatten(member, dims, depth + 1, into);
}

const uneven = (): QuantabError =>
  new QuantabError('InvalidArgument', 'The lists in it have different lengths. Make them alike.');

/** The shape for values of these dimensions: the input's where it is fixed and as large, else with its rank. */
function dimsFor(dims: readonly number[], input: ValueInfo): number[] {
  const fixed = input.shape.map((_, axis) => fixedDim(input, axis) ?? (axis === 0 ? 1 : NaN));
  if (input.hasShape && dims.length !== fixed.length && elementCount(fixed) === elementCount(dims))
    return fixed;
  return withRank(dims, input);
}

/**
 * A number, a truth value, a text, or nested lists of them as the tensor of an input. Lists of fewer dimensions than the input
 * has get ones before them, or the input's own shape where that is fixed and has as many elements.
 */
export function tensorFromValue(value: unknown, input: ValueInfo): Tensor {
  const nesting = nestingOf(value);
  const members: unknown[] = [];
  flatten(value, nesting, 0, members);
  const what = `The value for input '${input.name}'`;
  const dims = dimsFor(nesting, input);
  if (input.dtype === 'string') return new Tensor('string', dims, members.map(String));
  const numbers = members.map((member) => {
    if (typeof member === 'number') return member;
    if (typeof member === 'boolean') return Number(member);
    throw new QuantabError(
      'InvalidArgument',
      `${what} holds ${JSON.stringify(member)}, expected numbers.`,
    );
  });
  return tensorOf(input.dtype, dims, numbers, what);
}

/** The tensor of lists, or of one number for every element of an input, whose dimensions are 1 where they are not fixed. */
export function constantTensor(value: number | readonly unknown[], input: ValueInfo): Tensor {
  if (typeof value !== 'number') return tensorFromValue(value, input);
  const dims = input.shape.map((_, axis) => fixedDim(input, axis) ?? 1);
  const count = elementCount(dims);
  if (count > MOST_FILLED) {
    throw new QuantabError(
      'InvalidArgument',
      `Input '${input.name}' has ${count} elements, too many to fill with a value. Give them in files.`,
    );
  }
  return tensorOf(input.dtype, dims, new Float64Array(count).fill(value), `Input '${input.name}'`);
}

const MOST_FILLED = 2 ** 28;
