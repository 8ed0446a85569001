// Running other programs: streaming, or captured; both say what failed and how.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** A failure whose message is enough for the reader; `main` prints it without a stack. */
export class Failure extends Error {}

const shown = (command, args) => [path.basename(command), ...args].join(' ').slice(0, 200);

/**
 * Runs a program with its output streamed to this one's.
 * Options: cwd, env (added to the environment), log (a file that receives the output instead; its
 * tail is shown on failure), allowFailure (return the exit code instead of throwing), onLine
 * (called with each line of standard output and error, which are still streamed).
 */
export function run(command, args = [], options = {}) {
  const { cwd, env, log, allowFailure, onLine } = options;
  let stdio = 'inherit';
  let logFile;
  if (log) {
    fs.mkdirSync(path.dirname(log), { recursive: true });
    logFile = fs.openSync(log, 'w');
    stdio = ['ignore', logFile, logFile];
  } else if (onLine) {
    stdio = ['inherit', 'pipe', 'pipe'];
  }
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
    if (onLine && !log) {
      for (const [from, to] of [
        [child.stdout, process.stdout],
        [child.stderr, process.stderr],
      ]) {
        let rest = '';
        from.setEncoding('utf8');
        from.on('data', (text) => {
          to.write(text);
          const lines = (rest + text).split('\n');
          rest = lines.pop();
          lines.forEach(onLine);
        });
        from.on('end', () => rest && onLine(rest));
      }
    }
    const finish = (code, reason) => {
      if (logFile !== undefined) fs.closeSync(logFile);
      if (code === 0 || allowFailure) return resolve(code);
      let message = `'${shown(command, args)}' ${reason}.`;
      if (log) {
        const tail = fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
        message += `\n${tail}\nThe whole log is in '${log}'.`;
      }
      reject(new Failure(message));
    };
    child.on('error', (error) => {
      finish(127, error.code === 'ENOENT' ? 'could not start: no such program' : error.message);
    });
    child.on('close', (code, signal) => {
      finish(code ?? 1, signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
}

/** Runs a program and returns its trimmed standard output; null when it fails or is missing. */
export function capture(command, args = [], options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
    env: { ...process.env, ...options.env },
  });
  return result.status === 0 ? result.stdout.trim() : null;
}

/** The full path of a program on PATH, or null. */
export function which(name) {
  for (const folder of (process.env.PATH || '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** True when version `a` is at least `b`; both dotted numbers, anything after them ignored. */
export function atLeast(a, b) {
  const numbers = (text) => (text.match(/\d+(\.\d+)*/) || ['0'])[0].split('.').map(Number);
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    if ((x[i] || 0) !== (y[i] || 0)) return (x[i] || 0) > (y[i] || 0);
  }
  return true;
}

/** Prints a heading to stderr, so that a script's stdout stays its result. */
export function say(text) {
  process.stderr.write(`== ${text}\n`);
}

/** Runs a script's main function; a Failure is printed plainly and ends with exit code 1. */
export async function main(body) {
  try {
    const code = await body();
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    process.stderr.write(`${error instanceof Failure ? `error: ${error.message}` : error.stack}\n`);
    process.exitCode = 1;
  }
}
