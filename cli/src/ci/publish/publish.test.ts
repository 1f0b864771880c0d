import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricOf, reportWith } from '../../../test-support/ci-report.ts';
import { CodeHosts } from '../../../test-support/code-hosts.ts';
import { markerOf } from '../markdown.ts';
import type { CodeHost } from './code-host.ts';
import { findHost } from './find-host.ts';
import { gitHub } from './github.ts';
import { gitLab } from './gitlab.ts';

let hosts: CodeHosts;
let github: CodeHost;
let gitlab: CodeHost;

beforeEach(async () => {
  hosts = new CodeHosts();
  const url = await hosts.start();
  github = gitHub({ api_url: url, repository: 'acme/models', token: 'secret-token' });
  gitlab = gitLab({ api_url: `${url}/api/v4`, repository: 'acme/models', token: 'secret-token' });
});
afterEach(() => hosts.stop());

const slower = reportWith([metricOf('slower')]);
const unchanged = reportWith([metricOf('no_change')]);

describe('GitHub', () => {
  it('gets a check at the pull request’s own commit, and one comment that is edited afterwards', async () => {
    expect(await github.publish(slower)).toEqual(['a check at 3f1c0b5', 'a comment on pull request 12']);
    const [check] = hosts.of('POST', /^\/repos\/acme\/models\/check-runs$/);
    expect(check?.headers.authorization).toBe('Bearer secret-token');
    expect(check?.body).toMatchObject({
      ...{ name: 'benchwire: decoder', head_sha: slower.build.head_commit, status: 'completed', conclusion: 'failure' },
      output: { title: expect.stringContaining('1 of 1 metric slower') },
    });
    // Others have written in the meantime, more than a page of them.
    for (let n = 0; n < 150; n++) hosts.comments.unshift({ id: 1000 + n, body: 'a question' });
    expect(await github.publish(unchanged)).toEqual(['a check at 3f1c0b5', 'its comment on pull request 12, edited']);
    const own = hosts.comments.filter(({ body }) => body.startsWith(markerOf(slower)));
    expect([own.length, hosts.comments.length]).toEqual([1, 151]);
    expect(own[0]?.body).toContain('✅');
  });

  it('gets no comment where nothing changed, and one where something became faster', async () => {
    expect(await github.publish(unchanged)).toEqual([
      'a check at 3f1c0b5',
      'no comment on pull request 12: nothing changed',
    ]);
    await github.publish(reportWith([metricOf('cannot_tell')]));
    expect(hosts.comments).toEqual([]);
    expect(hosts.of('POST', /check-runs/)[1]?.body.conclusion).toBe('neutral');
    await github.publish(reportWith([metricOf('faster')]));
    expect(hosts.comments[0]?.body).toContain('🚀');
  });

  it('jobs with names of their own have comments of their own', async () => {
    await github.publish(slower);
    await github.publish({ ...slower, name: 'benchwire: encoder' });
    expect(hosts.comments).toHaveLength(2);
  });

  it('gets a status from a token that may not write checks', async () => {
    const body = { message: 'You must authenticate via a GitHub App.' };
    hosts.refusals.push({ method: 'POST', path: /check-runs/, times: 1, status: 403, body });
    expect((await github.publish(slower))[0]).toBe('a commit status at 3f1c0b5');
    expect(hosts.of('POST', /\/statuses\/3f1c0b5/)[0]?.body).toMatchObject({ state: 'failure', context: slower.name });
  });

  it('what the token of a fork may not do is said with the remedy, and never with the token', async () => {
    const body = { message: 'Resource not accessible by integration' };
    hosts.refusals.push({ method: 'POST', path: /.*/, times: 99, status: 403, body });
    const said = await github.publish(slower);
    expect(said).toHaveLength(2);
    for (const each of said)
      expect(each).toMatch(/^not posted: .*HTTP 403 Resource not accessible.*--artifact.*bw ci claim/);
    expect(said.join()).not.toContain('secret-token');
  });

  it('waits as long as it asks for, and tries again after its own errors', async () => {
    const limit = { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '0' } };
    hosts.refusals.push({ method: 'POST', path: /check-runs/, times: 2, ...limit });
    hosts.refusals.push({ method: 'GET', path: /comments/, times: 1, status: 502, body: {} });
    expect(await github.publish(slower)).toEqual(['a check at 3f1c0b5', 'a comment on pull request 12']);
    expect([hosts.of('POST', /check-runs/).length, hosts.comments.length]).toEqual([3, 1]);
  });

  it('that does not answer is said', async () => {
    const nowhere = gitHub({ api_url: 'http://127.0.0.1:1', repository: 'acme/models', token: 'secret-token' });
    expect((await nowhere.publish(unchanged))[0]).toMatch(/^not posted: http:\/\/127\.0\.0\.1:1 does not answer/);
  });
});

