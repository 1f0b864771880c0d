import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import { withoutCredentials } from '@benchwire/shared/runtime/server-url.ts';
import { gitHistory } from './git-history.ts';

const BENCHWIRE_CHECKOUT = resolve(import.meta.dirname, '../../..');

/**
 * Commit, branch and repository of a folder, from git; undefined where it is in no repository or git is not installed,
 * and in Benchwire's own checkout: who works there with `npm run bw` measures something else, whose commit that is not.
 * Where it lies in its history is added as far as git knows it. A version is added when the folder differs from its commit: `1a2b3c4-dirty`.
 * @param fromCi - branch, pull request and base as the CI says: it checks out a commit without its branch, which would else count as one
 * of the main line
 */
export async function gitSource(
  folder: string,
  own_checkout = BENCHWIRE_CHECKOUT,
  fromCi: Source = {},
): Promise<Source | undefined> {
  const [top, commit, branch, remote, described, author] = await Promise.all([
    git(folder, ['rev-parse', '--show-toplevel']),
    git(folder, ['rev-parse', '--verify', 'HEAD']),
    git(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD']),
    git(folder, ['config', '--get', 'remote.origin.url']),
    git(folder, ['describe', '--tags', '--always', '--dirty']),
    git(folder, ['log', '-1', '--format=%an']),
  ]);
  if (commit === undefined || top === realpathSync(own_checkout)) return undefined;
  // A pull request may come from a fork's main branch.
  const lineName = fromCi.pull_request === undefined ? (branch ?? fromCi.branch) : `#${fromCi.pull_request}`;
  return {
    commit,
    ...(branch === undefined ? {} : { branch: branch.slice(0, 256) }),
    ...fromCi,
    // The commit that a branch began at says more than the name of what it is for.
    ...(await gitHistory((...args) => git(folder, args), lineName, fromCi.base)),
    ...(author === undefined ? {} : { author: author.slice(0, 256) }),
    // A remote may carry a token: https://x:TOKEN@host/repo. It is nobody's business in a result.
    ...(remote === undefined ? {} : { repo: withoutCredentials(remote).slice(0, 512) }),
    ...(described?.endsWith('-dirty') === true ? { version: described.slice(-128) } : {}),
  };
}

/** What git prints in the folder; undefined where it fails or prints nothing. */
export function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('git', ['-C', folder, ...args], { timeout: 5000, maxBuffer: 1 << 20 }, (error, stdout) => {
      const text = error === null ? stdout.trim() : '';
      resolve(text === '' ? undefined : text);
    });
  });
}
