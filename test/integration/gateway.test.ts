import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { createApiKey, revokeApiKey } from '@benchwire/shared/client/api-keys.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { API_ROUTES } from '@benchwire/shared/contracts/api/api.ts';
import { ROLES, type Role } from '@benchwire/shared/contracts/http.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { REJECTED_HEADERS, rejectedSubject } from '@benchwire/shared/contracts/rejected.ts';
import { headers } from '@nats-io/transport-node';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { outcomeWith } from '../support/outcomes.ts';
import { pythonWith } from '../support/python.ts';
import { StackFixture } from '../support/stack-fixture.ts';

let fixture: StackFixture;
let stack: LocalStack;
let client: Client;
let url: string;
const keys = {} as Record<Role, string>;
const data_dir = mkdtempSync(join(tmpdir(), 'bw-gateway-'));

beforeAll(async () => {
  fixture = await StackFixture.start({
    dataDir: data_dir,
    services: ['aggregator', 'anomaly', 'scheduler', 'ingest', 'gateway'],
  });
  ({ stack, client } = fixture);
  url = stack.service('gateway').http_url;

  for (const role of ROLES) keys[role] = (await createApiKey(client.nats, { name: `a-${role}`, role })).key;
}, 180_000);

afterAll(async () => {
  await fixture?.stop();
  rmSync(data_dir, { recursive: true, force: true });
}, 60_000);

