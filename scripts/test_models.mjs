// Real models against onnxruntime-node: see tests/models/README.md. Further arguments go to tests/models/main.mjs. Says so, and ends
// well, where there is no ../shared/data.
//
//   npm run test:models            npm run test:models -- --only mnist --verbose
import fs from 'node:fs';
import path from 'node:path';
import { PARTS } from './lib/builds.mjs';
import { locked } from './lib/lock.mjs';
import { relaxedNode } from './lib/node.mjs';
import { cache, root } from './lib/paths.mjs';
import { main, run, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

const data = path.join(root, '..', 'shared', 'data');

/** The Python that tests/parity/ runs with too: it makes the samples. */
async function parityPython() {
  const folder = path.join(cache, 'parity-venv');
  const program = path.join(folder, 'bin', 'python');
  const wanted = path.join(root, 'tests', 'parity', 'requirements.txt');
  await locked(`${folder}.lock`, async () => {
    const log = path.join(cache, 'logs', 'parity-venv.log');
    if (!fs.existsSync(program)) {
      say('Making a Python environment with ONNX Runtime');
      await run('python3', ['-m', 'venv', folder], { log });
    }
    await run(program, ['-m', 'pip', 'install', '--quiet', '-r', wanted], { log });
  });
  return program;
}

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
