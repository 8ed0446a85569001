// What a graph input's shape says.
import type { ValueInfo } from '../core/types.js';

/** A dimension that is fixed and not 0; undefined for symbols. Negative axes count from the end. */
export function fixedDim({ shape }: ValueInfo, axis: number): number | undefined {
  const size = Number(shape.at(axis) ?? NaN);
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}

export const isFloat = ({ dtype }: ValueInfo): boolean =>
  dtype === 'float32' || dtype === 'float16' || dtype === 'float64';

export const isInteger = ({ dtype }: ValueInfo): boolean => dtype === 'int64' || dtype === 'int32';

/** `dims` with ones before them, as many as the input has dimensions more; as they are where that is unknown. */
export function withRank(dims: readonly number[], { shape, hasShape }: ValueInfo): number[] {
  const missing = hasShape ? Math.max(0, shape.length - dims.length) : 0;
  return [...Array<number>(missing).fill(1), ...dims];
}
