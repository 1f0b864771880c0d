import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { ApiProblem, type Call, call, HttpClient, withQuery } from '@benchwire/shared/client/http-client.ts';
import { API_ROUTES, type Api } from '@benchwire/shared/contracts/api/api.ts';
import type { AuditItem } from '@benchwire/shared/contracts/api/audit.ts';
import { type BenchmarkStatus, benchmarkStatus } from '@benchwire/shared/contracts/api/benchmark.ts';
import { LIVE_DATA, type LiveKind, type LiveMessage, type LiveNotice } from '@benchwire/shared/contracts/api/live.ts';
import { benchmarkRun } from '@benchwire/shared/contracts/benchmark.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { bw } from '../support/bw.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/**
 * The HTTP API to the letter: on a real stack every route answers as its signature says and with nothing else; the documented
 * requests, the result document of a task, the WebSockets and their messages have the fields that the design and docs/http.md
 * promise; and nothing that is sent is answered with 5xx. Both tables have to name every route: a new one is tested here, or
 * this file does not compile.
 */
let fixture: StackFixture;
let stack: LocalStack;
let client: Client;
let api: HttpClient;
let url: string;
let key: string;
const WITHIN = { timeout: 60_000, interval: 100 };

/** What is there to ask for. */
const known = {
  ...{ run_id: '', task_id: 'vad', waiting: '', series_id: '', worker_id: '' },
  ...{ finding_id: '', incident_id: '', tests_run_id: '', case_id: '' },
};
const BYTES = 'a file that a request names';
/** The smallest output of another tool. */
const IMPORTED = ['{"bench": {"latency": {"value": 1}}}', 'application/octet-stream'] as const;
const NOTIFY_RULES = 'receivers: [{ name: hook, connector: webhook, url: "http://127.0.0.1:9/" }]\n';
const SILENCE = { match: { pool: 'cpu-*' }, seconds: 3600, reason: 'new driver' };
const sha256 = createHash('sha256').update(BYTES).digest('hex');
const uploaded = () => call('PUT /api/files/:sha256', { params: { sha256 } });

const page = readFileSync(join(repositoryRoot, 'docs/http.md'), 'utf8');

/** The task of the design's page, on what this machine has. */
const designed = {
  task_id: 'vad',
  type: 'benchmark',
  priority: 1,
  requirements: { hardware: ['cpu'], min_memory_gb: 0.1, min_cuda_compute: 0, labels: { site: 'lab-1' } },
  config: { model: 'silero-vad-v5', batch_sizes: [1, 2], precision: 'fp32', iterations: 100 },
  depends_on: [],
  placement: 'any',
  timeout_seconds: 1800,
  retry_policy: { max_retries: 3, retry_delay_seconds: 60 },
};

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: { notifier: 1 },
    env: { RATE_LIMIT_PER_MINUTE: '1000000', ADDRESS_LIMIT_PER_MINUTE: '1000000', WORKER_LABELS: 'site=lab-1' },
  });
  ({ stack, client } = fixture);
  url = stack.service('gateway').http_url;
  key = (await createApiKey(client.nats, { name: 'letter', role: 'admin' })).key;
  api = new HttpClient({ url, headers: { Authorization: `Bearer ${key}` } });
}, 180_000);

afterAll(async () => {
  await fixture?.stop();
}, 60_000);

interface Received {
  status: number;
  type: string;
  answer: unknown;
}

async function send(
  { method, path, query, body }: Call<unknown>,
  text?: string,
  content_type = 'application/json',
): Promise<Received> {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${url}${withQuery(path, query)}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(sent === undefined ? {} : { 'content-type': content_type }) },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const type = response.headers.get('content-type') ?? '';
  const read = await response.text();
  return {
    status: response.status,
    type,
    answer: type.includes('json') ? JSON.parse(read) : read === '' ? null : read,
  };
}

/** A run on hardware that is not here, so that its tasks wait. */
async function startWaiting(): Promise<string> {
  const task = { task_id: 'wait', executor: 'noop', requirements: { hardware: ['rocm'] } };
  const started = await api.send(call('POST /api/runs', { body: { name: 'waiting', tasks: [task] } }));
  if (!('run_id' in started)) throw new Error('not started');
  const { run_id } = started;
  await vi.waitFor(async () => {
    const { state } = await api.send(call('GET /api/tasks/:run_id/:task_id', { params: { run_id, task_id: 'wait' } }));
    expect(state).toBe('waiting');
  }, WITHIN);
  return run_id;
}

