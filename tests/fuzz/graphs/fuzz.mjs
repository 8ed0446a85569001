// Checks graphs of many seeds in a process of their own, which is started again after a crash.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));
/** Milliseconds without a word after which the process hangs. */
const PATIENCE = 60_000;

/** Runs until the process ends: the seed it was at, and on which side, when that was before its time. */
function runWorker(options, node, onMessage) {
  return new Promise((resolve, reject) => {
    const child = fork(worker, [JSON.stringify(options)], { execPath: node });
    let now = { at: options.first, side: 'the start' };
    let watch;
    const listen = () => {
      clearTimeout(watch);
      watch = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    };
    listen();
    child.on('message', (message) => {
      listen();
      if (message.side) now = message;
      else onMessage(message);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(watch);
      resolve(code === 0 ? undefined : { ...now, how: signal ?? `exit code ${code}` });
    });
  });
}

/**
 * Counts by kind, and texts by seed of what disagreed. `options`: first, last, until (a time), packageFolder, folder, only. `say` is
 * given what there is to print.
 */
export async function fuzzGraphs(options, node, say) {
  const counts = { agreed: 0, disagreed: 0, refused: 0, known: 0, empty: 0 };
  const reasons = new Map();
  const onMessage = ({ seed, kind, text, ops, reduced, file }) => {
    if (kind) counts[kind]++;
    if (kind === 'known') reasons.set(text, (reasons.get(text) ?? 0) + 1);
    if (kind === 'disagreed') say(`seed ${seed} (${ops.join(', ')}): ${text}`);
    if (reduced) say(`  reduced to ${reduced}\n  ${file}`);
  };
  let { first } = options;
  while (first <= options.last && Date.now() < options.until) {
    const stopped = await runWorker({ ...options, first }, node, onMessage);
    if (!stopped) break;
    counts.disagreed++;
    say(`seed ${stopped.at}: the process ended with ${stopped.how} in ${stopped.side}`);
    first = stopped.at + 1;
  }
  return { counts, reasons };
}
