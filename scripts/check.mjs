// Every check that is not a test: one file per check in scripts/check/, each exporting `title` and
// `run`, which returns a list of problems (empty: fine).
//
//   npm run check                  npm run check -- layers format        only the named ones
import fs from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { Failure, main, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  const folder = path.join(root, 'scripts', 'check');
  const known = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => path.basename(file, '.mjs'))
    .sort();
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new Failure(`'${unknown}' is not one of ${known.join(', ')}.`);
  await setup(['build', 'check']);

  const lines = [];
  for (const name of names.length > 0 ? names : known) {
    const { title, run } = await import(path.join(folder, `${name}.mjs`));
    say(`Checking ${title}`);
    const started = performance.now();
    let problems;
    try {
      problems = await run();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems = [`The check could not run. ${error.message}`];
    }
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const verdict = problems.length === 0 ? 'ok' : `${problems.length} problems`;
    lines.push({
      failed: problems.length > 0,
      text: `${name.padEnd(14)}${verdict} (${seconds} s)`,
    });
  }
  process.stdout.write(`\n${lines.map((line) => line.text).join('\n')}\n`);
  const failed = lines.filter((line) => line.failed).length;
  process.stdout.write(`${lines.length - failed} checks passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});
