import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metaOf } from '@benchwire/shared/runtime/artifact-store.ts';
import { sha256OfParts } from '@benchwire/shared/runtime/sha256-of-parts.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FetchedFiles } from './fetched-files.ts';

const KB = 1024;
const { signal } = new AbortController();
let folder: string;
let fetches = 0;
const stored = new Map<string, Buffer>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fetched-files-'));
  fetches = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The store's side of it, which test/integration/artifacts.test.ts has on a real server. */
const store = {
  find: async (sha256: string) => {
    const content = stored.get(sha256);
    return content && { meta: metaOf(sha256, content.length, 1), used_at: new Date() };
  },
  async *content(sha256: string) {
    fetches++;
    yield stored.get(sha256) ?? Buffer.alloc(0);
  },
};
const keeping = (max_bytes: number) =>
  new FetchedFiles({ cache_folder: { path: folder, is_default: false }, max_bytes, store });

function partsOf(name: string, size_bytes = 100 * KB) {
  const content = Buffer.alloc(size_bytes, name);
  const sha256 = createHash('sha256').update(content).digest('hex');
  stored.set(sha256, content);
  return [{ name, sha256, size_bytes }];
}

const folderOf = (name: string): string => join(folder, 'files', sha256OfParts(partsOf(name)));
const isKept = (name: string): boolean => existsSync(folderOf(name));
const lastUsed = (name: string, minutes_ago: number): void => {
  const at = new Date(Date.now() - minutes_ago * 60_000);
  utimesSync(folderOf(name), at, at);
};

describe('files that were fetched', () => {
  it('go when the room is needed, those first that were used longest ago, whenever they were fetched', async () => {
    const files = keeping(320 * KB);
    for (const name of ['a', 'b', 'c']) await files.get(partsOf(name), signal);
    for (const [name, minutes_ago] of [
      ['a', 300],
      ['b', 200],
      ['c', 100],
    ] as const)
      lastUsed(name, minutes_ago);
    // Used once more, though it was fetched first; it does not come over the network again.
    await files.get(partsOf('a'), signal);
    expect(fetches).toBe(3);

    await files.get(partsOf('d'), signal);
    expect(['a', 'b', 'c', 'd'].map(isKept)).toEqual([true, false, true, true]);
    // As many as it takes, and no more.
    await files.get(partsOf('e', 50 * KB), signal);
    expect(['a', 'c', 'd'].map(isKept)).toEqual([true, false, true]);
  });

  it('stay while they may be in use, even beyond the limit', async () => {
    const files = keeping(150 * KB);
    await files.get(partsOf('a'), signal);
    lastUsed('a', 14);
    await files.get(partsOf('b'), signal);
    expect([isKept('a'), isKept('b')]).toEqual([true, true]);
    for (const name of ['a', 'b']) lastUsed(name, 16);
    await files.get(partsOf('c'), signal);
    expect(['a', 'b', 'c'].map(isKept)).toEqual([false, false, true]);
  });

  it('that can never fit are refused before anything is removed or fetched', async () => {
    const files = keeping(150 * KB);
    await files.get(partsOf('a'), signal);
    lastUsed('a', 300);
    await expect(files.get(partsOf('big', 151 * KB), signal)).rejects.toMatchObject({
      task_error: { code: 'FILES_TOO_LARGE', message: expect.stringContaining('WORKER_FILES_MAX_MB') },
    });
    expect([isKept('a'), fetches]).toEqual([true, 1]);
  });

  it('that somebody changed are fetched again, and what a fetch that broke off has left goes after a day', async () => {
    const files = keeping(1000 * KB);
    const path = await files.get(partsOf('a'), signal);
    rmSync(path);
    expect(statSync(await files.get(partsOf('a'), signal)).size).toBe(100 * KB);
    expect(fetches).toBe(2);
    const left = join(folder, 'files', 'x.part');
    await files.get(partsOf('b'), signal);
    mkdirSync(left);
    await files.get(partsOf('c'), signal);
    expect(existsSync(left)).toBe(true);
    const old = new Date(Date.now() - 25 * 3_600_000);
    utimesSync(left, old, old);
    await files.get(partsOf('d'), signal);
    expect(readdirSync(join(folder, 'files')).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
