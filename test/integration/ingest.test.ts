import { createHash } from 'node:crypto';
import { eventSubject } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { REQUESTS_BUCKET, REQUESTS_TTL_MS } from '@benchwire/shared/contracts/lease.ts';
import { REJECTED_HEADERS, rejectedSubject } from '@benchwire/shared/contracts/rejected.ts';
import {
  CANCEL_SUBJECT,
  type CancelReply,
  request,
  SUBMIT_SUBJECT,
  type SubmitReply,
} from '@benchwire/shared/contracts/request.ts';
import { runMessage, runSubject } from '@benchwire/shared/contracts/run.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAll } from '../support/nats-fixture.ts';
import { StackFixture } from '../support/stack-fixture.ts';

let fixture: StackFixture;
let nats: NatsConnection;

beforeAll(async () => {
  // Two replicas: the replica that gets a request must come to the same run.
  fixture = await StackFixture.start({
    services: { ingest: 2, scheduler: 0, worker: 0, aggregator: 0, anomaly: 0 },
  });
  nats = fixture.nats;
});

afterAll(async () => {
  await fixture?.stop();
});

async function ask<T>(subject: string, body: unknown, extra = headers()): Promise<T> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  return (await nats.request(subject, payload, { timeout: 10_000, headers: extra })).json<T>();
}

const submit = (body: unknown): Promise<SubmitReply> => ask(SUBMIT_SUBJECT, body);
const noop = { task_id: 'a', executor: 'noop' };

function accepted(reply: SubmitReply): Extract<SubmitReply, { ok: true }> {
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply;
}

function refused(reply: SubmitReply | CancelReply): Array<{ path: string; code: string; message: string }> {
  if (reply.ok) throw new Error('was accepted');
  return reply.issues;
}

const stored = async (run_id: string) =>
  (await readAll(nats, 'RUNS', runSubject(run_id))).map((message) => runMessage.parse(message.json()));

/** What ingest has put into REJECTED with this payload. */
async function rejected(raw: string): Promise<string[]> {
  const messages = await readAll(nats, 'REJECTED', rejectedSubject('request'));
  return messages.filter((m) => m.string() === raw).map((m) => m.header.get(REJECTED_HEADERS.issues));
}

