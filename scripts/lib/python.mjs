// Python environments in the cache, each made from a list of pinned packages.
import fs from 'node:fs';
import path from 'node:path';
import { locked } from './lock.mjs';
import { cache } from './paths.mjs';
import { Failure, atLeast, capture, run, say, which } from './run.mjs';

// Of the pinned packages' pickiest, numpy.
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

/**
 * Makes the environment `name`, which holds `what`, or brings it in step with the requirements file `wanted`; returns the folder of
 * its programs.
 */
export async function pythonEnvironment(name, what, wanted) {
  const folder = path.join(cache, name);
  const programs = path.join(folder, 'bin');
  const python = path.join(programs, 'python');
  // Tells what is installed without asking pip, which takes a second or two.
  const installed = path.join(folder, 'requirements.txt');
  await locked(`${folder}.lock`, async () => {
    const same =
      fs.existsSync(installed) &&
      fs.readFileSync(installed, 'utf8') === fs.readFileSync(wanted, 'utf8');
    if (same && fs.existsSync(python)) return;
    const log = path.join(cache, 'logs', `${name}.log`);
    if (!fs.existsSync(python)) {
      say(`Making a Python environment with ${what}`);
      await run(systemPython(), ['-m', 'venv', folder], { log });
    }
    await run(python, ['-m', 'pip', 'install', '--quiet', '-r', wanted], { log });
    fs.copyFileSync(wanted, installed);
  });
  return programs;
}
