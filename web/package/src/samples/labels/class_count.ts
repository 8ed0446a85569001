// How many classes a model tells apart.
import type { ValueInfo } from '../../core/types.js';

const isOne = (dim: string): boolean => dim === '1';

/**
 * How many classes a model with these outputs tells apart: the most that one has in its last dimension, a trailing run of 1 passed
 * over, of those that have one row for a sample. Undefined where no output is so, or its size is open.
 */
export function classCountOf(outputs: readonly ValueInfo[]): number | undefined {
  const counts = outputs.flatMap(({ dtype, shape, hasShape }) => {
    if (!hasShape || !dtype.startsWith('float') || shape.length === 0) return [];
    let rank = shape.length;
    while (rank > 1 && isOne(shape[rank - 1]!)) --rank;
    const others = shape.slice(0, rank - 1);
    const isRow = others.slice(1).every(isOne);
    const last = shape[rank - 1]!;
    return isRow && /^\d+$/.test(last) && Number(last) > 1 ? [Number(last)] : [];
  });
  return counts.length === 0 ? undefined : Math.max(...counts);
}
