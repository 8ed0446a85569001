// A process that checks graphs of one seed after another and tells its parent about each, so that the parent knows which one it was
// when a native crash ends it. Messages: { at, side } before each run, { seed, kind, text } after, { seed, reduced, file } later.
import process from 'node:process';
import { check } from './check.mjs';
import { generate } from './generate.mjs';
import { loadPackage } from './package.mjs';
import { reduce } from './reduce.mjs';
import { describe, save } from './report.mjs';

const { first, last, until, packageFolder, only, folder } = JSON.parse(process.argv[2]);
const pattern = only === undefined ? undefined : new RegExp(only, 'i');
const opener = await loadPackage(packageFolder);
const openers = { simd: opener('simd'), relaxed: opener('relaxed') };

const tell = (message) => process.send(message);

async function checkSeed(seed) {
  const onSide = (side) => tell({ at: seed, side });
  onSide('the generator');
  const made = generate({ seed, only: pattern });
  if (made.graph.outputs.length === 0) return tell({ seed, kind: 'empty' });
  const verdict = await check(made, openers, onSide);
  tell({ seed, kind: verdict.kind, text: describe(verdict), ops: made.ops });
  if (verdict.kind !== 'disagreed') return;
  save(folder, seed, { made, verdict });
  const { flavor } = verdict.detail;
  const judge = (smaller) => check(smaller, { [flavor]: openers[flavor] }, onSide);
  const smallest = await reduce(made, verdict, judge, pattern);
  const file = save(folder, seed, smallest);
  const nodes = smallest.made.graph.nodes.map(({ op }) => op).join(', ');
  tell({
    seed,
    reduced: `${nodes} (opset ${smallest.made.graph.opset}): ${describe(smallest.verdict)}`,
    file,
  });
}

for (let seed = first; seed <= last && Date.now() < until; seed++) await checkSeed(seed);
process.disconnect();
