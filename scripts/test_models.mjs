// Real models against onnxruntime-node: see tests/models/README.md. Further arguments go to tests/models/main.mjs. Says so, and ends
// well, where there is no ../shared/data.
//
//   npm run test:models            npm run test:models -- --only mnist --verbose
import fs from 'node:fs';
import path from 'node:path';
import { PARTS } from './lib/builds.mjs';
import { relaxedNode } from './lib/node.mjs';
import { parityPython } from './lib/parity_python.mjs';
import { root } from './lib/paths.mjs';
import { main, run, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

const data = path.join(root, '..', 'shared', 'data');

await main(async () => {
  if (!fs.existsSync(data)) {
    process.stdout.write(`'${data}' is absent: the shared models and samples are needed here.\n`);
    return 0;
  }
  await setup(['build', 'test']);
  for (const part of ['release', 'wasm-simd', 'wasm-relaxed', 'package']) await PARTS[part]();
  const python = await parityPython();
  const folder = path.join(root, 'tests', 'models');
  say('Samples');
  await run(python, [path.join(folder, 'samples.py')], { cwd: root });
  say('Real models against onnxruntime-node');
  const args = [path.join(folder, 'main.mjs'), ...process.argv.slice(2)];
  return run(relaxedNode(), args, { cwd: root, allowFailure: true });
});
