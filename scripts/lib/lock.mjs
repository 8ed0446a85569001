// One process at a time for a piece of work in the cache; a dead owner's lock is taken over.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './run.mjs';

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Runs `body` while holding the lock file; waits for another process that holds it. */
export async function locked(file, body) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let told = false; ;) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    let owner;
    try {
      owner = Number(fs.readFileSync(file, 'utf8'));
    } catch {
      continue; // Released in between.
    }
    if (owner > 0 && !alive(owner)) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`Waiting for process ${owner}, which is doing the same work`);
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
