import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockDataDir, lockHolder } from './data-dir-lock.ts';
import { processIdentity } from './process-identity.ts';

function lockPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'benchwire-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'stack.lock');
}

test('one at a time; free again when given back', () => {
  const path = lockPath();
  const unlock = lockDataDir(path);
  expect(() => lockDataDir(path)).toThrow(`(pid ${process.pid}, since`);
  expect(lockHolder(path)?.pid).toBe(process.pid);
  unlock();
  lockDataDir(path)();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test.each([
  ['a process that ended', { pid: 2 ** 22 + 1, identity: 'x' }],
  ['an earlier process with a pid that lives now', { pid: process.pid, identity: 'earlier' }],
  ['half a file', 'half'],
])('a lock of %s does not hold', (_, content) => {
  const path = lockPath();
  writeFileSync(path, JSON.stringify(typeof content === 'string' ? content : { ...content, started_at: '' }));
  expect(lockHolder(path)).toBeUndefined();
  lockDataDir(path)();
});

test('giving back leaves a lock alone that somebody else has by now', () => {
  const path = lockPath();
  const unlock = lockDataDir(path);
  rmSync(path);
  lockDataDir(path, new Date(0));
  unlock();
  expect(lockHolder(path)?.started_at).toBe('1970-01-01T00:00:00.000Z');
});

test('a process keeps its identity, and one that is gone has none', () => {
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(process.pid)).not.toBe(processIdentity(1));
  expect(processIdentity(2 ** 22 + 1)).toBeUndefined();
});
