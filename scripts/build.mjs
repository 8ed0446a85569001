// Builds the named parts, or all that are shipped; what is up to date is skipped.
//
//   node scripts/build.mjs [debug] [release] [wasm-simd] [wasm-relaxed] [package] [app]
import { PARTS, SHIPPED } from './lib/builds.mjs';
import { Failure, main } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown) throw new Failure(`'${unknown}' is not one of ${Object.keys(PARTS).join(', ')}.`);
  const chosen = names.length > 0 ? names : SHIPPED;
  await setup(['build']);
  for (const [name, build] of Object.entries(PARTS)) {
    if (chosen.includes(name)) await build();
  }
});
