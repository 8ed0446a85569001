// Fuzzes what reads bytes from outside: builds every target of tests/fuzz with clang's libFuzzer and the sanitizers, and lets each
// look for a minute. What it learns is kept in build/fuzz/corpus; an input that fails, in build/fuzz.
//
//   npm run fuzz                   npm run fuzz -- --seconds 600 read_model       only the named targets
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildPreset } from './lib/builds.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main, run, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

// Sound files to begin with, by target.
const SEEDS = {
  read_model: ['tests/parity/golden/models', 'examples/digits'],
};

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '60' } },
  });
  const known = fs
    .readdirSync(path.join(root, 'tests', 'fuzz'))
    .filter((file) => file.endsWith('_fuzz.cc'))
    .map((file) => file.replace(/_fuzz\.cc$/, ''));
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown) throw new Failure(`'${unknown}' is not one of ${known.join(', ')}.`);
  if (!/^[1-9]\d*$/.test(values.seconds))
    throw new Failure(`--seconds is '${values.seconds}', expected a whole number of at least 1.`);
  await setup(['build', 'fuzz']);
  const names = positionals.length > 0 ? positionals : known;
  const targets = names.map((name) => `${name}_fuzz`);
  await buildPreset('fuzz', targets);
  const folder = path.join(root, 'build', 'fuzz');
  for (const name of names) {
    say(`Fuzzing ${name} for ${values.seconds} s`);
    const corpus = path.join(folder, 'corpus', name);
    fs.mkdirSync(corpus, { recursive: true });
    const seeds = (SEEDS[name] || []).map((seed) => path.join(root, seed));
    const limits = [`-max_total_time=${values.seconds}`, '-timeout=20', '-rss_limit_mb=2048'];
    const flags = [...limits, '-max_len=65536', '-print_final_stats=1'];
    await run(path.join(folder, `${name}_fuzz`), [...flags, corpus, ...seeds], { cwd: folder });
  }
});