describe('a task as the design writes it', () => {
  let document: Record<string, unknown>;

  it('runs, and both sockets tell how', async () => {
    const { run_id } = await api.send(call('POST /api/tasks', { body: designed }));
    known.run_id = run_id;
    const live = listen('/api/ws', (frame) => frames.push(frame as LiveMessage | LiveNotice));
    const frames: Array<LiveMessage | LiveNotice> = [];
    await live.opened;
    for (const topic of [`run:${run_id}`, `metrics:${run_id}`, 'status', 'heartbeats', 'events'])
      live.say({ op: 'subscribe', id: topic, topic, ...(/:/.test(topic) ? { from: {} } : {}) });
    live.say({ op: 'ping' });
    live.say({ op: 'subscribe', id: 'none', topic: 'nonsense' });
    const statuses: BenchmarkStatus[] = [];
    // The run has to be stored before anybody can listen to it.
    await vi.waitFor(() => api.send(call('GET /api/runs/:run_id', { params: { run_id } })), WITHIN);
    const progress = listen(`/api/benchmark/ws/${run_id}`, (frame) => statuses.push(frame as BenchmarkStatus));
    expect((await progress.closed).code).toBe(1000);

    for (const status of statuses) expect(benchmarkStatus.parse(status)).toEqual(status);
    const progressed = statuses.map((status) => status.progress);
    expect(progressed).toEqual(progressed.toSorted((a, b) => a - b));
    expect(statuses.at(-1)).toMatchObject({
      ...{ run_id, status: 'completed', state: 'finished', progress: 1, current_step: 'finished' },
      ...{ completed_models: 1, total_models: 1, total: 1, completed: 1 },
    });

    const kinds = (): string[] => frames.flatMap((frame) => ('kind' in frame ? [frame.kind] : []));
    await vi.waitFor(
      () => expect(kinds()).toEqual(expect.arrayContaining(['event', 'outcome', 'metrics', 'status', 'heartbeats'])),
      WITHIN,
    );
    live.close();
    for (const frame of frames) {
      if ('op' in frame) {
        expect(['subscribed', 'pong', 'error', 'heartbeat']).toContain(frame.op);
        continue;
      }
      expect(Object.keys(frame).sort()).toEqual(['data', 'id', 'kind', 'sequence', 'topic']);
      if (frame.sequence !== null) expect(frame.sequence).toMatch(/^[A-Z]+:\d+$/);
      // The contract knows every field of it.
      expect(LIVE_DATA[frame.kind satisfies LiveKind].parse(frame.data)).toMatchObject(frame.data);
    }
    expect(frames).toContainEqual({ op: 'pong' });
    expect(frames).toContainEqual({
      ...{ op: 'error', id: 'none' },
      problem: expect.objectContaining({ status: 404, code: 'NO_SUCH_TOPIC', request_id: expect.any(String) }),
    });
  }, 180_000);

  it('is a row with what was asked for, and when', async () => {
    const params = { run_id: known.run_id, task_id: 'vad' };
    const row = await vi.waitFor(async () => {
      const found = await api.send(call('GET /api/tasks/:run_id/:task_id', { params }));
      expect(found.state).toBe('completed');
      return found;
    }, WITHIN);
    const { task_id, type, priority, depends_on, timeout_seconds, requirements, config } = designed;
    expect(row).toMatchObject({ task_id, type, priority, depends_on, timeout_seconds, requirements, config });
    expect(row).toMatchObject({ attempt: 1, executor: 'onnx', model: 'silero-vad-v5' });
    for (const time of [row.started_at, row.finished_at]) expect(time).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    known.worker_id = row.worker_id;
  });

  it('has the whole result document, the same at every door', async () => {
    const params = { run_id: known.run_id, task_id: 'vad' };
    document = { ...(await api.send(call('GET /api/tasks/:run_id/:task_id/outcome', { params }))) };
    const all = await api.send(call('GET /api/benchmark/outcomes/:run_id', { params: { run_id: known.run_id } }));
    expect(all).toEqual({ items: [document], next_cursor: null });
    const printed = await bw(['results', known.run_id, '--json'], { env: stack.env });
    expect(printed.code, printed.stderr).toBe(0);
    expect(JSON.parse(printed.stdout).tasks).toEqual([document]);
  }, 60_000);

  const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
  const positive = z.number().positive();
  /** By its place in the document; a null has a reason beside it, under its name or under `*`. */
  const FIELDS: Record<string, z.ZodType | 'measured'> = {
    task_id: z.literal('vad'),
    worker_id: z.string().min(1),
    attempt: z.literal(1),
    status: z.literal('completed'),
    execution_time_seconds: positive,
    'hardware_metrics.gpu_utilization_percent': 'measured',
    'hardware_metrics.memory_usage_mb': 'measured',
    'hardware_metrics.power_consumption_watts': 'measured',
    'hardware_metrics.cpu_utilization_percent': 'measured',
    'hardware_metrics.temperature_celsius': 'measured',
    'results.batch_sizes.1.latency_ms': positive,
    'results.batch_sizes.1.throughput_items_per_second': positive,
    'results.batch_sizes.1.memory_mb': 'measured',
    'results.batch_sizes.2.latency_ms': positive,
    'results.batch_sizes.1.latency_ci_low_ms': 'measured',
    'results.batch_sizes.1.latency_ci_high_ms': 'measured',
    // 100 samples are enough for p90, and too few for p99.
    'results.batch_sizes.1.latency_p90_ms': positive,
    'results.batch_sizes.1.latency_p99_ms': z.undefined(),
    'results.batch_sizes.1.samples': z.literal(100),
    'results.batch_sizes.1.steady': z.boolean(),
    'results.timings.load_ms': positive,
    'results.providers': z.record(z.string(), z.int()),
    'simulation_status.is_simulated': z.literal(false),
    environment: z.record(z.string(), z.unknown()),
    logs: base64,
  };

  it.each(Object.entries(FIELDS))('whose %s is as promised', (place, expected) => {
    const parts = place.split('.');
    const at = (path: readonly string[]): unknown =>
      path.reduce<unknown>((value, name) => new Map(Object.entries(value ?? {})).get(name), document);
    const value = at(parts);
    if (expected !== 'measured') return void expected.parse(value);
    const reasons = z
      .record(z.string(), z.string().min(1))
      .default({})
      .parse(at([...parts.slice(0, -1), 'unavailable']));
    if (value === null) expect(reasons[parts.at(-1) ?? ''] ?? reasons['*'], `why ${place} is null`).toBeDefined();
    else z.number().parse(value);
  });
});

