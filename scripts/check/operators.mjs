// docs/operators.md names the operators that run, no more and no less.
import { PARTS } from '../lib/builds.mjs';
import { staleOperators } from '../lib/operators_page.mjs';

export const title = 'that the page of operators is in step';

export async function run() {
  await PARTS.release();
  return staleOperators().map(
    (name) =>
      `docs/operators.md and 'quantab ops' differ in ${name}. Run: npm run test:conformance -- native --write-docs`,
  );
}
