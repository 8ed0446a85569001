// Runs random graphs in onnxruntime-node and in the package as it is built, in both of its flavours, and compares what they give.
// A graph on which they differ is made smaller and kept, with what it is fed, in build/fuzz.
//
//   npm run fuzz:graphs                              for a minute, from seed 1 on
//   npm run fuzz:graphs -- --seconds 600 --seed 5000 --ops 'conv|pool'
//   npm run fuzz:graphs -- --seed 1234 --count 1     one graph again
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureRelaxedNode, relaxedNode } from './lib/node.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main } from './lib/run.mjs';
import { fuzzGraphs } from '../tests/fuzz/graphs/fuzz.mjs';

function wholeNumber(name, text) {
  if (!/^[1-9]\d*$/.test(text))
    throw new Failure(`--${name} is '${text}', expected a whole number of at least 1.`);
  return Number(text);
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      count: { type: 'string' },
      ops: { type: 'string' },
      package: { type: 'string', default: path.join(root, 'web', 'package', 'dist') },
    },
  });
  await ensureRelaxedNode();
  const first = wholeNumber('seed', values.seed);
  const count = values.count === undefined ? Infinity : wholeNumber('count', values.count);
  const seconds = values.seconds ?? (values.count === undefined ? '60' : undefined);
  const milliseconds = seconds === undefined ? Infinity : 1000 * wholeNumber('seconds', seconds);
  const options = {
    first,
    last: Math.min(first + count - 1, Number.MAX_SAFE_INTEGER),
    until: Math.min(Date.now() + milliseconds, Number.MAX_SAFE_INTEGER),
    packageFolder: path.resolve(values.package),
    folder: path.join(root, 'build', 'fuzz'),
    only: values.ops,
  };
  const say = (text) => process.stdout.write(`${text}\n`);
  const { counts, reasons } = await fuzzGraphs(options, relaxedNode(), say);
  for (const [reason, times] of reasons) say(`${times} set aside, ${reason}`);
  const { agreed, disagreed, refused } = counts;
  say(`graphs: ${agreed} agreed, ${disagreed} disagreed, ${refused} refused by both`);
  return disagreed === 0 ? 0 : 1;
});
