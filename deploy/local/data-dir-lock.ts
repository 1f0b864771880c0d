import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { z } from 'zod';
import { processIdentity } from './process-identity.ts';

const holder = z.object({ pid: z.int(), identity: z.string(), started_at: z.string() });
export type LockHolder = z.infer<typeof holder>;

/**
 * Makes this process the only stack on the data folder: two would write the same files.
 * @returns how to give it back
 * @throws BenchwireError STACK_RUNNING
 */
export function lockDataDir(path: string, now: Date = new Date()): () => void {
  const mine = JSON.stringify({
    pid: process.pid,
    identity: processIdentity(process.pid) ?? '',
    started_at: now.toISOString(),
  });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    // A link appears at once with its content, or not at all when the name is taken.
    while (!tryLink(draft, path)) {
      const other = lockHolder(path);
      if (other !== undefined) throw alreadyRunning(path, other);
      dropStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (textOf(path) === mine) rmSync(path, { force: true });
  };
}

/** Who runs a stack on this folder now; undefined when nobody does. */
export function lockHolder(path: string): LockHolder | undefined {
  const text = textOf(path);
  return text === undefined ? undefined : holderIn(text);
}

function holderIn(text: string): LockHolder | undefined {
  try {
    const found = holder.parse(JSON.parse(text));
    return processIdentity(found.pid) === found.identity ? found : undefined;
  } catch {
    return undefined; // not written by a stack that lives
  }
}

/** Two starts may find the same stale lock: the slower one must not take away what the faster one has put there since. */
function dropStale(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return; // the other one was faster
  }
  if (holderIn(textOf(aside) ?? '') !== undefined) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function alreadyRunning(path: string, { pid, started_at }: LockHolder): BenchwireError {
  const folder = path.replace(/\/[^/]*$/, '');
  return new BenchwireError(
    'STACK_RUNNING',
    `a stack already runs on ${folder} (pid ${pid}, since ${started_at}). Use it with \`npm run bw\`, stop it with ` +
      `Ctrl-C in its terminal or \`kill ${pid}\`, or start another one on other data: BENCHWIRE_DATA_DIR=/some/folder npm start`,
  );
}
