import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cacheFolder, ensureCacheFolder } from './cache-folder.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-folder-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is this user’s own unless the configuration names another', () => {
  expect(cacheFolder('/models', { HOME: '/home/me' })).toEqual({ path: '/models', is_default: false });
  expect(cacheFolder(undefined, { HOME: '/home/me' }).path).toBe('/home/me/.cache/benchwire/models');
  expect(cacheFolder(undefined, { HOME: '/home/me', XDG_CACHE_HOME: '/c' }).path).toBe('/c/benchwire/models');
  expect(cacheFolder(undefined, {}).path).toMatch(/benchwire-cache-\d+$/);
});

it('is made for this user alone, and left alone where somebody else has made it', async () => {
  const fresh = { path: join(folder, 'a/b'), is_default: true };
  await ensureCacheFolder(fresh);
  await ensureCacheFolder(fresh);
  expect(statSync(fresh.path).mode & 0o777).toBe(0o700);

  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  await expect(ensureCacheFolder({ path: open, is_default: true })).rejects.toThrow(/written to by others/);
  await ensureCacheFolder({ path: open, is_default: false });

  const file = join(folder, 'file');
  writeFileSync(file, '');
  const link = join(folder, 'link');
  symlinkSync(fresh.path, link);
  await expect(ensureCacheFolder({ path: link, is_default: true })).rejects.toThrow(/is not a folder/);
  await ensureCacheFolder({ path: link, is_default: false });
  await expect(ensureCacheFolder({ path: join(file, 'cache'), is_default: false })).rejects.toThrow(/cannot be made/);
});

it.runIf(process.getuid?.() === 0)('is not used where it belongs to somebody else', async () => {
  const other = join(folder, 'other');
  mkdirSync(other, { mode: 0o700 });
  chownSync(other, 65_534, 65_534);
  for (const is_default of [true, false])
    await expect(ensureCacheFolder({ path: other, is_default })).rejects.toThrow(
      /belongs to the user with the number 65534/,
    );
});
