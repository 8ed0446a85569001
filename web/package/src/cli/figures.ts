// Figures of reports as numbers: JSON has null for infinity and for no number alike.

/**
 * The signal to noise ratio. Of finite values it is infinite without noise, or without a signal; `error` is another figure that
 * is 0 without noise.
 */
export function sqnrOf(sqnrDb: number | null, error: number | null): number {
  if (sqnrDb !== null) return sqnrDb;
  if (error === null) return NaN;
  return error === 0 ? Infinity : -Infinity;
}
