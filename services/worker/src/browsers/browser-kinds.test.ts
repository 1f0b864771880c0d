import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findBrowsers, readWanted } from './browser-kinds.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-browsers-'));
const program = (name: string): string => {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('reads names, names with a program, and auto', () => {
  expect(readWanted('auto')).toBe('auto');
  expect(readWanted('firefox')).toEqual({ name: 'firefox', path: null });
  expect(readWanted('chromium=/opt/a=b')).toEqual({ name: 'chromium', path: '/opt/a=b' });
  for (const wrong of ['opera', 'chromium=', '', 'Chromium']) expect(readWanted(wrong)).toBeUndefined();
});

it('finds programs on PATH and where they are named, and says which are not there', () => {
  const env = { PATH: folder };
  const chromium = program('chromium');
  const own = program('my-firefox');
  expect(findBrowsers(['auto'], env)).toEqual({ found: [{ name: 'chromium', path: chromium }], notes: [] });
  const { found, notes } = findBrowsers(
    [
      { name: 'firefox', path: own },
      { name: 'chrome', path: null },
      { name: 'edge', path: join(folder, 'edge') },
    ],
    env,
  );
  expect(found).toEqual([{ name: 'firefox', path: own }]);
  expect(notes).toEqual([
    expect.stringContaining('Google Chrome is not installed'),
    expect.stringContaining('is not a program'),
  ]);
  expect(findBrowsers(['auto'], { PATH: '' }).notes).toEqual([expect.stringContaining('no browser was found')]);
});
