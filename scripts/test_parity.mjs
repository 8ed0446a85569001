// Quantab's results beside those of ONNX Runtime's Python tools: see tests/parity/README.md. Makes the Python environment and the
// native program if needed. The last line is `parity: N identical, N different, N reference failed`; the exit status is 1 if something
// differs without a listed reason.
//
//   npm run test:parity                                        the models that the suite builds
//   npm run test:parity -- --real                              those of ../shared/data as well
//   npm run test:parity -- --models cnn --configurations s8    names that hold these texts
//   npm run test:parity -- --golden                            the committed fixtures
//   npm run test:parity -- --write-docs                        also writes docs/parity.md
//   npm run test:parity -- --check-docs                        only whether that page is in step; needs no Python
import path from 'node:path';
import { PARTS } from './lib/builds.mjs';
import { pageInStep, results, writePage } from './lib/parity_page.mjs';
import { parityPython } from './lib/parity_python.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main, run, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

const OWN = ['--write-docs', '--check-docs'];

await main(async () => {
  const given = process.argv.slice(2);
  if (given.includes('--check-docs')) {
    if (pageInStep()) return 0;
    throw new Failure('docs/parity.md is out of step. Run: npm run test:parity -- --write-docs');
  }
  const writes = given.includes('--write-docs');
  const args = given.filter((argument) => !OWN.includes(argument));
  await setup(['build']);
  await PARTS.release();
  const python = await parityPython();
  say('Quantab beside ONNX Runtime');
  const script = path.join(root, 'tests', 'parity', 'run.py');
  const into = writes ? ['--results', results] : [];
  const code = await run(python, [script, ...args, ...into], { cwd: root, allowFailure: true });
  if (writes && code === 0) writePage();
  return code;
});
