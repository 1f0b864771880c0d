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
  expect(await gitSource(deep)).toEqual({
    ...{ commit: git('rev-parse', 'HEAD'), branch: 'trunk', position: 1, author: 'a' },
  });
  expect(await gitSource(deep, folder)).toBeUndefined();
});

it('says where a commit lies in its history, and what a CI says of its branch', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-git-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
  const commit = (message: string): string => {
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    git(...author, 'commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch', 'main');
  const first = commit('first');
  const base = commit('second');
  expect(await gitSource(folder)).toEqual({
    ...{ commit: base, branch: 'main', parents: [first], position: 2, author: 'a' },
  });
  git('checkout', '--quiet', '-b', 'feature');
  const head = commit('third');
  const place = { commit: head, parents: [base], position: 3, base, base_position: 2, author: 'a' };
  expect(await gitSource(folder)).toEqual({ ...place, branch: 'feature' });

  // Both check a commit out without a branch: it must not pass for one of the main line.
  git('checkout', '--quiet', '--detach');
  const gitHub = { branch: 'feature', pull_request: 12, base: 'main' };
  expect(await gitSource(folder, undefined, gitHub)).toEqual({
    ...place,
    ...{ branch: 'feature', pull_request: 12 },
  });
  const gitLab = { branch: 'main' };
  expect(await gitSource(folder, undefined, gitLab)).toMatchObject({ commit: head, branch: 'main' });

  git('clone', '--quiet', '--depth', '1', `file://${folder}`, join(folder, 'shallow'));
  expect(await gitSource(join(folder, 'shallow'))).not.toHaveProperty('position');
});
