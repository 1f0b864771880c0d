import { createVerify, generateKeyPairSync } from 'node:crypto';
import { azureDevOps } from '@benchwire/shared/forges/azure-devops.ts';
import { bitbucket } from '@benchwire/shared/forges/bitbucket.ts';
import type { Check, Forge } from '@benchwire/shared/forges/forge.ts';
import { github } from '@benchwire/shared/forges/github.ts';
import { gitlab } from '@benchwire/shared/forges/gitlab.ts';
import { Later, Refused } from '@benchwire/shared/outbound/errors.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RecordedAnswer, type RecordedRequest, RecordedServer } from '../support/recorded-server.ts';

let server: RecordedServer;
const { signal } = new AbortController();
const COMMIT = 'c'.repeat(40);

beforeEach(async () => {
  server = await new RecordedServer().listen();
});
afterEach(() => server.stop());

const check = (more: Partial<Check> = {}): Check => ({
  ...{
    name: 'Benchwire',
    key: 'm1.1',
    commit: COMMIT,
    pull_request: 7,
    verdict: 'failure',
    title: 'Regression: encode',
  },
  ...{ summary: '10 → 12.5 ms', url: 'https://bench.example.com/findings/1', ...more },
});

const refusal = async (work: Promise<unknown> | undefined): Promise<Error> => {
  const failure = await work?.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof Error) return failure;
  throw new Error('it was taken');
};

