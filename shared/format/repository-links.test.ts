import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commitLink, NO_PATTERNS, rangeLink, repositoryPage } from './repository-links.ts';

it.each([
  ['git@github.com:acme/models.git', 'https://github.com/acme/models'],
  ['https://x:TOKEN@github.com/acme/models.git?a=b#c', 'https://github.com/acme/models'],
  ['ssh://git@gitlab.example.com:2222/group/sub/models.git', 'https://gitlab.example.com/group/sub/models'],
  ['http://gitea.local:3000/acme/models/', 'http://gitea.local:3000/acme/models'],
  ['git://git.kernel.org/pub/linux.git', 'https://git.kernel.org/pub/linux'],
  ['git@ssh.dev.azure.com:v3/org/project/repo', 'https://dev.azure.com/org/project/_git/repo'],
  ['/home/me/models', undefined],
  ['file:///home/me/models', undefined],
  ['javascript:alert(1)', undefined],
  ['', undefined],
])('the page of the repository %s', (remote, page) => {
  expect(repositoryPage(remote)).toBe(page);
});

it.each([
  ['github.com/a/b', 'https://github.com/a/b/commit/c1', 'https://github.com/a/b/compare/c0...c1'],
  ['gitlab.com/a/b', 'https://gitlab.com/a/b/-/commit/c1', 'https://gitlab.com/a/b/-/compare/c0...c1'],
  ['bitbucket.org/a/b', 'https://bitbucket.org/a/b/commits/c1', 'https://bitbucket.org/a/b/branches/compare/c1..c0'],
  [
    'dev.azure.com/o/p/_git/r',
    'https://dev.azure.com/o/p/_git/r/commit/c1',
    'https://dev.azure.com/o/p/_git/r/branchCompare?baseVersion=GCc0&targetVersion=GCc1',
  ],
  ['git.example.com/a/b', undefined, undefined],
])('links of %s', (address, commit, range) => {
  const repo = `https://${address}`;
  expect(commitLink({ repo, commit: 'c1' }, NO_PATTERNS)).toBe(commit);
  expect(rangeLink({ repo, commit: 'c0' }, { repo, commit: 'c1' }, NO_PATTERNS)).toBe(range);
});

it('takes the patterns of the server for other hosts, and its repository where a run names none', () => {
  const patterns = {
    url: 'https://git.example.com/a/b',
    commit_url: '{repo}/c/{commit}',
    range_url: 'https://diff.example.com/?a={from}&b={to}',
  };
  expect(commitLink({ commit: 'x/y' }, patterns)).toBe('https://git.example.com/a/b/c/x%2Fy');
  expect(commitLink({ repo: 'git@github.com:o/r.git', commit: 'x' }, patterns)).toBe('https://github.com/o/r/commit/x');
  expect(rangeLink({ commit: 'x' }, { commit: 'y' }, patterns)).toBe('https://diff.example.com/?a=x&b=y');
  expect(rangeLink({ commit: 'x', repo: 'git@github.com:o/r.git' }, { commit: 'y' }, patterns)).toBeUndefined();
  expect(rangeLink({ commit: 'x' }, { commit: 'x' }, patterns)).toBeUndefined();
  expect(commitLink(null, patterns)).toBeUndefined();
});

it('links to nothing but pages of the web, whatever a request says', () => {
  const text = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.constantFrom('javascript:alert(1)//', 'data:text/html,x', 'x:y@z'),
  );
  fc.assert(
    fc.property(text, text, (repo, commit) => {
      const link = commitLink({ repo, commit }, { ...NO_PATTERNS, commit_url: '{repo}/c/{commit}' });
      if (link !== undefined) expect(new URL(link).protocol).toMatch(/^https?:$/);
    }),
  );
});