describe('GitLab', () => {
  it('gets a status and one note that is edited afterwards', async () => {
    expect(await gitlab.publish(slower)).toEqual(['a status at 3f1c0b5', 'a note on merge request 12']);
    const [status] = hosts.of('POST', /^\/api\/v4\/projects\/acme%2Fmodels\/statuses\/3f1c0b5/);
    expect(status?.headers['private-token']).toBe('secret-token');
    expect(status?.body).toMatchObject({ state: 'failed', name: 'benchwire: decoder' });
    expect((await gitlab.publish(unchanged))[1]).toBe('its note on merge request 12, edited');
    expect(hosts.comments).toHaveLength(1);
    expect(hosts.of('PUT', /merge_requests\/12\/notes\/1$/)).toHaveLength(1);
  });

  it('a status that is as it was is no error, and another mistake is one', async () => {
    const body = { message: 'Cannot transition status via :enqueue from :success' };
    hosts.refusals.push({ method: 'POST', path: /statuses/, times: 1, status: 400, body });
    expect((await gitlab.publish(unchanged))[0]).toBe('a status at 3f1c0b5');
    hosts.refusals.push({
      method: 'POST',
      path: /statuses/,
      times: 1,
      status: 400,
      body: { message: 'name is too long' },
    });
    expect((await gitlab.publish(unchanged))[0]).toMatch(/^not posted: .*name is too long/);
  });

  it('a token that may not is said with the remedy', async () => {
    hosts.refusals.push({ method: 'POST', path: /.*/, times: 99, status: 401, body: { message: '401 Unauthorized' } });
    expect((await gitlab.publish(slower))[1]).toMatch(/HTTP 401.*GITLAB_TOKEN needs/);
  });
});

it.each([
  [{ GITHUB_TOKEN: 't' }, { provider: 'github', repository: 'a/b' }, undefined, 'GitHub'],
  [{ GITLAB_TOKEN: 't' }, { provider: 'gitlab', repository: 'a/b' }, undefined, 'GitLab'],
  [{ GITHUB_TOKEN: 't' }, { provider: 'jenkins' }, 'git@github.com:a/b.git', 'GitHub'],
  [{ GITLAB_TOKEN: 't' }, { provider: 'teamcity' }, 'https://gitlab.example.com/a/b.git', 'GitLab'],
  [{}, { provider: 'github', repository: 'a/b' }, undefined, 'GITHUB_TOKEN is not set'],
  [{ GITHUB_TOKEN: 't' }, {}, undefined, 'no remote called origin'],
  [{}, { provider: 'bitbucket', repository: 'a/b' }, 'git@bitbucket.org:a/b.git', 'posts to GitHub and GitLab'],
] as const)('where a report is posted: %j %j %j: %s', (environment, build, remote, expected) => {
  const found = findHost(environment, build, remote);
  expect(found.host?.name ?? ('why' in found ? found.why : '')).toContain(expected);
});
