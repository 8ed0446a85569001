// What threads gain: the package on one thread and on several, in one process of Node, runs that take turns.
//
//   node tests/bench/threads.mjs [--models TEXT,...] [--threads N] [--rounds N] [--flavor simd|relaxed]
//
// Of the models of bench:peers whose names hold one of the texts (ResNet, encoder); prints for each form the medians over rounds of
// both sides' medians in milliseconds, and the median over rounds of their ratio. The machine's processors have to be free.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openModel } from 'quantab/direct';
import { Failure, main } from '../../scripts/lib/run.mjs';
import { median, rounds, takeTurns } from './models/rounds.mjs';
import { makeForms } from './peers/forms.mjs';

function chosen() {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: 'ResNet,encoder' },
      threads: { type: 'string', default: '2' },
      rounds: { type: 'string', default: String(rounds.count) },
      flavor: { type: 'string' },
    },
  });
  const [threads, count] = [Number(values.threads), Number(values.rounds)];
  if (!(threads >= 2)) {
    throw new Failure(`'--threads' is '${values.threads}', expected 2 or more.`);
  }
  if (!(count >= 1)) throw new Failure(`'--rounds' is '${values.rounds}', expected 1 or more.`);
  return { parts: values.models.split(','), threads, count, flavor: values.flavor };
}

async function measure(file, { threads, flavor, count }) {
  const models = {};
  const sides = {};
  try {
    for (const [name, number] of [
      ['one', 1],
      ['several', threads],
    ]) {
      const model = await openModel(file, { threads: number, ...(flavor && { flavor }) });
      models[name] = model;
      const sample = await model.randomSample(1);
      sides[name] = () => model.run(sample);
    }
    const results = await takeTurns(sides, { count, budget: rounds.budget });
    const { threads: has } = await models.several.capabilities();
    if (has !== threads) throw new Failure(`There are ${has} threads here, not ${threads}.`);
    return results;
  } finally {
    for (const model of Object.values(models)) model.close();
  }
}

await main(async () => {
  const options = chosen();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-threads-'));
  const line = (...cells) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(28) : cell.padStart(12))).join(''));
  try {
    const models = await makeForms(folder, options.parts);
    if (models.length === 0) throw new Failure('No model has such a name.');
    line('', 'one, ms', `${options.threads}, ms`, 'faster');
    for (const { name, form, file } of models) {
      const results = await measure(file, options);
      line(
        `${name} ${form}`,
        median(results.map(({ one }) => one)).toFixed(2),
        median(results.map(({ several }) => several)).toFixed(2),
        `${median(results.map(({ one, several }) => one / several)).toFixed(2)}x`,
      );
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