interface Sent {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

async function send(method: string, path: string, { key, body, headers = {} }: Sent = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text !== '' && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** An address of a route that fits its pattern. */
const addressOf = (path: string): string =>
  path
    .replaceAll(':run_id', newRunId())
    .replaceAll(':kind', path.includes('/names/') ? 'worker' : 'layouts')
    .replace('/settings/:name', '/settings/retention')
    .replaceAll(/:\w+/g, '0123456789ab');

describe('every route', () => {
  it.each(
    API_ROUTES.filter(({ role }) => role !== null).map((route) => [`${route.method} ${route.path}`, route] as const),
  )('%s refuses a missing key, an unknown one and too small a role', async (_, { method, path, role }) => {
    const address = addressOf(path);
    expect((await send(method, address)).json).toMatchObject({ status: 401, code: 'AUTH_MISSING' });
    expect((await send(method, address, { key: 'bw_no' })).json).toMatchObject({ status: 401, code: 'KEY_UNKNOWN' });
    const lower = ROLES[ROLES.indexOf(role ?? 'viewer') - 1];
    if (lower === undefined) return;
    const refused = await send(method, address, { key: keys[lower] });
    expect(refused.json).toMatchObject({ status: 403, code: 'ROLE_TOO_LOW' });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each(
    API_ROUTES.filter(({ body }) => body !== undefined).map(
      (route) => [`${route.method} ${route.path}`, route] as const,
    ),
  )('%s refuses a body that is no JSON, and one that is wrong', async (_, { method, path }) => {
    const address = addressOf(path);
    const broken = await send(method, address, { key: keys.admin, body: '{"a":' });
    expect(broken.json).toMatchObject({ status: 400, request_id: expect.any(String) });
    const wrong = await send(method, address, { key: keys.admin, body: [1] });
    expect(wrong.status).toBe(422);
    expect(wrong.json.issues.length).toBeGreaterThan(0);
    const foreign = await send(method, address, { key: keys.admin, body: 'a', headers: { 'content-type': 'text/x' } });
    expect(foreign.status).toBe(415);
  });
});

const task = { task_id: 'one', type: 'test', executor: 'noop', config: {} };

describe('runs', () => {
  it('are started once per Idempotency-Key, read, and cancelled; each change leaves an audit event', async () => {
    const headers = { 'idempotency-key': 'gateway-test-1' };
    const first = await send('POST', '/api/runs', { key: keys.submitter, body: task, headers });
    expect(first.status, first.text).toBe(202);
    const again = await send('POST', '/api/runs', { key: keys.submitter, body: task, headers });
    expect(again.json).toMatchObject({ run_id: first.json.run_id, duplicate: true });
    // Somebody else's key is somebody else's run; the stack's own shares its keys with those who submit over NATS.
    const foreign = await send('POST', '/api/runs', { key: keys.operator, body: task, headers });
    expect(foreign.json).toMatchObject({ duplicate: false });
    expect(foreign.json.run_id).not.toBe(first.json.run_id);
    const local = await send('POST', '/api/runs', { key: stack.env.BENCHWIRE_API_KEY ?? '', body: task, headers });
    expect(await client.submit(task as never, { request_id: 'gateway-test-1' })).toMatchObject({
      run_id: local.json.run_id,
      duplicate: true,
    });
    // Runs that wait for a pool would keep those of other tests from being told that they wait for it, too.
    for (const { json } of [foreign, local]) {
      await vi.waitFor(async () => {
        const ended = await send('POST', `/api/runs/${json.run_id}/cancel`, { key: keys.submitter, body: {} });
        expect(ended.status, ended.text).toBe(202);
      }, 20_000);
    }
    const { run_id } = first.json;
    await vi.waitFor(
      async () => expect((await send('GET', `/api/runs/${run_id}`, { key: keys.viewer })).status).toBe(200),
      20_000,
    );
    const cancelled = await send('POST', `/api/runs/${run_id}/cancel`, {
      key: keys.submitter,
      body: { reason: 'enough' },
    });
    expect(cancelled.status, cancelled.text).toBe(202);
    await vi.waitFor(async () => {
      const { json } = await send('GET', '/api/events?entity=access', { key: keys.viewer });
      const messages = json.items.map((item: { message: string }) => item.message);
      expect(messages).toContain(`a-submitter (submitter): POST /api/runs/${run_id}/cancel 202`);
    }, 20_000);
  }, 60_000);

  it('lose one task to a cancellation, and go on with the others', async () => {
    const body = { tasks: ['a', 'b'].map((task_id) => ({ ...task, task_id })) };
    const { run_id } = (await send('POST', '/api/runs', { key: keys.submitter, body })).json;
    const stateOf = async (task_id: string): Promise<string> =>
      (await send('GET', `/api/tasks/${run_id}/${task_id}`, { key: keys.viewer })).json.state;
    await vi.waitFor(async () => expect(await stateOf('a')).toBe('waiting'), 20_000);
    const cancelled = await send('POST', `/api/tasks/${run_id}/a/cancel`, {
      key: keys.submitter,
      body: { reason: 'not this one' },
    });
    expect(cancelled.json).toEqual({ run_id, task_id: 'a' });
    await vi.waitFor(async () => expect(await stateOf('a')).toBe('cancelled'), 20_000);
    expect(await stateOf('b')).toBe('waiting');
    const over = await send('POST', `/api/tasks/${run_id}/a/cancel`, { key: keys.submitter, body: {} });
    expect(over.json).toMatchObject({ status: 409, code: 'TASK_OVER' });
    const unknown = await send('POST', `/api/tasks/${run_id}/c/cancel`, { key: keys.submitter, body: {} });
    expect(unknown.status).toBe(404);
    await send('POST', `/api/runs/${run_id}/cancel`, { key: keys.submitter, body: {} });
    await vi.waitFor(async () => expect(await stateOf('b')).toBe('cancelled'), 20_000);
  }, 60_000);

  it('of a single task are started under /api/tasks too', async () => {
    const { status, json } = await send('POST', '/api/tasks', { key: keys.submitter, body: task });
    expect({ status, ...json }).toMatchObject({ status: 202, task_count: 1, duplicate: false });
    await vi.waitFor(
      async () =>
        expect((await send('POST', `/api/runs/${json.run_id}/cancel`, { key: keys.submitter, body: {} })).status).toBe(
          202,
        ),
      20_000,
    );
  });

  it('are checked without being started', async () => {
    const { json } = await send('POST', '/api/runs?dry_run=true', {
      key: keys.submitter,
      body: { ...task, executor: 'onx' },
    });
    expect(json.task_count).toBe(0);
    expect(json.issues[0].path).toContain('executor');
  });
});

it('what could not be read is listed page by page, and sent again by anyone who may', async () => {
  client.nats.publish('bw.request.submit', '{"tasks":');
  const list = async (query = '') => (await send('GET', `/api/rejected${query}`, { key: keys.viewer })).json;
  await vi.waitFor(async () => expect((await list()).items).toHaveLength(1), 20_000);
  const [{ id, subject }] = (await list()).items;
  expect(subject).toBe('bw.request.submit');
  const replayed = await send('POST', `/api/rejected/${id}/replay`, { key: keys.operator });
  expect({ status: replayed.status, ...replayed.json }).toEqual({ status: 202, subject });
  await vi.waitFor(async () => expect((await list()).items).toHaveLength(2), 20_000);
  const first = await list('?limit=1');
  const second = await list(`?limit=1&cursor=${first.next_cursor}`);
  expect(second.items.map((item: { id: string }) => item.id)).toEqual([id]);
  expect((await send('POST', '/api/rejected/1-1/replay', { key: keys.operator })).status).toBe(404);

  // What only services write, such as an acceptance, any worker could have put there.
  const forged = headers();
  forged.set(REJECTED_HEADERS.subject, 'bw.event.series.-');
  forged.set(REJECTED_HEADERS.issues, '[]');
  forged.set(REJECTED_HEADERS.at, new Date().toISOString());
  client.nats.publish(rejectedSubject('event'), '{"kind":"accepted"}', { headers: forged });
  await vi.waitFor(async () => expect((await list()).items[0]?.subject).toBe('bw.event.series.-'), 20_000);
  const [newest] = (await list()).items;
  expect(await send('POST', `/api/rejected/${newest.id}/replay`, { key: keys.operator })).toMatchObject({
    ...{ status: 409, json: { code: 'NOT_REPLAYABLE' } },
  });
}, 60_000);

describe('the browser', () => {
  it('signs in with a key; the cookie changes nothing without the header, and ends with its key', async () => {
    const made = await createApiKey(client.nats, { name: 'short', role: 'submitter' });
    await vi.waitFor(async () => expect((await send('GET', '/api/session', { key: made.key })).status).toBe(200), 5000);
    const signed = await send('POST', '/api/session', { body: { key: made.key } });
    const set = signed.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Strict/);
    const headers = { cookie: set.split(';')[0] ?? '' };
    expect((await send('GET', '/api/session', { headers })).json).toMatchObject({
      subject: 'short',
      role: 'submitter',
    });
    const path = '/api/saved/layouts/mine';
    expect((await send('PUT', path, { headers, body: { a: 1 } })).json.code).toBe('CSRF_HEADER_MISSING');
    const trusted = { ...headers, 'x-benchwire-csrf': '1' };
    expect((await send('PUT', path, { headers: trusted, body: { a: 1 } })).status).toBe(200);
    const { json: mine } = await send('GET', path, { headers });
    expect(mine).toMatchObject({ name: 'mine', value: { a: 1 }, saved_by: 'short' });
    await revokeApiKey(client.nats, made.id);
    await vi.waitFor(async () => expect((await send('GET', '/api/session', { headers })).status).toBe(401), 5000);
  });

  it('saves over the revision that was read, and over no other', async () => {
    const path = '/api/saved/layouts/shared';
    const save = (revision: number, body: object) =>
      send('PUT', `${path}?revision=${revision}`, { key: keys.submitter, body });
    const first = await save(0, { a: 1 });
    expect(first.status).toBe(200);
    expect(await save(0, { a: 2 })).toMatchObject({ status: 409, json: { code: 'SAVED_CHANGED' } });
    const second = await save(first.json.revision, { a: 2 });
    expect(second.json).toMatchObject({ value: { a: 2 }, revision: expect.any(Number) });
    const late = await save(first.json.revision, { a: 3 });
    expect(late).toMatchObject({ status: 409, json: { code: 'SAVED_CHANGED' } });
    expect(late.json.detail).toContain(`over revision ${second.json.revision}`);
    expect((await send('GET', path, { key: keys.viewer })).json).toMatchObject({ value: { a: 2 } });
    expect((await send('DELETE', path, { key: keys.submitter })).status).toBe(204);
    expect((await save(second.json.revision, { a: 3 })).json.detail).toContain('was deleted meanwhile');
    expect((await save(0, { a: 4 })).status).toBe(200);
    // Without a revision whatever is there is replaced.
    expect((await send('PUT', path, { key: keys.submitter, body: { a: 5 } })).status).toBe(200);
  });

  it('signs in with the link once', async () => {
    const body = { token: stack.sign_in_token };
    expect((await send('POST', '/api/session', { body })).json).toMatchObject({ subject: 'local', role: 'admin' });
    expect((await send('POST', '/api/session', { body })).json).toMatchObject({ status: 401, code: 'TOKEN_USED' });
  });
});

it('findings are acknowledged, dismissed for a reason, linked and reopened, and say by whom', async () => {
  for (const value of [100, 101, 99, 100, 102, 98, 150]) {
    const outcome = outcomeWith(value, { benchmark: 'triage', source: { commit: `c${value}` } });
    client.nats.publish(outcomeSubject(outcome), JSON.stringify(outcome));
  }
  const found = await vi.waitFor(async () => {
    const { json } = await send('GET', '/api/findings?search=triage', { key: keys.viewer });
    expect(json.items).toMatchObject([{ kind: 'regression', state: 'suspected', value: 150 }]);
    return json.items[0];
  }, 30_000);
  const act = async (action: string, body: unknown, role: Role = 'submitter') =>
    await send('POST', `/api/findings/${encodeURIComponent(found.finding_id)}/${action}`, { key: keys[role], body });
  expect((await act('acknowledge', {}, 'viewer')).status).toBe(403);
  expect((await act('dismiss', {})).json).toMatchObject({ status: 422, code: 'BODY_INVALID' });
  expect((await act('link', { link: 'not a link' })).json).toMatchObject({ status: 422, code: 'BODY_INVALID' });
  expect((await act('acknowledge', { reason: 'mine' })).json).toMatchObject({ state: 'acknowledged' });
  expect((await act('link', { link: 'https://example.org/issues/7' })).status).toBe(200);
  expect((await act('reopen', {})).json).toMatchObject({ state: 'confirmed' });
  expect((await act('dismiss', { reason: 'the machine was busy' })).json).toMatchObject({ state: 'dismissed' });
  await vi.waitFor(async () => {
    const { json } = await send('GET', `/api/findings/${encodeURIComponent(found.finding_id)}`, { key: keys.viewer });
    expect(json).toMatchObject({ state: 'dismissed', links: ['https://example.org/issues/7'] });
    expect(json.history.at(-1)).toMatchObject({ by: 'a-submitter', reason: 'the machine was busy' });
  }, 30_000);
  const unknown = await send('POST', '/api/findings/nope/acknowledge', { key: keys.submitter, body: {} });
  expect(unknown.json).toMatchObject({ status: 422, code: 'REFUSED' });
});

describe('the benchmark API', () => {
  const documented = {
    ...{ priority: 'high', hardware: ['cpu', 'cuda'], models: ['silero-vad-v5', 'pp-ocrv4-detection'] },
    ...{ batch_sizes: [1, 8], precision: 'fp32', progressive_mode: true, incremental: true },
  };
  const start = (body: unknown) => send('POST', '/api/benchmark/run', { key: keys.submitter, body });

  it('takes the documented request, and knows each of its tasks', async () => {
    const started = await start(documented);
    expect(started.status, started.text).toBe(202);
    expect(started.json).toMatchObject({ task_count: 8, duplicate: false });
    const { run_id } = started.json;
    await vi.waitFor(async () => {
      const { json } = await send('GET', `/api/benchmark/status/${run_id}`, { key: keys.viewer });
      expect(json).toMatchObject({ run_id, progress: 0, completed_models: 0, total_models: 2 });
    }, 20_000);
    const { json } = await send('GET', `/api/runs/${run_id}/tasks`, { key: keys.viewer });
    expect(json.items).toContainEqual(
      expect.objectContaining({
        ...{ task_id: '2-pp-ocrv4-detection-cuda-b8', state: 'waiting', type: 'benchmark', priority: 90 },
        ...{ config: expect.objectContaining({ batch_sizes: [8], precision: 'fp32' }), timeout_seconds: 1800 },
        requirements: expect.objectContaining({ hardware: ['cuda'] }),
        depends_on: ['2-pp-ocrv4-detection-cuda-b1'],
      }),
    );
    expect((await send('GET', `/api/benchmark/outcomes/${run_id}`, { key: keys.viewer })).json).toEqual({
      items: [],
      next_cursor: null,
    });
    const missing = await send('GET', `/api/tasks/${run_id}/1-silero-vad-v5-cpu-b1/outcome`, { key: keys.viewer });
    expect(missing.json).toMatchObject({ status: 404, detail: expect.stringContaining('it is waiting') });
    await send('POST', `/api/runs/${run_id}/cancel`, { key: keys.submitter, body: {} });
  });

  it.each([
    ['priority', { priority: 'low' }],
    ['a number as priority', { priority: 7 }],
    ['no hardware', { hardware: undefined }],
    ['nothing but models', { priority: undefined, batch_sizes: undefined, precision: undefined, hardware: undefined }],
  ])('takes %s', async (_, changed) => {
    const { status, json, text } = await start({ ...documented, ...changed });
    expect(status, text).toBe(202);
    await send('POST', `/api/runs/${json.run_id}/cancel`, { key: keys.submitter, body: {} });
  });

  it.each([
    ['an unknown model', { models: ['silero-vad-v5', 'zzzzzzzz'] }, ['models[1]'], /bw models/],
    ['a precision PyTorch has not', { models: ['bert'], precision: 'int8' }, ['precision'], /fp32, fp16, bf16/],
    ['a model that is nearly known', { models: ['silero-vad-v7'] }, ['models[0]'], /Did you mean silero-vad-v5/],
    ['no models', { models: [] }, ['models'], /./],
    ['a priority that has no meaning', { priority: 'urgent' }, ['priority'], /use one of low, medium, high/],
    ['a misspelled field', { hardwre: ['cpu'] }, ['hardwre'], /Did you mean "hardware"/],
    ['hardware that does not exist', { hardware: ['gpu'] }, ['hardware[0]'], /"gpu"/],
    ['a batch size twice', { batch_sizes: [1, 1] }, ['batch_sizes'], /differ/],
  ])('refuses %s, with the place and what to do', async (_, changed, paths, message) => {
    const { status, json } = await start({ ...documented, ...changed });
    expect(status).toBe(422);
    expect(json.code).toBe('REQUEST_INVALID');
    expect(json.issues.map(({ path }: { path: string }) => path)).toEqual(paths);
    expect(json.issues[0].message).toMatch(message);
  });

  it('lists what can be benchmarked, and reports with their addresses', async () => {
    const models = (await send('GET', '/api/benchmark/models', { key: keys.viewer })).json.items;
    expect(models).toContainEqual({
      ...{ model: 'silero-vad-v5', in_catalogue: true, title: expect.stringContaining('Silero'), license: 'ISC' },
      ...{ last_measured_at: null, pools: [], executors: [] },
      catalogue: expect.objectContaining({ kind: 'onnx_file', family: 'silero-vad', status: 'onnxruntime' }),
    });
    const filtered = async (query: string) =>
      (await send('GET', `/api/benchmark/models?${query}`, { key: keys.viewer })).json;
    const names = ({ items }: { items: Array<{ model: string }> }): string[] => items.map(({ model }) => model);
    expect(names(await filtered('family=bert&priority=high'))).toEqual(['bert']);
    const generating = names(await filtered('task=text-generation&family=gpt2&family=llama'));
    expect(generating).toEqual(['gpt-sw3', 'gpt2', 'llama']);
    expect(names(await filtered('search=whisp'))).toContain('whisper');
    expect(await filtered('priority=urgent')).toMatchObject({ status: 400, code: 'QUERY_INVALID' });
    const reports = (await send('GET', '/api/benchmark/reports', { key: keys.viewer })).json.items;
    for (const { report_url } of reports.slice(0, 1))
      expect((await send('GET', report_url, { key: keys.viewer })).text).toMatch(/^<!doctype html>/i);
  });
});

it('answers for what there is not, with a policy and an ETag on what there is', async () => {
  expect((await send('GET', '/api/nope')).json).toMatchObject({ status: 404, code: 'NO_SUCH_ROUTE' });
  expect((await send('PUT', '/api/runs')).json).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
  expect((await send('GET', '/api/runs?cursor=x', { key: keys.viewer })).json.code).toBe('CURSOR_INVALID');
  for (const [path, near] of [
    ['/api/runs?limt=3', 'Did you mean "limit"'],
    ['/api/runs?limit=3&statuss=failed', 'Possible: status, state, verdict, search'],
    ['/api/runs?status=failed&state=running', '"state" is another name of "status"'],
    ['/api/cluster?verbose=1', 'there is no field "verbose"'],
    ['/api/compare?runs=a', 'Did you mean "run"'],
  ] as const)
    expect((await send('GET', path, { key: keys.viewer })).json).toMatchObject({
      ...{ status: 400, code: 'QUERY_INVALID' },
      issues: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining(near) })]),
    });
  const { headers, json } = await send('GET', '/openapi.json');
  expect(headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(Object.keys(json.paths)).toContain('/api/runs/{run_id}');
  const etag = headers.get('etag') ?? '';
  expect(etag).not.toBe('');
  expect((await send('GET', '/openapi.json', { headers: { 'if-none-match': etag } })).status).toBe(304);
});

