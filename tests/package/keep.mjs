// Models that are closed when their test ends, as `using` does where it is known.
import { afterEach } from '@jest/globals';

const kept = [];

afterEach(() => {
  for (const model of kept.splice(0)) model.close();
});

/** Waits for a model and keeps it until the test is over. */
export async function keep(opening) {
  const model = await opening;
  kept.push(model);
  return model;
}