describe('GitHub', () => {
  /** api.github.com, as far as checks, statuses and comments go: its forms, its pages, its limits and what it says when they are passed. */
  class GitHubServer {
    comments: Array<{ id: number; body: string }> = [];
    runs: Array<Record<string, unknown> & { id: number; output: { annotations_count: number } }> = [];
    statuses: Array<Record<string, unknown>> = [];
    is_app = true;

    answer(request: RecordedRequest): RecordedAnswer {
      const { method, path, query, body } = request;
      const at = `${method} ${path.replace('/repos/acme/bench', '')}`;
      if (at === 'GET /issues/7/comments') return this.#page(query);
      if (at === 'POST /issues/7/comments' || at.startsWith('PATCH /issues/comments/')) {
        const text = String(body.body);
        if (text.length > 65_536) return refuse(422, 'Body is too long (maximum is 65536 characters)');
        const id = Number(at.split('/').at(-1)) || this.comments.length + 1;
        this.comments = [...this.comments.filter((each) => each.id !== id), { id, body: text }];
        return { status: method === 'POST' ? 201 : 200, body: { id } };
      }
      if (at === `GET /commits/${COMMIT}/check-runs`)
        return { body: { total_count: this.runs.length, check_runs: this.runs.toReversed() } };
      if (at === 'POST /check-runs' || at.startsWith('PATCH /check-runs/')) return this.#checkRun(method, path, body);
      if (at === `GET /commits/${COMMIT}/statuses`) return { body: this.statuses.toReversed() };
      if (at === `POST /statuses/${COMMIT}`) {
        this.statuses.push(body);
        return { status: 201, body };
      }
      if (at === 'GET ') return { body: { full_name: 'acme/bench' } };
      return refuse(404, 'Not Found');
    }

    #page(query: URLSearchParams): RecordedAnswer {
      const page = Number(query.get('page') ?? 1);
      const some = this.comments.slice((page - 1) * 100, page * 100);
      const next = `${server.url}/repos/acme/bench/issues/7/comments?per_page=100&page=${page + 1}`;
      return { body: some, headers: page * 100 < this.comments.length ? { link: `<${next}>; rel="next"` } : {} };
    }

    #checkRun(method: string, path: string, body: Record<string, unknown>): RecordedAnswer {
      if (!this.is_app) return refuse(403, 'You must authenticate via a GitHub App.');
      const { annotations = [], ...output } = body.output as { annotations?: object[]; summary: string };
      if (annotations.length > 50) return refuse(422, 'Invalid request. No more than 50 items are allowed');
      if (output.summary.length > 65_535) return refuse(422, 'summary exceeds a maximum bytesize of 65535');
      const id = method === 'POST' ? this.runs.length + 1 : Number(path.split('/').at(-1));
      const before = this.runs.find((each) => each.id === id);
      const annotations_count = (before?.output.annotations_count ?? 0) + annotations.length;
      const run = { ...before, ...body, id, output: { ...output, annotations_count } };
      this.runs = [...this.runs.filter((each) => each.id !== id), run];
      return { status: method === 'POST' ? 201 : 200, body: run };
    }
  }
  const refuse = (status: number, message: string): RecordedAnswer => ({ status, body: { message } });

  let api: GitHubServer;
  let forge: Forge;
  beforeEach(() => {
    api = new GitHubServer();
    server.answer = (request) => api.answer(request);
    forge = github({ repository: 'acme/bench', auth: { token: 'ghs_secret-of-a-test' }, api_url: `${server.url}/` });
  });

  it('has one comment with a marker, found behind a hundred others and edited in its place', async () => {
    api.comments = Array.from({ length: 130 }, (_, i) => ({ id: i + 1, body: `comment ${i}` }));
    const comment = { pull_request: 7, marker: 'benchmarks', body: 'first' };
    await forge.putComment?.(comment, signal);
    await forge.putComment?.({ ...comment, body: 'second' }, signal);
    await forge.putComment?.({ ...comment, body: 'second' }, signal);
    const ours = api.comments.filter(({ body }) => body.includes('benchwire:benchmarks'));
    expect(ours).toEqual([{ id: 131, body: '<!-- benchwire:benchmarks -->\nsecond' }]);
    expect(server.calls().filter((call) => call.startsWith('PATCH'))).toHaveLength(1);
    await forge.putComment?.({ ...comment, body: 'x\n'.repeat(60_000) }, signal);
    expect(api.comments.find(({ id }) => id === 131)?.body.length).toBeLessThanOrEqual(65_536);
  });

  it('has one check of a name, and goes on with the annotations of an attempt that broke off', async () => {
    const annotations = Array.from({ length: 120 }, (_, i) => ({
      ...{ path: 'bench.yaml', line: i + 1, level: 'warning' as const, title: 'slower', message: `line ${i + 1}` },
    }));
    await forge.putCheck(check({ annotations: [] }), signal);
    let calls = 0;
    server.answer = (request) => (request.method === 'PATCH' && ++calls > 1 ? { status: 502 } : api.answer(request));
    await expect(forge.putCheck(check({ key: 'm1.2', annotations }), signal)).rejects.toThrow('HTTP 502');
    server.answer = (request) => api.answer(request);
    await forge.putCheck(check({ key: 'm1.2', annotations }), signal);
    expect(api.runs).toHaveLength(1);
    expect(api.runs[0]).toMatchObject({ conclusion: 'failure', head_sha: COMMIT, output: { annotations_count: 120 } });
    await forge.putCheck(check({ key: 'm1.3', verdict: 'success', summary: 's'.repeat(70_000) }), signal);
    expect(api.runs).toHaveLength(2);
    expect(api.runs[1]).toMatchObject({ conclusion: 'success', output: { annotations_count: 0 } });
  });

  it('writes a commit status where a personal token may not write checks, and once', async () => {
    api.is_app = false;
    await forge.putCheck(check({ title: 'r'.repeat(300) }), signal);
    await forge.putCheck(check({ title: 'r'.repeat(300) }), signal);
    expect(api.statuses).toHaveLength(1);
    expect(api.statuses[0]).toMatchObject({ state: 'failure', context: 'Benchwire' });
    expect(String(api.statuses[0]?.description)).toHaveLength(140);
  });

  it('asks for the token of an installation with a token that its key has signed, and keeps it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const private_key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    let asked = 0;
    server.answer = (request) => {
      const bearer = request.headers.authorization?.replace('Bearer ', '') ?? '';
      if (request.path === '/repos/acme/bench/installation') return { body: { id: 99 } };
      if (request.path !== '/app/installations/99/access_tokens')
        return bearer === 'ghs_installation' ? api.answer(request) : refuse(401, 'Bad credentials');
      asked++;
      const [head = '', claims = '', signature = ''] = bearer.split('.');
      const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
      expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ iss: '12' });
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      return { status: 201, body: { token: 'ghs_installation', expires_at } };
    };
    const app = github({ repository: 'acme/bench', auth: { app_id: '12', private_key }, api_url: server.url });
    expect(await app.verify(signal)).toBe('acme/bench on GitHub, as an App');
    await app.putCheck(check(), signal);
    expect(asked).toBe(1);
    expect(api.runs).toHaveLength(1);
    const broken = github({ repository: 'a/b', auth: { app_id: '1', private_key: 'no key' }, api_url: server.url });
    await expect(broken.verify(signal)).rejects.toThrow('private key of the GitHub App');
  });

  it('waits as long as its limits say', async () => {
    const reset = String(Math.floor(Date.now() / 1000) + 600);
    const cases: Array<[RecordedAnswer, number, number]> = [
      [{ status: 403, headers: { 'retry-after': '42' }, body: {} }, 42_000, 42_000],
      [{ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } }, 500_000, 602_000],
      [{ status: 403, body: { message: 'You have exceeded a secondary rate limit.' } }, 60_000, 60_000],
      [{ status: 429 }, 30_000, 30_000],
    ];
    for (const [answer, from, to] of cases) {
      server.answer = () => answer;
      const failure = await refusal(forge.verify(signal));
      expect(failure).toBeInstanceOf(Later);
      expect((failure as Later).after_ms).toBeGreaterThanOrEqual(from);
      expect((failure as Later).after_ms).toBeLessThanOrEqual(to);
    }
  });

  it('says what a fork lacks, and never what the token is', async () => {
    server.answer = ({ headers }) => refuse(403, `Resource not accessible by integration (${headers.authorization})`);
    const failure = await refusal(forge.putComment?.({ pull_request: 7, marker: 'm', body: 'b' }, signal));
    expect(failure).toBeInstanceOf(Refused);
    expect(failure.message).toContain('the token of a pull request from a fork never has them');
    expect(failure.message).toContain('Bearer (secret)');
    expect(failure.message).not.toContain('ghs_secret');
  });

  it('does not follow a next page to another server, which would get the token', async () => {
    server.answer = () => ({ body: [], headers: { link: '<https://evil.example/next>; rel="next"' } });
    const failure = await refusal(forge.putComment?.({ pull_request: 7, marker: 'm', body: 'b' }, signal));
    expect(failure.message).toBe('the next page is on another server');
  });
});