it('shows people the same document that programs read, from its own files', async () => {
  const page = await (await fetch(`${url}/docs`)).text();
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => new URL(file, `${url}/docs`));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect(file.origin).toBe(url);
    expect([file.pathname, (await fetch(file)).status]).toEqual([file.pathname, 200]);
  }
  expect((await send('GET', '/docs/json')).json).toEqual((await send('GET', '/openapi.json')).json);
});

it('the live socket goes on behind a sequence, without loss and without doubles', async () => {
  const submitted = await send('POST', '/api/runs', { key: keys.submitter, body: { ...task, task_id: 'live' } });
  const { run_id } = submitted.json;
  const all = await listen(run_id, {}, 2);
  const first = all[0]?.sequence ?? '';
  const rest = await listen(run_id, { EVENTS: Number(first.split(':')[1]) }, all.length - 1);
  expect(rest.slice(0, all.length - 1).map(({ sequence }) => sequence)).toEqual(
    all.slice(1).map(({ sequence }) => sequence),
  );
}, 30_000);

it('the benchmark socket tells how far a run is; a page from elsewhere is not let in', async () => {
  const { json } = await send('POST', '/api/runs', { key: keys.submitter, body: { ...task, task_id: 'watched' } });
  await vi.waitFor(async () =>
    expect((await send('GET', `/api/runs/${json.run_id}`, { key: keys.viewer })).status).toBe(200),
  );
  const address = `${url.replace('http', 'ws')}/api/benchmark/ws/${json.run_id}`;
  const headers = { authorization: `Bearer ${keys.viewer}` };
  const socket = new WebSocket(address, { headers } as unknown as string[]);
  const told: unknown[] = [];
  socket.onmessage = ({ data }) => told.push(JSON.parse(String(data)));
  await vi.waitFor(() => expect(told[0]).toMatchObject({ run_id: json.run_id, progress: 0, total_models: 1 }), 10_000);
  socket.close();

  for (const [id, code, reason] of [
    [newRunId(), 4404, 'NOT_FOUND'],
    ['nonsense', 4400, 'PATH_INVALID'],
  ] as const) {
    const unknown = new WebSocket(`${url.replace('http', 'ws')}/api/benchmark/ws/${id}`, {
      headers,
    } as unknown as string[]);
    const closed = await new Promise<CloseEvent>((resolve) => {
      unknown.onclose = resolve;
    });
    expect([closed.code, closed.reason]).toEqual([code, reason]);
  }

  const foreign = { headers: { origin: 'https://elsewhere.example' } } as unknown as string[];
  const refused = new WebSocket(`${url.replace('http', 'ws')}/api/ws`, foreign);
  await new Promise((resolve) => {
    refused.onerror = resolve;
  });
  expect(refused.readyState).not.toBe(WebSocket.OPEN);
}, 30_000);