describe('submit', () => {
  it('stores a run and answers with its id', async () => {
    const body = { name: 'r', matrix: { sleep_ms: [1, 2, 3] }, tasks: [{ ...noop, repetitions: 2 }] };
    const reply = accepted(await submit(body));
    expect(reply).toMatchObject({ task_count: 6, duplicate: false });
    const [message, ...more] = await stored(reply.run_id);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ kind: 'submitted', run_id: reply.run_id, request: request.parse(body) });
  });

  it('takes a single task in the seed format', async () => {
    const seed = {
      task_id: 'benchmark-bert-cuda-001',
      type: 'benchmark',
      priority: 1,
      requirements: { hardware: ['cuda'], min_memory_gb: 8, min_cuda_compute: 7.5, labels: { site: 'lab-1' } },
      config: { model: 'bert-base-uncased', batch_sizes: [1, 2, 4, 8, 16], precision: 'fp16', iterations: 100 },
      depends_on: [],
      placement: 'any',
      timeout_seconds: 1800,
      retry_policy: { max_retries: 3, retry_delay_seconds: 60 },
    };
    const reply = accepted(await submit(seed));
    expect(reply.task_count).toBe(1);
    expect(await stored(reply.run_id)).toMatchObject([{ request: { tasks: [{ ...seed, executor: 'onnx' }] } }]);
    const issues = refused(await submit({ ...seed, config: { modle: 'bert' } }));
    expect(issues.map((i) => i.path).sort()).toEqual(['config.model', 'config.modle']);
    expect(issues.find((i) => i.path === 'config.modle')?.message).toContain('"model"');
  });

  it('keeps tracing headers', async () => {
    const h = headers();
    h.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    h.set('baggage', 'user=x');
    const reply = accepted(await ask<SubmitReply>(SUBMIT_SUBJECT, { tasks: [noop] }, h));
    expect(await stored(reply.run_id)).toMatchObject([
      { trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'user=x' } },
    ]);
  });

  it.each([
    ['malformed JSON', '{"tasks": [', 'invalid_json'],
    ['no UTF-8', '\ud800', 'invalid_json'],
    [
      'a name that stands twice',
      '{"tasks": [{"task_id": "a", "executor": "noop", "executor": "onnx"}]}',
      'duplicate_key',
    ],
    ['a number that would be another one', '{"tasks": [], "priority": 9007199254740993}', 'number_changed'],
    ['YAML that would be read otherwise', 'source: { commit: 12e5678 }\ntasks: []', 'number_changed'],
    ['an unknown field', JSON.stringify({ tasks: [{ ...noop, retries: 3 }] }), 'unrecognized_keys'],
    ['a wrong type', JSON.stringify({ tasks: 'a' }), 'invalid_type'],
    ['no task', JSON.stringify({ tasks: [] }), 'too_small'],
    ['an unknown dependency', JSON.stringify({ tasks: [{ ...noop, depends_on: ['b'] }] }), 'unknown_dependency'],
    ['a cycle', JSON.stringify({ tasks: [{ ...noop, depends_on: ['a'] }] }), 'dependency_cycle'],
    ['the same id twice', JSON.stringify({ tasks: [noop, noop] }), 'duplicate_task_id'],
    [
      'too many tasks',
      JSON.stringify({
        tasks: [
          { ...noop, repetitions: 100_000 },
          { ...noop, task_id: 'b' },
        ],
      }),
      'too_many_tasks',
    ],
    [
      'a huge matrix',
      JSON.stringify({ matrix: { sleep_ms: [...Array(400).keys()], value: [...Array(400).keys()] }, tasks: [noop] }),
      'too_many_tasks',
    ],
  ])('refuses %s and keeps it', async (_, raw, code) => {
    const issues = refused(await submit(raw));
    expect(issues.map((issue) => issue.code)).toContain(code);
    const sent = new TextDecoder().decode(new TextEncoder().encode(raw));
    expect(await rejected(sent)).toEqual([expect.stringContaining(code)]);
    expect(accepted(await submit({ tasks: [noop] })).ok).toBe(true);
  });

  it('takes YAML, with merge keys', async () => {
    const text = 'tasks:\n  - &a { task_id: a, executor: noop, priority: 3 }\n  - { <<: *a, task_id: b }\n';
    const reply = accepted(await submit(text));
    const tasks = ['a', 'b'].map((task_id) => ({ task_id, executor: 'noop', priority: 3 }));
    expect(await stored(reply.run_id)).toMatchObject([{ request: { tasks } }]);
  });

  it('shows values as they were written', async () => {
    const [issue] = refused(await submit(`{"source": {"branch": 1.10}, "tasks": [${JSON.stringify(noop)}]}`));
    expect(issue).toMatchObject({
      path: 'source.branch',
      message: expect.stringContaining('put it in quotes, "1.10"'),
    });
  });

  it('answers even where a request has thousands of mistakes', async () => {
    const tasks = Array.from({ length: 20_000 }, (_, i) => ({ task_id: `t${i}`, executor: 'nop' }));
    const issues = refused(await submit({ tasks }));
    expect(issues).toHaveLength(50);
    expect(issues.at(-1)?.message).toContain('19951 more');
  });

  it('says so when a request fits into a message but not into RUNS', async () => {
    const max = nats.info?.max_payload ?? 0;
    const command = Array.from({ length: Math.floor(max / 60_000) - 1 }, () => 'x'.repeat(60_000));
    const body = (fill: number): string =>
      JSON.stringify({
        tasks: [{ task_id: 'a', executor: 'command', config: { command: [...command, 'y'.repeat(fill)] } }],
      });
    const rest = max - 100 - body(0).length;
    expect(rest).toBeLessThan(65_536 * 2);
    command.push('x'.repeat(Math.floor(rest / 2)));
    const request_body = body(max - 100 - body(0).length);
    const [issue] = refused(await submit(request_body));
    expect(issue).toMatchObject({ code: 'request_too_large', message: expect.stringContaining('max_payload') });
  });
});

