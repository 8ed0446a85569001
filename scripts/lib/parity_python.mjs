// The Python that ONNX Runtime's own tools run in, in a virtual environment under the cache.
import fs from 'node:fs';
import path from 'node:path';
import { locked } from './lock.mjs';
import { cache, root } from './paths.mjs';
import { Failure, atLeast, capture, run, say, which } from './run.mjs';

// Of numpy's pinned version.
const OLDEST = '3.11';

/** A python3 that is new enough, by its newest name on PATH. */
function systemPython() {
  const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
  const version = (name) =>
    capture(name, ['-c', 'import platform; print(platform.python_version())']);
  const found = names.find((name) => which(name) && atLeast(version(name) ?? '0', OLDEST));
  if (!found) throw new Failure(`There is no python3 of version ${OLDEST} or newer on PATH.`);
  return found;
}

/** Makes the environment, or brings it in step with requirements.txt; returns its Python. */
export async function parityPython() {
  const folder = path.join(cache, 'parity-venv');
  const program = path.join(folder, 'bin', 'python');
  const wanted = path.join(root, 'tests', 'parity', 'requirements.txt');
  // Tells what is installed without asking pip, which takes a second or two.
  const installed = path.join(folder, 'requirements.txt');
  await locked(`${folder}.lock`, async () => {
    const same =
      fs.existsSync(installed) &&
      fs.readFileSync(installed, 'utf8') === fs.readFileSync(wanted, 'utf8');
    if (same && fs.existsSync(program)) return;
    const log = path.join(cache, 'logs', 'parity-venv.log');
    if (!fs.existsSync(program)) {
      say('Making a Python environment with ONNX Runtime');
      await run(systemPython(), ['-m', 'venv', folder], { log });
    }
    await run(program, ['-m', 'pip', 'install', '--quiet', '-r', wanted], { log });
    fs.copyFileSync(wanted, installed);
  });
  return program;
}
