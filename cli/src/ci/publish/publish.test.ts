import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricOf, reportWith } from '../../../test-support/ci-report.ts';
import { CodeHosts } from '../../../test-support/code-hosts.ts';
import type { CiReport } from '../ci-report.ts';
import { findHost } from './find-host.ts';
import { publish } from './publish.ts';

/** What is posted, and when; that checks and comments are put in their place is tested in test/integration/forges.test.ts. */

let hosts: CodeHosts;
let url: string;

beforeEach(async () => {
  hosts = new CodeHosts();
  url = await hosts.start();
});
afterEach(() => hosts.stop());

const slower = reportWith([metricOf('slower')]);
const unchanged = reportWith([metricOf('no_change')]);

function post(report: CiReport, provider: 'github' | 'gitlab' = 'github'): Promise<string[]> {
  const environment = {
    GITHUB_API_URL: url,
    CI_SERVER_URL: url,
    GITHUB_TOKEN: 'secret-token',
    GITLAB_TOKEN: 'secret-token',
  };
  const { host } = findHost(environment, { provider, repository: 'acme/models' }, undefined);
  if (host === undefined) throw new Error('there is no host');
  return publish(host, report);
}

describe('what is posted', () => {
  it('is a check at the pull request’s own commit, and one comment that is edited afterwards', async () => {
    expect(await post(slower)).toEqual(['a check at 3f1c0b5', 'the comment on pull request 12']);
    const [check] = hosts.of('POST', /^\/repos\/acme\/models\/check-runs$/);
    expect(check?.body).toMatchObject({
      ...{ name: 'benchwire: decoder', head_sha: slower.build.head_commit, status: 'completed', conclusion: 'failure' },
      output: { title: expect.stringContaining('1 of 1 metric slower') },
    });
    // Others have written in the meantime, more than a page of them.
    for (let n = 0; n < 150; n++) hosts.comments.unshift({ id: 1000 + n, body: 'a question' });
    expect((await post(unchanged))[1]).toBe('no new comment on pull request 12: nothing changed');
    expect(hosts.comments).toHaveLength(151);
    expect(hosts.comments.filter(({ body }) => body.includes('✅'))).toHaveLength(1);
  });

  it('is no comment where nothing changed, and one where something became faster', async () => {
    await post(unchanged);
    await post(reportWith([metricOf('cannot_tell')]));
    expect(hosts.comments).toEqual([]);
    expect(hosts.of('POST', /check-runs/).map(({ body }) => body.conclusion)).toEqual(['success', 'neutral']);
    await post(reportWith([metricOf('faster')]));
    expect(hosts.comments[0]?.body).toContain('🚀');
  });

  it('of jobs with names of their own has comments of their own', async () => {
    await post(slower);
    await post({ ...slower, name: 'benchwire: encoder' });
    await post(slower);
    expect(hosts.comments).toHaveLength(2);
  });

  it('is a status and a note on GitLab, edited as well', async () => {
    expect(await post(slower, 'gitlab')).toEqual(['a check at 3f1c0b5', 'the comment on pull request 12']);
    const [status] = hosts.of('POST', /^\/api\/v4\/projects\/acme%2Fmodels\/statuses\/3f1c0b5/);
    expect(status?.body).toMatchObject({ state: 'failed', name: 'benchwire: decoder' });
    await post(unchanged, 'gitlab');
    expect([hosts.comments.length, hosts.of('PUT', /merge_requests\/12\/notes\/1$/).length]).toEqual([1, 1]);
    hosts.comments.length = 0;
    await post(unchanged, 'gitlab');
    expect(hosts.comments).toEqual([]);
  });
});

describe('what is not posted', () => {
  it('because the token of a fork may not is said with the remedy, and never with the token', async () => {
    const body = { message: 'Resource not accessible by integration' };
    hosts.refusals.push({ method: 'POST', path: /.*/, times: 99, status: 403, body });
    const said = await post({ ...slower, build: { ...slower.build, is_fork: true } });
    expect(said).toHaveLength(2);
    for (const each of said) expect(each).toMatch(/^not posted: .*403.*--artifact.*bw ci claim/);
    expect(said.join()).not.toContain('secret-token');
  });

  it('at first is tried again, after the pause that the host asks for', async () => {
    const limit = { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '0' } };
    hosts.refusals.push({ method: 'POST', path: /check-runs/, times: 2, ...limit });
    hosts.refusals.push({ method: 'GET', path: /comments/, times: 1, status: 502, body: {} });
    expect(await post(slower)).toEqual(['a check at 3f1c0b5', 'the comment on pull request 12']);
    expect([hosts.of('POST', /check-runs/).length, hosts.comments.length]).toEqual([3, 1]);
  });

  it('because the host wants a longer pause is said', async () => {
    const limit = { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '3000' } };
    hosts.refusals.push({ method: 'POST', path: /check-runs/, times: 99, ...limit });
    expect((await post(unchanged))[0]).toMatch(/^not posted: HTTP 429/);
  });
});

const AZURE = { BUILD_REPOSITORY_PROVIDER: 'TfsGit', SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/' };

it.each([
  [{ GITHUB_TOKEN: 't' }, { provider: 'github', repository: 'a/b' }, undefined, 'GitHub'],
  [{ GITLAB_TOKEN: 't' }, { provider: 'gitlab', repository: 'a/b' }, undefined, 'GitLab'],
  [{ BITBUCKET_TOKEN: 't' }, { provider: 'bitbucket', repository: 'a/b' }, undefined, 'Bitbucket'],
  [{ SYSTEM_ACCESSTOKEN: 't', ...AZURE }, { provider: 'azure', repository: 'a/b' }, undefined, 'Azure DevOps'],
  [{ GITHUB_TOKEN: 't' }, { provider: 'azure', repository: 'a/b' }, 'https://github.com/a/b', 'GitHub'],
  [{ GITHUB_TOKEN: 't' }, { provider: 'jenkins' }, 'git@github.com:a/b.git', 'GitHub'],
  [{ GITLAB_TOKEN: 't' }, { provider: 'teamcity' }, 'https://gitlab.example.com/a/b.git', 'GitLab'],
  [{}, { provider: 'github', repository: 'a/b' }, undefined, 'GITHUB_TOKEN is not set'],
  [{ GITHUB_TOKEN: 't' }, {}, undefined, 'no remote called origin'],
  [{}, { provider: 'jenkins' }, 'ssh://git@git.example.com/a/b.git', 'posts to GitHub, GitLab, Bitbucket and Azure'],
] as const)('where a report is posted: %j %j %j: %s', (environment, build, remote, expected) => {
  const found = findHost(environment, build, remote);
  expect(found.host?.name ?? ('why' in found ? found.why : '')).toContain(expected);
});
