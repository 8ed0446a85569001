// One process at a time for a piece of work in the cache; a dead owner's lock is taken over.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './run.mjs';

// A lock that nobody finished writing is dead after this long.
const UNWRITTEN_MS = 10_000;

/** When a process began, in the kernel's own count, so that its number given anew is not it; '' where that is not told. */
function began(pid) {
  try {
    // Fields are counted after the program's name, which may hold anything but ends with the last ')'.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}

function alive(pid, since) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return since === began(pid);
}

/** { pid } of the live process that holds the lock, null when it is free now; a dead owner's lock is put away. */
function ownerOf(file) {
  try {
    const [pid, since = ''] = fs.readFileSync(file, 'utf8').split(' ');
    const unwritten = pid === '';
    const dead = unwritten
      ? Date.now() - fs.statSync(file).mtimeMs > UNWRITTEN_MS
      : !alive(Number(pid), since);
    if (!dead) return { pid: unwritten ? '?' : pid };
    // Only one of several waiters can move it.
    const aside = `${file}.${process.pid}`;
    fs.renameSync(file, aside);
    fs.rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return null;
}

/** Runs `body` while holding the lock file; waits for another process that holds it. */
export async function locked(file, body) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let told = false; ;) {
    try {
      fs.writeFileSync(file, `${process.pid} ${began(process.pid)}`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(file);
    if (!owner) continue;
    if (!told) say(`Waiting for process ${owner.pid}, which is doing the same work`);
    told = true;
    await sleep(1000);
  }
  const release = () => fs.rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await body();
  } finally {
    release();
    process.off('exit', release);
  }
}