describe('GitLab', () => {
  const PROJECT = '/api/v4/projects/group/bench';
  let notes: Array<{ id: number; body: string }>;
  let statuses: Array<Record<string, unknown>>;
  let forge: Forge;
  beforeEach(() => {
    notes = [];
    statuses = [];
    forge = gitlab({ project: 'group/bench', token: 'glpat-secret', url: server.url });
    server.answer = ({ method, path, body, headers }) => {
      if (headers['private-token'] !== 'glpat-secret') return { status: 401, body: { message: '401 Unauthorized' } };
      const at = `${method} ${path.replace(PROJECT, '')}`;
      if (at === 'GET ') return { body: { path_with_namespace: 'group/bench' } };
      if (at === 'GET /merge_requests/7/notes') return { body: notes };
      if (at === 'POST /merge_requests/7/notes') {
        notes.push({ id: notes.length + 1, body: String(body.body) });
        return { status: 201, body: notes.at(-1) };
      }
      if (at === 'PUT /merge_requests/7/notes/1') {
        notes = [{ id: 1, body: String(body.body) }];
        return { body: notes[0] };
      }
      if (at === `GET /repository/commits/${COMMIT}/statuses`)
        return { body: statuses.map(({ state, ...status }) => ({ ...status, status: state })) };
      if (at !== `POST /statuses/${COMMIT}`) return { status: 404, body: { message: '404 Not found' } };
      const same = statuses.some(({ name, state }) => name === body.name && state === body.state);
      if (same && body.state === 'running')
        return { status: 400, body: { message: 'Cannot transition status via :run from :running' } };
      statuses = [...statuses.filter(({ name }) => name !== body.name), body];
      return { status: 201, body };
    };
  });

  it('has one note with a marker, edited in its place', async () => {
    const comment = { pull_request: 7, marker: 'benchmarks', body: 'first' };
    for (const body of ['first', 'second', 'second']) await forge.putComment?.({ ...comment, body }, signal);
    expect(notes).toEqual([{ id: 1, body: '<!-- benchwire:benchmarks -->\nsecond' }]);
    expect(server.calls().filter((call) => call.startsWith('PUT'))).toHaveLength(1);
  });

  it('has one status of a name, and takes the same state again for done', async () => {
    for (const verdict of ['pending', 'failure', 'failure', 'neutral'] as const)
      await forge.putCheck(check({ verdict }), signal);
    expect(server.calls().filter((call) => call.startsWith('POST'))).toHaveLength(3);
    expect(statuses).toEqual([
      {
        ...{ state: 'success', description: 'Regression: encode', name: 'Benchwire' },
        target_url: 'https://bench.example.com/findings/1',
      },
    ]);
    await forge.putCheck(check({ verdict: 'pending' }), signal);
    await forge.putCheck(check({ verdict: 'pending', title: 'still running' }), signal);
    expect(statuses).toMatchObject([{ state: 'running' }]);
  });

  it('says what is wrong with the token or the project', async () => {
    expect(await forge.verify(signal)).toBe('group/bench on GitLab');
    const stranger = gitlab({ project: 'group/bench', token: 'wrong', url: server.url });
    await expect(stranger.verify(signal)).rejects.toThrow('GitLab does not know the token');
    const elsewhere = gitlab({ project: 'group/other', token: 'glpat-secret', url: server.url });
    await expect(elsewhere.verify(signal)).rejects.toThrow('GitLab has no project group/other');
  });
});

