// Sizes of numbers.

/** The largest magnitude among finite numbers. */
export function largest(numbers) {
  let most = 0;
  for (const each of numbers) if (Number.isFinite(each)) most = Math.max(most, Math.abs(each));
  return most;
}