/** At the end: what is sent here starts and ends all kinds of things. */
describe('the OpenAPI document', () => {
  it('is valid', async () => {
    const { json } = await send('GET', '/openapi.json');
    expect(await new Validator().validate(json)).toMatchObject({ valid: true });
  });

  const folder = join(import.meta.dirname, 'openapi');
  const python = pythonWith(join(folder, 'requirements.txt'), data_dir);
  if (python.reason !== undefined) console.warn(`fuzzing the API: skipped, ${python.reason}`);
  it.skipIf(python.reason !== undefined)(
    'holds for whatever is sent: no 5xx, and answers as it says',
    async () => {
      // It keeps what it found in the folder where it runs. Left out: signing out would end the session.
      const args = [
        ...['-m', 'schemathesis.cli', '--config-file', join(folder, 'schemathesis.toml'), 'run', `${url}/openapi.json`],
        ...['--header', `Authorization: Bearer ${keys.admin}`, '--exclude-path-regex', '/api/session'],
        // One worker: with two, Python 3.11 sometimes fails at reading its own source (AST constructor recursion depth mismatch).
        ...['--max-examples', '5', '--workers', '1', '--seed', '1', '--no-color'],
      ];
      const { code, stdout } = await runCommand('sh', [
        '-c',
        'cd "$0" && exec "$@"',
        data_dir,
        python.python ?? '',
        ...args,
      ]);
      expect(code, stdout).toBe(0);
    },
    // It asks every route many things, and two of them print PDFs.
    600_000,
  );
});