describe('the documented benchmark request', () => {
  const example = JSON.parse(/```json\n(\{ "priority"[\s\S]*?)```/.exec(page)?.[1] ?? 'null');

  it('is taken as docs/http.md has it, and its fields are those of the page', async () => {
    const started = await send(call('POST /api/benchmark/run', { body: example }));
    expect(started).toMatchObject({ status: 202, answer: { task_count: 8, duplicate: false } });
    const fields = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
    for (const field of Object.keys(benchmarkRun.shape)) expect(fields).toContain(field);
    const { run_id } = z.object({ run_id: z.string() }).parse(started.answer);
    await vi.waitFor(() => api.send(call('POST /api/runs/:run_id/cancel', { params: { run_id } })), WITHIN);
  }, 60_000);

  it.each([
    ['low', 202],
    ['medium', 202],
    ['high', 202],
    [0, 202],
    [100, 202],
    [101, 422],
    [-1, 422],
    ['urgent', 422],
    [null, 422],
    [true, 422],
  ])('with the priority %s gives %i', async (priority, status) => {
    const body = { models: ['silero-vad-v5'], hardware: ['rocm'], priority };
    const received = await send(call('POST /api/benchmark/run', { body }));
    expect(received.status).toBe(status);
    if (status === 422) expect(received.answer).toMatchObject({ issues: [{ path: 'priority' }] });
  });

  it('with a model that nobody knows is refused at the door, each with its place', async () => {
    const body = { ...example, models: ['no-such-model', 'silero-vad-v5', 'silero-vad-v55'] };
    const refused = await api.send(call('POST /api/benchmark/run', { body })).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiProblem);
    expect(refused).toMatchObject({ status: 422, code: 'REQUEST_INVALID' });
    expect(refused).toMatchObject({ issues: [{ path: 'models[0]' }, { path: 'models[2]' }] });
  });
});

type Name<Method extends string> = Extract<keyof Api, `${Method} ${string}`>;