describe('Bitbucket', () => {
  it('puts a build and a report under a key, with annotations a hundred at a time', async () => {
    const reports = new Map<string, object>();
    const annotations = new Set<unknown>();
    server.answer = ({ method, path, text, headers }) => {
      expect(headers.authorization).toBe(`Basic ${Buffer.from('me:ATATT-secret').toString('base64')}`);
      if (method === 'DELETE') {
        annotations.clear();
        return reports.delete(path) ? { status: 204 } : { status: 404, body: { type: 'error' } };
      }
      if (method === 'PUT') reports.set(path, JSON.parse(text));
      if (path.endsWith('/annotations')) {
        const list = JSON.parse(text) as Array<{ external_id: string; summary: string }>;
        if (list.length > 100 || list.some(({ summary }) => summary.length > 450)) return { status: 400 };
        for (const { external_id } of list) annotations.add(external_id);
      }
      return { status: 200, body: {} };
    };
    const options = { repository: 'acme/bench', token: 'ATATT-secret', user: 'me', api_url: `${server.url}/2.0` };
    const note = { path: 'b.yaml', line: 1, level: 'failure' as const, title: 't', message: 'm'.repeat(600) };
    const long = check({ url: null, summary: 's'.repeat(5000), annotations: Array.from({ length: 230 }, () => note) });
    for (let i = 0; i < 2; i++) await bitbucket(options).putCheck(long, signal);
    const [build] = server.requests;
    expect(build?.path).toBe(`/2.0/repositories/acme/bench/commit/${COMMIT}/statuses/build`);
    expect(build?.body).toMatchObject({
      key: 'benchwire',
      state: 'FAILED',
      url: expect.stringContaining('bitbucket.org'),
    });
    expect([...reports.keys()]).toEqual([`/2.0/repositories/acme/bench/commit/${COMMIT}/reports/benchwire`]);
    expect([...reports.values()][0]).toMatchObject({ result: 'FAILED', report_type: 'TEST' });
    expect(annotations.size).toBe(230);
  });
});

describe('Azure DevOps', () => {
  it('has one status that is new when it says something new, and one thread that is resolved', async () => {
    const statuses: Array<Record<string, unknown>> = [];
    const threads: Array<{ id: number; status: unknown; comments: Array<{ id: number; content: string }> }> = [];
    server.answer = ({ method, path, query, body, headers }) => {
      expect(headers.authorization).toBe(`Basic ${Buffer.from(':azure-secret').toString('base64')}`);
      expect(query.get('api-version')).toBe('7.1');
      const at = `${method} ${path.replace('/acme/My Project/_apis/git/repositories/bench/pullRequests/7', '')}`;
      if (at === 'GET /statuses') return { body: { value: statuses } };
      if (at === 'POST /statuses') {
        statuses.push({ id: statuses.length + 1, ...body });
        return { body };
      }
      if (at === 'GET /threads') return { body: { value: threads } };
      if (at === 'POST /threads') {
        const [comment] = body.comments as Array<{ content: string }>;
        threads.push({ id: 5, status: body.status, comments: [{ id: 1, content: comment?.content ?? '' }] });
        return { body: threads[0] };
      }
      const [thread] = threads;
      if (thread === undefined) return { status: 404 };
      if (at === 'PATCH /threads/5/comments/1') thread.comments = [{ id: 1, content: String(body.content) }];
      if (at === 'PATCH /threads/5') thread.status = body.status;
      return { body: {} };
    };
    const options = { organization_url: `${server.url}/acme`, project: 'My Project', repository: 'bench' };
    const forge = azureDevOps({ ...options, token: 'azure-secret' });
    for (const verdict of ['failure', 'failure', 'success'] as const) await forge.putCheck(check({ verdict }), signal);
    expect(statuses.map(({ state }) => state)).toEqual(['failed', 'succeeded']);
    const comment = { pull_request: 7, marker: 'benchmarks', body: 'slower' };
    for (const is_settled of [false, false, true]) await forge.putComment?.({ ...comment, is_settled }, signal);
    expect(threads).toEqual([
      { id: 5, status: 'fixed', comments: [{ id: 1, content: '<!-- benchwire:benchmarks -->\nslower' }] },
    ]);
  });
});
