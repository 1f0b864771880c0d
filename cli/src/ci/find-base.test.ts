import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { gitSource, git as runGit } from '../request/git-source.ts';
import type { CiBuild } from './ci-build.ts';
import { findBase } from './find-base.ts';

/** A repository whose branch `faster` began at the second of three commits of main. */
function repository(): { folder: string; began_at: string; git: (...args: string[]) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'bw-base-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...author, ...args], { encoding: 'utf8' }).trim();
  const commit = (message: string): string => {
    git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch', 'main');
  commit('first');
  const began_at = commit('second');
  git('checkout', '--quiet', '-b', 'faster');
  commit('of the branch');
  git('checkout', '--quiet', 'main');
  commit('third');
  git('checkout', '--quiet', 'faster');
  return { folder, began_at, git };
}

async function baseIn(folder: string, build: Partial<CiBuild>): Promise<string> {
  const { base_branch, pull_request } = build;
  const fromCi = {
    ...(base_branch === undefined ? {} : { base: base_branch }),
    ...(pull_request === undefined ? {} : { pull_request }),
  };
  const source = (await gitSource(folder, undefined, fromCi)) ?? fromCi;
  return await findBase((...args) => runGit(folder, args), source, build);
}

it('is where the history leaves the branch that the change is for', async () => {
  const { folder, began_at, git } = repository();
  const build = { provider: 'github', base_branch: 'main', pull_request: 12 } as const;
  expect(await baseIn(folder, build)).toBe(began_at);
  // Providers check a merge of both sides out: the change then begins at the newest commit of main.
  git('merge', '--quiet', '--no-edit', 'main');
  expect(await baseIn(folder, build)).toBe(git('rev-parse', 'main'));
  // A fork's own branch may be called main, too.
  git('branch', '-m', 'main', 'trunk');
  git('branch', '-m', 'faster', 'main');
  expect(await baseIn(folder, { ...build, base_branch: 'trunk' })).toBe(git('rev-parse', 'trunk'));
});

it('where a shallow clone hides it, the error names the remedy, unless the provider names the commit', async () => {
  const { folder, began_at } = repository();
  const shallow = join(folder, 'shallow');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', '--branch', 'faster', `file://${folder}`, shallow]);
  const build = { provider: 'github', base_branch: 'main', pull_request: 12 } as const;
  await expect(baseIn(shallow, build)).rejects.toThrow(
    /shallow clone.*--unshallow origin.*GitHub Actions: .*fetch-depth: 0/,
  );
  expect(await baseIn(shallow, { ...build, base_commit: began_at })).toBe(began_at);
});

it('so it does for a branch that was not fetched, and outside of a repository', async () => {
  const { folder } = repository();
  await expect(baseIn(folder, { base_branch: 'release/2', pull_request: 12 })).rejects.toThrow(
    /branch release\/2 is not in this clone.*git fetch origin \+refs\/heads\/release\/2/,
  );
  const none = mkdtempSync(join(tmpdir(), 'bw-none-'));
  onTestFinished(() => rmSync(none, { recursive: true, force: true }));
  await expect(baseIn(none, { base_branch: 'main' })).rejects.toThrow(/not in a git repository.*--base/);
});
