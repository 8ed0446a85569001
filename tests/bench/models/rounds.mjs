// What both places measure alike. Runs in Node and in a page.

/** Rounds, and milliseconds of running that each side gets in a round. */
export const rounds = { count: 7, budget: 150 };

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median time of `run` over as many runs as fit the budget, at least three; milliseconds. */
export async function medianTime(run, budget) {
  const times = [];
  const end = performance.now() + budget;
  while (times.length < 3 || performance.now() < end) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  return median(times);
}

/** Runs that take turns: for each round, each side's median time, after one round that does not count. `sides`: functions by name. */
export async function takeTurns(sides, { count, budget }) {
  for (const run of Object.values(sides)) await medianTime(run, budget);
  const results = [];
  for (let i = 0; i < count; ++i) {
    const round = {};
    for (const [side, run] of Object.entries(sides)) round[side] = await medianTime(run, budget);
    results.push(round);
  }
  return results;
}