describe('every route answers as its signature says, and with nothing else', () => {
  beforeAll(async () => {
    for (const value of [100, 101, 99, 100, 102, 98, 150]) {
      const measured = outcomeWith(value, { benchmark: 'letter', source: { commit: `c${value}` } });
      client.nats.publish(outcomeSubject(measured), JSON.stringify(measured));
    }
    await client.nats.request('bw.request.submit', 'no request at all');
    known.waiting = await startWaiting();
    const { items } = await api.send(call('GET /api/runs/:run_id/results', { params: { run_id: known.run_id } }));
    known.series_id = items[0]?.series_id ?? '';
    // A program of tests: one of its cases failed.
    const cases = ['passed', 'failed'].map((state) => ({ name: state, class: 'c', file: '', state, seconds: 0.1 }));
    const tests = {
      total: 2,
      passed: 1,
      failed: 1,
      errors: 0,
      skipped: 0,
      seconds: 0.2,
      reports: ['junit.xml'],
      cases,
    };
    const tested = outcome.parse({ ...outcomeWith(1, { benchmark: 'tests' }), results: { tests } });
    client.nats.publish(outcomeSubject(tested), JSON.stringify(tested));
    known.tests_run_id = tested.run_id;
    await send(uploaded(), BYTES, 'application/octet-stream');
    const body = { panels: [] };
    await api.send(call('PUT /api/saved/:kind/:name', { params: { kind: 'layouts', name: 'mine' }, body }));
    await vi.waitFor(async () => {
      const [found] = (await api.send(call('GET /api/findings', { query: { search: 'letter' } }))).items;
      known.finding_id = found?.finding_id ?? '';
      known.incident_id = found?.incident_id ?? '';
      expect(known.incident_id).not.toBe('');
      expect((await api.send(call('GET /api/rejected'))).items).not.toEqual([]);
      const [test_case] = (await api.send(call('GET /api/tests', { query: { benchmark: 'tests' } }))).items;
      known.case_id = test_case?.case_id ?? '';
      expect(known.case_id).not.toBe('');
    }, WITHIN);
  }, 120_000);

  const run = () => ({ params: { run_id: known.run_id } });
  const task = () => ({ params: { run_id: known.run_id, task_id: known.task_id } });
  const series = () => ({ params: { id: known.series_id } });
  const READS: Record<Name<'GET'>, () => Call<unknown> | Promise<Call<unknown>>> = {
    'GET /api/session': () => call('GET /api/session'),
    'GET /api/sign-in': () => call('GET /api/sign-in'),
    'GET /api/benchmark/status/:run_id': () => call('GET /api/benchmark/status/:run_id', run()),
    'GET /api/overview': () => call('GET /api/overview', { query: { since: '2026-01-02T03:04:05Z' } }),
    'GET /api/digest': () => call('GET /api/digest', { query: { since: '2026-01-02T03:04:05Z' } }),
    'GET /api/digest/report': () => call('GET /api/digest/report'),
    'GET /api/digest/markdown': () => call('GET /api/digest/markdown'),
    'GET /api/benchmark/results/:run_id': () => call('GET /api/benchmark/results/:run_id', run()),
    'GET /api/benchmark/outcomes/:run_id': () => call('GET /api/benchmark/outcomes/:run_id', run()),
    'GET /api/benchmark/models': () => call('GET /api/benchmark/models'),
    'GET /api/benchmark/hardware': () => call('GET /api/benchmark/hardware'),
    'GET /api/benchmark/reports': () => call('GET /api/benchmark/reports'),
    'GET /api/benchmark/query': () => call('GET /api/benchmark/query', { query: { model: 'silero-vad-v5' } }),
    'GET /api/models/coverage': () => call('GET /api/models/coverage', { query: { executor: 'torch' } }),
    'GET /api/models/compatibility': () =>
      call('GET /api/models/compatibility', { query: { family: ['bert'], state: ['works', 'untested'] } }),
    'GET /api/models/compatibility/csv': () =>
      call('GET /api/models/compatibility/csv', { query: { search: 'silero', hardware: ['cpu'] } }),
    'GET /api/runs': () => call('GET /api/runs', { query: { state: 'completed', limit: 5 } }),
    'GET /api/runs/:run_id': () => call('GET /api/runs/:run_id', run()),
    'GET /api/runs/:run_id/request': () => call('GET /api/runs/:run_id/request', run()),
    'GET /api/runs/:run_id/tasks': () => call('GET /api/runs/:run_id/tasks', run()),
    'GET /api/runs/:run_id/results': () => call('GET /api/runs/:run_id/results', run()),
    'GET /api/runs/:run_id/events': () => call('GET /api/runs/:run_id/events', run()),
    'GET /api/runs/:run_id/findings': () => call('GET /api/runs/:run_id/findings', run()),
    'GET /api/runs/:run_id/report': () => call('GET /api/runs/:run_id/report', run()),
    'GET /api/tasks/:run_id/:task_id': () => call('GET /api/tasks/:run_id/:task_id', task()),
    'GET /api/tasks/:run_id/:task_id/attempts': () => call('GET /api/tasks/:run_id/:task_id/attempts', task()),
    'GET /api/tasks/:run_id/:task_id/log': () => call('GET /api/tasks/:run_id/:task_id/log', task()),
    'GET /api/tasks/:run_id/:task_id/outcome': () => call('GET /api/tasks/:run_id/:task_id/outcome', task()),
    'GET /api/tasks/:run_id/:task_id/why': () =>
      call('GET /api/tasks/:run_id/:task_id/why', { params: { run_id: known.waiting, task_id: 'wait' } }),
    'GET /api/runs/:run_id/metrics': () => call('GET /api/runs/:run_id/metrics', run()),
    'GET /api/runs/:run_id/distributions': () => call('GET /api/runs/:run_id/distributions', run()),
    'GET /api/matrix': () => call('GET /api/matrix'),
    'GET /api/matrix/history': () => call('GET /api/matrix/history', { query: { metric: 'latency_ms' } }),
    'GET /api/throughput': () => call('GET /api/throughput', { query: { minutes: 10 } }),
    'GET /api/failures': () => call('GET /api/failures'),
    'GET /api/recovery': () => call('GET /api/recovery'),
    'GET /api/fault-tolerance': () =>
      call('GET /api/fault-tolerance', { query: { since: '2026-01-02T03:04:05Z', until: '2027-01-02T03:04:05Z' } }),
    'GET /api/fault-tolerance/report': () => call('GET /api/fault-tolerance/report'),
    'GET /api/series': () => call('GET /api/series', { query: { search: 'vad' } }),
    'GET /api/series-values': () => call('GET /api/series-values', { query: { id: [known.series_id], points: 5 } }),
    'GET /api/series/:id': () => call('GET /api/series/:id', series()),
    'GET /api/series/:id/points': () => call('GET /api/series/:id/points', series()),
    'GET /api/series/:id/analysis': () => call('GET /api/series/:id/analysis', series()),
    'GET /api/series/:id/annotations': () => call('GET /api/series/:id/annotations', series()),
    'GET /api/compare': () => call('GET /api/compare', { query: { batch_size: ['1', '2'], model: ['silero-vad-v5'] } }),
    'GET /api/analytics': () => call('GET /api/analytics', { query: { period: '2d', metric: ['latency_ms'] } }),
    'GET /api/analytics/report': () => call('GET /api/analytics/report', { query: { baseline: 'version:1.4' } }),
    'GET /api/findings': () =>
      call('GET /api/findings', { query: { states: ['suspected', 'confirmed'], sort: 'change', descending: false } }),
    'GET /api/findings/:id': () => call('GET /api/findings/:id', { params: { id: known.finding_id } }),
    'GET /api/incidents': () => call('GET /api/incidents', { query: { only_open: true } }),
    'GET /api/incidents/:id': () => call('GET /api/incidents/:id', { params: { id: known.incident_id } }),
    'GET /api/precision': () => call('GET /api/precision'),
    'GET /api/workers': () => call('GET /api/workers'),
    'GET /api/workers/:id': () => call('GET /api/workers/:id', { params: { id: known.worker_id } }),
    'GET /api/pools': () => call('GET /api/pools'),
    'GET /api/cluster': () => call('GET /api/cluster'),
    'GET /api/names': () => call('GET /api/names'),
    'GET /api/events': () => call('GET /api/events', { query: { entity: 'run' } }),
    'GET /api/audit': () => call('GET /api/audit', { query: { subject: 'letter', method: 'POST', path: '/api/runs' } }),
    'GET /api/rejected': () => call('GET /api/rejected'),
    'GET /api/saved/:kind': () => call('GET /api/saved/:kind', { params: { kind: 'layouts' } }),
    'GET /api/saved/:kind/:name': () =>
      call('GET /api/saved/:kind/:name', { params: { kind: 'layouts', name: 'mine' } }),
    'GET /api/snapshots': () => call('GET /api/snapshots'),
    'GET /api/snapshots/:id': async () => {
      const { id } = await api.send(call('POST /api/snapshots', { body: await someSnapshot() }));
      return call('GET /api/snapshots/:id', { params: { id } });
    },
    'GET /api/keys': () => call('GET /api/keys'),
    'GET /api/metrics': () => call('GET /api/metrics', { query: { model: 'silero-vad-v5' } }),
    'GET /api/metrics/catalogue': () => call('GET /api/metrics/catalogue'),
    'GET /api/gates': () => call('GET /api/gates'),
    'GET /api/notifications/rules': () => call('GET /api/notifications/rules'),
    'GET /api/notifications/messages': () => call('GET /api/notifications/messages'),
    'GET /api/notifications/silences': () => call('GET /api/notifications/silences'),
    'GET /api/settings': () => call('GET /api/settings'),
    'GET /api/files/:sha256': () => call('GET /api/files/:sha256', { params: { sha256 } }),
    'GET /api/tests': () => call('GET /api/tests', { query: { only: ['failing'] } }),
    'GET /api/tests/:case_id': () => call('GET /api/tests/:case_id', { params: { case_id: known.case_id } }),
    'GET /api/runs/:run_id/verdict': () => call('GET /api/runs/:run_id/verdict', { ...run(), query: {} }),
    'GET /api/runs/:run_id/tests': () =>
      call('GET /api/runs/:run_id/tests', { params: { run_id: known.tests_run_id }, query: { state: ['failed'] } }),
  };

  /** Of the list of runs, as the page would take it. */
  async function someSnapshot(title = 'runs') {
    const answer = await api.send(call('GET /api/runs', { query: { limit: 2 } }));
    const answers = [{ method: 'GET' as const, path: '/api/runs', query: { limit: 2 }, answer }];
    return { benchwire_snapshot: 1 as const, title, page: '/runs', taken_at: '2026-11-22T02:00:00.000Z', answers };
  }
  const snapshotId = async () => (await api.send(call('GET /api/snapshots'))).items[0]?.id ?? '';
  const finding = () => ({ params: { id: known.finding_id } });
  const worker = () => ({ params: { id: known.worker_id }, body: { reason: 'a test' } });
  const waiting = async () => ({ run_id: await startWaiting(), task_id: 'wait' });
  const noop = { task_id: 'one', executor: 'noop' };
  let key_id = '';
  /** In this order. */
  const WRITES: Record<Name<'POST' | 'PUT' | 'DELETE'>, () => Call<unknown> | Promise<Call<unknown>>> = {
    'POST /api/session': () => call('POST /api/session', { body: { key } }),
    'POST /api/tickets': () => call('POST /api/tickets'),
    'DELETE /api/session': () => call('DELETE /api/session'),
    'POST /api/benchmark/run': () =>
      call('POST /api/benchmark/run', { body: { models: ['silero-vad-v5'], hardware: ['rocm'] } }),
    'POST /api/runs': () => call('POST /api/runs', { body: { name: 'n', tasks: [noop] } }),
    'POST /api/tasks': () => call('POST /api/tasks', { body: noop }),
    'POST /api/runs/:run_id/cancel': async () => call('POST /api/runs/:run_id/cancel', { params: await waiting() }),
    'POST /api/runs/:run_id/accept': () =>
      call('POST /api/runs/:run_id/accept', { ...run(), body: { reason: 'a test' } }),
    'POST /api/runs/:run_id/repeat': () => call('POST /api/runs/:run_id/repeat', run()),
    'POST /api/archived-runs': () =>
      call('POST /api/archived-runs', { body: { run_ids: [known.run_id], reason: 'a test' } }),
    'POST /api/restored-runs': () => call('POST /api/restored-runs', { body: { run_ids: [known.run_id] } }),
    // Nothing that the others need: a run that nobody knows is refused by name.
    'POST /api/deleted-runs': () => call('POST /api/deleted-runs', { body: { run_ids: [newRunId()] } }),
    'POST /api/tasks/:run_id/:task_id/cancel': async () =>
      call('POST /api/tasks/:run_id/:task_id/cancel', { params: await waiting(), body: { reason: 'a test' } }),
    'POST /api/tasks/:run_id/:task_id/retry': () => call('POST /api/tasks/:run_id/:task_id/retry', task()),
    'POST /api/sql': () => call('POST /api/sql', { body: { sql: 'SELECT run_id, name FROM runs LIMIT 2' } }),
    'POST /api/series/:id/annotations': () =>
      call('POST /api/series/:id/annotations', { ...series(), body: { text: 'a note', link: null } }),
    'POST /api/findings/:id/acknowledge': () => call('POST /api/findings/:id/acknowledge', finding()),
    'POST /api/findings/:id/link': () =>
      call('POST /api/findings/:id/link', { ...finding(), body: { link: 'https://example.org/1' } }),
    'POST /api/findings/:id/reopen': () => call('POST /api/findings/:id/reopen', finding()),
    'POST /api/findings/:id/dismiss': () =>
      call('POST /api/findings/:id/dismiss', { ...finding(), body: { reason: 'a test' } }),
    'POST /api/decisions': () =>
      call('POST /api/decisions', { body: { finding_ids: [known.finding_id, 'gone'], action: 'reopen' } }),
    'POST /api/workers/:id/drain': () => call('POST /api/workers/:id/drain', worker()),
    'POST /api/workers/:id/quarantine': () => call('POST /api/workers/:id/quarantine', worker()),
    'POST /api/workers/:id/resume': () => call('POST /api/workers/:id/resume', worker()),
    'PUT /api/names/:kind/:id': () =>
      call('PUT /api/names/:kind/:id', {
        params: { kind: 'pool', id: 'cpu-1' },
        body: { name: 'The old one', note: 'in the cellar' },
      }),
    'POST /api/rejected/:id/replay': async () => {
      const [rejected] = (await api.send(call('GET /api/rejected'))).items;
      return call('POST /api/rejected/:id/replay', { params: { id: rejected?.id ?? '' } });
    },
    'PUT /api/saved/:kind/:name': () =>
      call('PUT /api/saved/:kind/:name', { params: { kind: 'queries', name: 'q' }, body: { sql: 'SELECT 1' } }),
    'DELETE /api/saved/:kind/:name': () =>
      call('DELETE /api/saved/:kind/:name', { params: { kind: 'queries', name: 'q' } }),
    'POST /api/snapshots': async () => call('POST /api/snapshots', { body: await someSnapshot('another') }),
    'PUT /api/snapshots/:id': async () =>
      call('PUT /api/snapshots/:id', { params: { id: await snapshotId() }, body: { pinned: true } }),
    'DELETE /api/snapshots/:id': async () => call('DELETE /api/snapshots/:id', { params: { id: await snapshotId() } }),
    'POST /api/keys': () => call('POST /api/keys', { body: { name: 'made', role: 'viewer' } }),
    'DELETE /api/keys/:id': () => call('DELETE /api/keys/:id', { params: { id: key_id } }),
    'PUT /api/files/:sha256': uploaded,
    'POST /api/import': () => call('POST /api/import', { query: { format: 'bencher', device: 'lab-1' } }),
    'PUT /api/metrics/catalogue': () =>
      call('PUT /api/metrics/catalogue', { body: { rules: [{ metric: 'letter_*', better: 'lower', unit: 'ms' }] } }),
    'PUT /api/gates/:benchmark': () =>
      call('PUT /api/gates/:benchmark', { params: { benchmark: 'nightly-*' }, body: { on_slower: 'warn' } }),
    'PUT /api/notifications/rules': () => call('PUT /api/notifications/rules', { body: { text: NOTIFY_RULES } }),
    'POST /api/notifications/receivers/:receiver/test': () =>
      call('POST /api/notifications/receivers/:receiver/test', { params: { receiver: 'hook' } }),
    'POST /api/notifications/messages/:message_id/resend': async () => {
      const { items } = await api.send(call('GET /api/notifications/messages'));
      const params = { message_id: items[0]?.message_id ?? '' };
      return call('POST /api/notifications/messages/:message_id/resend', { params });
    },
    'POST /api/notifications/silences': () => call('POST /api/notifications/silences', { body: SILENCE }),
    'DELETE /api/notifications/silences/:silence_id': async () => {
      const { silence_id } = await api.send(call('POST /api/notifications/silences', { body: SILENCE }));
      return call('DELETE /api/notifications/silences/:silence_id', { params: { silence_id } });
    },
    'PUT /api/settings/:name': () =>
      call('PUT /api/settings/:name', {
        params: { name: 'retention' },
        body: { revision: 0, value: { samples: 7 } },
      }),
    'DELETE /api/settings/:name': () => call('DELETE /api/settings/:name', { params: { name: 'retention' } }),
    'DELETE /api/gates/:benchmark': () => call('DELETE /api/gates/:benchmark', { params: { benchmark: 'nightly-*' } }),
  };

  it.each([...Object.entries(READS), ...Object.entries(WRITES)])('%s', async (name, callOf) => {
    const route = API_ROUTES.find(({ method, path }) => `${method} ${path}` === name);
    if (route === undefined) throw new Error(`no signature of ${name}`);
    const bytes = route.takes_bytes === true ? ([BYTES, 'application/octet-stream'] as const) : [];
    const content = name === 'POST /api/import' ? IMPORTED : bytes;
    const { status, type, answer } = await send(await callOf(), ...content);
    if (name === 'POST /api/runs/:run_id/accept') {
      // This run is slower nowhere.
      expect({ status, answer }).toMatchObject({ status: 422, answer: { code: 'NOTHING_TO_ACCEPT' } });
      return;
    }
    // Sent again, a file is there already.
    const is_upload = name === 'PUT /api/files/:sha256';
    expect(status, JSON.stringify(answer)).toBe((is_upload ? route.other_status : route.status) ?? 200);
    if (status !== 204) expect(type).toContain(route.content_type ?? 'application/json');
    expect(route.answer.parse(answer)).toEqual(answer);
    if (name === 'POST /api/keys') key_id = z.object({ id: z.string() }).parse(answer).id;
  });

  it('every change has left an event of who made it, and what changes nothing has not', async () => {
    const recorded = async (): Promise<Set<string>> => {
      const seen = new Set<string>();
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: { items: AuditItem[]; next_cursor: string | null } = await api.send(
          call('GET /api/audit', { query: { limit: 1000, cursor } }),
        );
        for (const { method, path } of page.items) {
          const route = API_ROUTES.find(
            (each) => each.method === method && new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path),
          );
          if (route !== undefined) seen.add(`${route.method} ${route.path}`);
        }
        cursor = page.next_cursor;
      }
      return seen;
    };
    const changing = API_ROUTES.filter(({ method, changes_nothing }) => method !== 'GET' && changes_nothing !== true);
    // Nothing here is slower anywhere, so that acceptance was refused.
    const expected = changing
      .map(({ method, path }) => `${method} ${path}`)
      .filter((name) => name !== 'POST /api/runs/:run_id/accept');
    await vi.waitFor(async () => expect([...(await recorded())].sort()).toEqual(expected.sort()), WITHIN);
  });

  it('and docs/http.md names no other', () => {
    const named = [...page.matchAll(/`(GET|POST|PUT|DELETE) (\/api\/[^`?]*)/g)].map(
      ([, method, path = '']) => `${method} ${path.replaceAll(/[A-Z]+_ID|:\w+/g, ':')}`,
    );
    const there = new Set(API_ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`));
    expect(named.length).toBeGreaterThan(there.size);
    expect(named.filter((each) => !there.has(each))).toEqual([]);
  });
});

describe('whatever is sent, nothing is answered with 5xx, and what is refused says why', () => {
  const WEIRD = ['', ' ', '0', '-1', '1e400', 'NaN', 'null', '[]', '{}', "'", '%', '\u0000', '\u202e', '../../x', 'é'];
  const LONG = 'x'.repeat(5000);
  const BODIES = [null, true, 0, -1, 1e308, '', 'x', LONG, [], [[]], {}, { '': 1 }, { a: { b: [null] } }, ['\u0000']];

  const check = async (what: Call<unknown>, text?: string): Promise<void> => {
    const { status, type, answer } = await send(what, text);
    const told = `${what.method} ${what.path} ${JSON.stringify(what.query)} ${text}: ${status} ${JSON.stringify(answer)}`;
    expect(status, told.slice(0, 2000)).toBeLessThan(500);
    if (status < 400) return;
    expect(type).toContain('application/problem+json');
    expect(answer).toMatchObject({ status, code: expect.stringMatching(/^[A-Z][A-Z0-9_]+$/), detail: /./ });
  };
  /** A path that fits, with one part replaced. */
  const addressOf = (path: string, part?: string, value = ''): string =>
    path.replaceAll(/:(\w+)/g, (_, name) =>
      name === part
        ? encodeURIComponent(value)
        : (({ run_id: newRunId(), kind: 'layouts' } as Record<string, string>)[name] ?? '0123456789ab'),
    );
  const fieldsOf = (schema: z.ZodType): string[] =>
    Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {});
  const routes = API_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const);

  it.each(routes)(
    '%s',
    async (_, { method, path, params, query, body }) => {
      const of = { method, body: undefined };
      for (const part of Object.keys(params?.shape ?? {}))
        for (const value of [...WEIRD.filter((each) => each !== ''), LONG.slice(0, 900)])
          await check({ ...of, path: addressOf(path, part, value), query: {} });
      const address = addressOf(path);
      for (const name of [...Object.keys(query?.shape ?? {}), 'limt', '__proto__', 'constructor'])
        for (const value of [...WEIRD, LONG])
          await check({ ...of, path: `${address}?${name}=${encodeURIComponent(value)}`, query: {} });
      if (body === undefined) return;
      for (const value of BODIES) await check({ ...of, path: address, query: {} }, JSON.stringify(value));
      for (const text of ['', '{', '{"a":1,"a":2}', '{"__proto__":{"x":1}}', '\ufeff{}', 'nonsense', '[1e999]'])
        await check({ ...of, path: address, query: {} }, text);
      for (const field of [...fieldsOf(body), 'tasks', 'unknown'])
        for (const value of BODIES)
          await check({ ...of, path: address, query: {} }, JSON.stringify({ [field]: value }));
    },
    120_000,
  );
});

/** A WebSocket with the key; every frame is read as JSON. */
function listen(path: string, hear: (frame: unknown) => void) {
  const options: unknown = { headers: { authorization: `Bearer ${key}` } };
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, options as string[]);
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<CloseEvent>();
  socket.onopen = () => opened.resolve();
  socket.onclose = (event) => closed.resolve(event);
  socket.onmessage = ({ data }) => hear(JSON.parse(String(data)));
  return {
    opened: opened.promise,
    closed: closed.promise,
    say: (frame: object) => socket.send(JSON.stringify(frame)),
    close: () => socket.close(),
  };
}
