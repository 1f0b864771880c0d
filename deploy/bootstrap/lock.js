import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder on another host (a folder shared with a container) can't be asked whether it lives; it gets this long. */
const foreignHolderMs = 30 * 60_000;

/**
 * Runs `work` while holding a lock file, so that two npm commands started at once don't both install.
 * A lock whose holder is gone is taken over.
 * @template T
 * @param {string} path
 * @param {() => void} onWait called once, when another process holds the lock
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let waiting = false;
  while (!tryLock(path)) {
    if (holderIsGone(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!waiting) onWait();
    waiting = true;
    await sleep(250);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function tryLock(path) {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${process.pid} ${hostname()}`);
    closeSync(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path */
function holderIsGone(path) {
  try {
    const age = Date.now() - statSync(path).mtimeMs;
    const [pid, host] = readFileSync(path, 'utf8').split(' ');
    // Created a moment ago and not written yet: its holder is busy writing it.
    if (pid === undefined || host === undefined) return age > 5_000;
    if (host !== hostname()) return age > foreignHolderMs;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
