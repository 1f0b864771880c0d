import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { gitSource } from './git-source.ts';

it('takes the commit of the folder one stands in, and none in the checkout of Benchwire', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-git-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const deep = join(folder, 'models');
  mkdirSync(deep);
  expect(await gitSource(deep)).toBeUndefined();
  const git = (...args: string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch', 'trunk');
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  git(...author, 'commit', '--quiet', '--allow-empty', '--message', 'first');
  expect(await gitSource(deep)).toEqual({ commit: git('rev-parse', 'HEAD'), branch: 'trunk' });
  expect(await gitSource(deep, folder)).toBeUndefined();
});