/** What a subscription tells of a run until so many messages are there. */
async function listen(run_id: string, from: Record<string, number>, count: number) {
  const signed = await send('POST', '/api/session', { body: { key: keys.viewer } });
  const cookie = (signed.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const options = { headers: { cookie, origin: url } } as unknown as string[];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`, options);
  const seen: Array<{ sequence: string }> = [];
  socket.onopen = () => socket.send(JSON.stringify({ op: 'subscribe', id: 'a', topic: `run:${run_id}`, from }));
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data));
    if (frame.op === undefined) seen.push(frame);
  };
  try {
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(count), 15_000);
    return seen.slice(0, count);
  } finally {
    socket.close();
  }
}

it.each(['application/json', 'application/yaml'])(
  'bodies are read as strictly as at every door, as %s',
  async (type) => {
    const yaml = 'tasks:\n  - &a { task_id: a, executor: noop }\n  - { <<: *a, task_id: b, tags: 1 }\n';
    const isYaml = type === 'application/yaml';
    const post = (body: string, path = '/api/runs') =>
      send('POST', path, { key: keys.submitter, body, headers: { 'content-type': type } });
    const tasks = '"tasks": [{"task_id": "a", "executor": "noop"}]';
    const twice = await post(`{"name": "a", "name": "b", ${tasks}}`);
    expect(twice).toMatchObject({ status: 400, json: { issues: [{ path: 'name', code: 'duplicate_key' }] } });
    const changed = await post(`{"priority": 9007199254740993, ${tasks}}`);
    expect(changed.json.issues[0]).toMatchObject({ path: 'priority', code: 'number_changed' });
    const written = await post(`{"source": {"branch": 1.10}, ${tasks}}`);
    expect(written).toMatchObject({ status: 422, json: { issues: [{ path: 'source.branch' }] } });
    expect(written.json.issues[0].message).toContain('put it in quotes, "1.10"');
    expect((await post(`{"source": {"branch": 1.10}, ${tasks}}`, '/api/runs?dry_run=true')).json.issues).toEqual(
      written.json.issues,
    );
    if (isYaml) expect((await post(yaml)).json.issues).toMatchObject([{ path: 'tasks[1].tags' }]);
    if (isYaml) expect((await post(yaml.replace(', tags: 1', ''))).json.task_count).toBe(2);
  },
);