describe('request_id', () => {
  it('makes one run of the same request, however often and wherever it is submitted', async () => {
    const body = { request_id: `id with blanks & ünïcode ${newRunId()}`, tasks: [noop] };
    const first = accepted(await submit(body));
    expect(first.duplicate).toBe(false);
    const again = await Promise.all(
      Array.from({ length: 5 }, () => submit({ tasks: [noop], priority: 0, request_id: body.request_id })),
    );
    for (const reply of again) expect(reply).toEqual({ ...first, duplicate: true });
    expect(await stored(first.run_id)).toHaveLength(1);
  });

  it('refuses another request under the same id', async () => {
    const request_id = newRunId();
    const { run_id } = accepted(await submit({ request_id, tasks: [noop] }));
    const [issue] = refused(await submit({ request_id, tasks: [{ ...noop, repetitions: 2 }] }));
    expect(issue).toMatchObject({
      path: 'request_id',
      code: 'request_id_reused',
      message: expect.stringContaining(run_id),
    });
  });

  it('makes one run of submits at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const body = { request_id: newRunId(), tasks: [noop] };
      const replies = (await Promise.all(Array.from({ length: 4 }, () => submit(body)))).map(accepted);
      const ids = new Set(replies.map((reply) => reply.run_id));
      expect(ids.size).toBe(1);
      expect(await stored([...ids][0] ?? '')).toHaveLength(1);
      expect(replies.filter((reply) => !reply.duplicate)).toHaveLength(1);
    }
  });

  /** What a crash between the reservation and the note leaves behind. */
  async function leavePending(body: { request_id: string }, run_id: string): Promise<void> {
    const bucket = await openBucket(nats, REQUESTS_BUCKET, 1, REQUESTS_TTL_MS);
    const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
    const request_hash = sha(JSON.stringify(request.parse(body)));
    await bucket.put(sha(body.request_id), JSON.stringify({ run_id, request_hash, state: 'pending' }));
  }

  it('stores a run that a crash had only reserved', async () => {
    const run_id = newRunId();
    const body = { request_id: newRunId(), tasks: [noop] };
    await leavePending(body, run_id);
    expect(await submit(body)).toEqual({ ok: true, run_id, task_count: 1, duplicate: false });
    expect(await submit(body)).toEqual({ ok: true, run_id, task_count: 1, duplicate: true });
    expect(await stored(run_id)).toHaveLength(1);
  });

  it('does not store again what a crash had stored and not noted, even long ago', async () => {
    const run_id = newRunId();
    const body = { request_id: newRunId(), tasks: [noop] };
    const message = { v: 1, run_id, at: new Date().toISOString(), kind: 'submitted', request: body };
    // Without a message id: as if the duplicate window were over.
    await jetstream(nats).publish(runSubject(run_id), JSON.stringify(message));
    await leavePending(body, run_id);
    expect(await submit(body)).toEqual({ ok: true, run_id, task_count: 1, duplicate: true });
    expect(await stored(run_id)).toHaveLength(1);
  });

  it('does not start a run again that is over', async () => {
    const run_id = newRunId();
    const body = { request_id: newRunId(), tasks: [noop] };
    await finish(run_id);
    await leavePending(body, run_id);
    expect(await submit(body)).toEqual({ ok: true, run_id, task_count: 1, duplicate: true });
    expect(await stored(run_id)).toEqual([]);
  });
});

async function finish(run_id: string): Promise<void> {
  const event = {
    v: 1,
    event_id: newRunId(),
    at: new Date().toISOString(),
    entity: 'run' as const,
    kind: 'finished',
    run_id,
    task_id: null,
    attempt: null,
    worker_id: null,
    pool: null,
    message: 'finished',
  };
  await jetstream(nats).publish(eventSubject(event), JSON.stringify(event));
}

describe('cancel', () => {
  it('stores the cancellation of an open run once', async () => {
    const { run_id } = accepted(await submit({ tasks: [noop] }));
    expect(await ask(CANCEL_SUBJECT, { run_id, reason: 'wrong model' })).toEqual({ ok: true, run_id });
    expect(await ask(CANCEL_SUBJECT, { run_id })).toEqual({ ok: true, run_id });
    expect(await stored(run_id)).toMatchObject([{ kind: 'submitted' }, { kind: 'cancelled', reason: 'wrong model' }]);
  });

  it('tells an unknown run from one that is over', async () => {
    expect(refused(await ask(CANCEL_SUBJECT, { run_id: newRunId() }))).toMatchObject([{ code: 'unknown_run' }]);
    const over = newRunId();
    await finish(over);
    expect(refused(await ask(CANCEL_SUBJECT, { run_id: over }))).toMatchObject([{ code: 'run_finished' }]);
    expect(refused(await ask(CANCEL_SUBJECT, { run_id: 'x' }))).toMatchObject([{ path: 'run_id' }]);
  });
});

describe('latency', () => {
  it('accepts a request within a few milliseconds', async () => {
    const took: number[] = [];
    for (let i = 0; i < 200; i++) {
      const start = performance.now();
      accepted(await submit({ tasks: [noop] }));
      took.push(performance.now() - start);
    }
    took.sort((a, b) => a - b);
    process.stdout.write(
      `ingest: submit to reply, median ${took[100]?.toFixed(2)} ms, p99 ${took[198]?.toFixed(2)} ms\n`,
    );
    expect(took[100]).toBeLessThan(20);
  });
});

it('keeps its promise to RUNS: a work queue', async () => {
  const manager = await jetstreamManager(nats);
  expect((await manager.streams.info('RUNS')).config.retention).toBe('workqueue');
});
