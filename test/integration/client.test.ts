import { Client, connectClient } from '@benchwire/shared/client/client.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import type { WatchOptions } from '@benchwire/shared/client/watch.ts';
import type { Watched, WatchedStream } from '@benchwire/shared/client/watched.ts';
import { eventsOfRun } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcomeSubject, outcomesOfRun } from '@benchwire/shared/contracts/outcome.ts';
import { querySubject } from '@benchwire/shared/contracts/query.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';
import { EVENTS, METRICS, OUTCOMES, STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { CONTENT_HASH_HEADER, contentHash } from '@benchwire/shared/runtime/content-hash.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { StreamWriter } from '@benchwire/shared/runtime/stream-writer.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import { headers } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { FakeStack } from '../support/fake-stack.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type Publisher, publisher } from '../support/publisher.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';
import { proxyOf, type TcpProxy, through } from '../support/tcp-proxy.ts';

/** shared/client against a real NATS server. What it reads is published here; only ingest is the real one. */
let fixture: NatsFixture;
let client: Client;
let stack: FakeStack;
let writer: StreamWriter;
let say: Publisher;

beforeAll(async () => {
  fixture = await natsFixture();
  // It tries again at once after a reconnect.
  writer = new StreamWriter(fixture.nats);
  say = publisher(writer);
});
afterAll(async () => {
  writer?.stop();
  await fixture?.stop();
});
beforeEach(async () => {
  client = new Client(await fixture.connect());
  stack = new FakeStack(fixture);
});
afterEach(async () => {
  await stack.stop();
  await client.close();
});

const noop = { task_id: 'a', executor: 'noop' } as const;

describe('submit', () => {
  let ingest: SpawnedService;
  beforeAll(async () => {
    ingest = spawnService('ingest', fixture.servers.env);
    await vi.waitFor(() => expect(ingest.port()).toBeDefined(), 20_000);
  });
  afterAll(() => ingest?.stop());

  it('takes a request and a single task, and tells the run', async () => {
    const run = await client.submit({ name: 'r', tasks: [{ ...noop, repetitions: 3 }] });
    expect(run).toEqual({ run_id: expect.stringMatching(/^[0-9a-f-]{36}$/), task_count: 3, duplicate: false });
    expect(await client.submit(noop)).toMatchObject({ task_count: 1, duplicate: false });
  });

  it('gives the same run for the same request id', async () => {
    const request_id = newRunId();
    const first = await client.submit(noop, { request_id });
    expect(await client.submit(noop, { request_id })).toEqual({ ...first, duplicate: true });
    const other = client.submit({ ...noop, task_id: 'b' }, { request_id });
    await expect(other).rejects.toMatchObject({ code: 'REQUEST_INVALID', issues: [{ code: 'request_id_reused' }] });
  });

  it('tells every mistake of a request, by the path that it has in what was submitted', async () => {
    const wrong = { ...noop, task_id: 'a b', config: { sleep_ms: 'x' } } as unknown as RequestInput;
    for (const [options, written, prefix] of [
      [{}, { tasks: [wrong] }, 'tasks[0].'],
      [{}, wrong, ''],
      [{ request_id: 'x' }, wrong, ''],
    ] as const) {
      const error = await client.submit(written as RequestInput, options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ClientError);
      const { code, message, issues } = error as ClientError;
      expect(code).toBe('REQUEST_INVALID');
      expect(issues.map(({ path }) => path).toSorted()).toEqual([`${prefix}config.sleep_ms`, `${prefix}task_id`]);
      expect(message).toContain(`${prefix}config.sleep_ms: takes a number`);
    }
  });

  it('cancels a run, and says why it can not', async () => {
    const { run_id } = await client.submit(noop);
    await client.cancel(run_id, 'no longer wanted');
    await expect(client.cancel(newRunId())).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

describe('asking', () => {
  it('says who is not there', async () => {
    await expect(client.query('runs', {})).rejects.toMatchObject({ code: 'UNREACHABLE', retriable: true });
  });

  it('tells an answer that it does not know, and a question that is too large', async () => {
    stack.rows.runs = [{ run_id: 'x' }];
    stack.start();
    await expect(client.query('runs', {})).rejects.toMatchObject({ code: 'BAD_REPLY' });
    const sql = 'x'.repeat(fixture.nats.info?.max_payload ?? 0);
    await expect(client.query('sql', { sql })).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });

  it('reads rows page by page, whatever the size of a page', async () => {
    const rows = [1, 5, 2, 1].flatMap((count, task) =>
      Array.from({ length: count }, (_, n) => resultRow(`t${task}`, n)),
    );
    stack.pages.results = rows;
    stack.start();
    for (const limit of [1, 2, 3, 100]) {
      const read = await Array.fromAsync(client.rows('results', { run_id: rows[0]?.run_id ?? '', limit }));
      expect(read, `pages of ${limit}`).toEqual(rows);
    }
    const asked = stack.asked.length;
    for await (const row of client.rows('results', { run_id: newRunId(), limit: 2 })) {
      expect(row).toEqual(rows[0]);
      break;
    }
    // One that is left asks no further.
    expect(
      stack.asked
        .slice(asked)
        .filter(({ parameters }) => (parameters as { after_task_id: string }).after_task_id !== ''),
    ).toEqual([]);
  });

  it('does not take "not judged yet" for "nothing found"', async () => {
    stack.settled = { ok: false, message: 'it is at 3', findings: [] };
    stack.start();
    await expect(client.settled(newRunId(), 4)).rejects.toMatchObject({ code: 'NOT_SETTLED', retriable: true });
    stack.settled = { ok: true, findings: [] };
    expect(await client.settled(newRunId(), 4)).toEqual([]);
  });
});

describe('watch', () => {
  it('tells all four streams from now on, in the order in which they were stored, and what they hold', async () => {
    const before = newRunId();
    await say.outcome(before, 'early');
    const watching = await client.watch();
    // Stored before the reading starts, and after it was settled where it does.
    const run_id = newRunId();
    await say.run(run_id);
    const told = await take(watching, 5);
    expect(told.map(({ stream }) => stream)).toEqual(['events', 'metrics', 'outcomes', 'events', 'findings']);
    const [accepted, metrics, ended, , found] = told;
    expect(accepted).toMatchObject({ subject: `bw.event.run.${run_id}`, value: { kind: 'accepted' } });
    expect(metrics).toMatchObject({ value: { columns: [{ metric: 'latency_ms', values: [1, 2] }] } });
    expect(ended).toMatchObject({ sequence: expect.any(Number), value: { run_id, task_id: 'a' } });
    expect(ended?.stream === 'outcomes' && ended.at === ended.value.finished_at).toBe(true);
    expect(found).toMatchObject({ value: { kind: 'regression', run_id } });
  });

  it('tells a run from its beginning, and ends with it', async () => {
    const run_id = newRunId();
    const other = newRunId();
    await say.run(other);
    await say.run(run_id);
    const told = await Array.fromAsync(await client.watch({ run_id }));
    expect(told.map(({ stream }) => stream)).toEqual(['events', 'metrics', 'outcomes', 'events', 'findings']);
    expect(JSON.stringify(told)).not.toContain(other);
    // Whatever is read of it: when a run is over stands in its events.
    expect(await Array.fromAsync(await client.watch({ run_id, streams: ['metrics'] }))).toHaveLength(1);
    expect(await Array.fromAsync(await client.watch({ run_id, from: 'now' }))).toEqual([]);
  });

  it('ends a run that goes on only once it is over, and has told all of it by then', async () => {
    const run_id = newRunId();
    const told: string[] = [];
    const watching = (async () => {
      for await (const message of await client.watch({ run_id, streams: ['outcomes', 'metrics'] })) {
        if (message.stream === 'outcomes') told.push(message.value.task_id);
        else told.push(message.stream);
      }
    })();
    await say.event(run_id, 'accepted');
    await say.outcome(run_id, 'a');
    await vi.waitFor(() => expect(told).toEqual(['a']), 20_000);
    await say.metrics(run_id, 'b');
    await say.outcome(run_id, 'b');
    await say.event(run_id, 'finished');
    await watching;
    expect(told).toEqual(['a', 'metrics', 'b']);
  });

  it('replays what was stored since a time, or behind where an earlier watch ended', async () => {
    const run_id = newRunId();
    for (const task_id of ['a', 'b']) await say.outcome(run_id, task_id);
    const last = await fixture.manager.streams.getMessage(OUTCOMES.name, { last_by_subj: 'bw.outcome.>' });
    await new Promise((resolve) => setTimeout(resolve, 2)); // the server's clock, in milliseconds
    for (const task_id of ['c', 'd']) await say.outcome(run_id, task_id);
    const replay = async (options: WatchOptions<'outcomes'>): Promise<string[]> =>
      taskIds(await Array.fromAsync(await client.watch({ streams: ['outcomes'], until: 'caught_up', ...options })));
    expect(await replay({ from: new Date((last?.time.getTime() ?? 0) + 1) })).toEqual(['c', 'd']);
    expect(await replay({ from: { after: { outcomes: (last?.seq ?? 0) - 1 } } })).toEqual(['b', 'c', 'd']);
    expect((await replay({ from: 'start' })).slice(-4)).toEqual(['a', 'b', 'c', 'd']);
    expect(await replay({ from: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await replay({ from: 'now' })).toEqual([]);
    // A place that this stream never had: what comes now is read.
    const watching = await client.watch({ streams: ['outcomes'], from: { after: { outcomes: 1e9 } } });
    const reading = take(watching, 1);
    await sayUntil(reading, () => say.outcome(run_id, newRunId()));
    expect((await reading)[0]).toMatchObject({ value: { run_id } });
  });

  it('tells one series: outcomes with a point of it, and findings about it', async () => {
    const run_id = newRunId();
    const one = await say.outcome(run_id, 'a', 'latency_ms');
    await say.outcome(run_id, 'b', 'throughput');
    const series_id = pointsOf(one)[0]?.series_id ?? '';
    await say.finding(run_id, series_id);
    await say.finding(run_id, 'another');
    const told = await Array.fromAsync(await client.watch({ series_id, run_id, from: 'start', until: 'caught_up' }));
    expect(told.map(({ stream, subject }) => [stream, subject])).toEqual([
      ['outcomes', outcomeSubject(one)],
      ['findings', `bw.finding.regression.${series_id}`],
    ]);
    const mute = client.watch({ series_id, streams: ['outcomes', 'metrics'] });
    await expect(mute).rejects.toMatchObject({ code: 'WATCH_INVALID' });
    await expect(client.watch({ streams: [] })).rejects.toMatchObject({ code: 'WATCH_INVALID' });
  });

  it('tells what it can not read, and goes on', async () => {
    const run_id = newRunId();
    const poison = ['not json', '{"v":1}'];
    const bytes = new Uint8Array([0xc1, 0xff]);
    for (const raw of poison) await publish(writer, `bw.outcome.${run_id}.p`, raw);
    await publish(writer, `bw.metrics.${run_id}.p`, bytes);
    await publish(writer, `bw.event.run.${run_id}`, '[]');
    const damaged = headers();
    damaged.set(CONTENT_HASH_HEADER, contentHash('what it was'));
    await publish(writer, `bw.outcome.${run_id}.p`, '{}', { headers: damaged });
    await say.run(run_id);
    const told = await Array.fromAsync(await client.watch({ run_id }));
    const unreadable = told.filter((message) => message.stream === 'unreadable');
    expect(unreadable.map(({ of, raw, issues }) => [of, Buffer.from(raw).toString('latin1'), issues[0]?.code])).toEqual(
      [
        ['outcomes', 'not json', 'invalid_json'],
        ['outcomes', '{"v":1}', 'invalid_type'],
        ['metrics', Buffer.from(bytes).toString('latin1'), 'invalid_msgpack'],
        ['events', '[]', 'invalid_type'],
        ['outcomes', '{}', 'content_hash_mismatch'],
      ],
    );
    expect(told).toHaveLength(5 + 5);
  });
});

describe('nothing is lost, and nothing comes twice', () => {
  const TASKS = Array.from({ length: 300 }, (_, n) => `t${n}`);

  /** Publishes TASKS while something happens to the connection, and reads them, a little slower than they come. */
  async function survive(happen: () => Promise<unknown>): Promise<void> {
    const run_id = newRunId();
    const told: Array<Watched> = [];
    const watching = await client.watch({ run_id, streams: ['outcomes', 'metrics'] });
    const reading = (async () => {
      for await (const message of watching) {
        told.push(message);
        if (told.length % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const half = TASKS.length / 2;
    for (const task_id of TASKS.slice(0, half)) await say.outcome(run_id, task_id);
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), 20_000);
    const happening = happen();
    for (const task_id of TASKS.slice(half)) {
      await say.metrics(run_id, task_id);
      await say.outcome(run_id, task_id);
    }
    await happening;
    await say.event(run_id, 'finished');
    await reading;
    expect(taskIds(told)).toEqual(TASKS);
    expect(told).toHaveLength(TASKS.length + half);
  }

  it('when NATS restarts', async () => {
    await survive(async () => await fixture.servers.nats?.restart());
  });

  it('when NATS is killed', async () => {
    await survive(async () => {
      await fixture.servers.nats?.kill('SIGKILL');
      await fixture.servers.nats?.waitReady();
    });
  });

  it('a question whose answer went down with NATS is asked again, not waited for', async () => {
    const far = await fixture.connect();
    const asked: string[] = [];
    const answering = far.subscribe(querySubject('run'), {
      callback: (_, message) => {
        asked.push(message.string());
        // The service that is asked first never answers: NATS dies before.
        if (asked.length === 1) void fixture.servers.nats?.kill('SIGKILL');
        else message.respond(JSON.stringify({ ok: true, columns: [], rows: [], truncated: false }));
      },
    });
    await far.flush();
    const begin = performance.now();
    expect((await client.query('run', { run_id: newRunId() })).rows).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(asked).toHaveLength(2);
    answering.unsubscribe();
    await far.close();
  });

  it('when the connection breaks, again and again, and the server stays', async () => {
    await survive(async () => {
      for (let n = 0; n < 3; n++) await client.nats.reconnect();
    });
  });

  describe('on a way on which bytes get lost', () => {
    let proxy: TcpProxy;
    let far: Client;
    beforeEach(async () => {
      const { NATS_URL = '' } = fixture.servers.env;
      proxy = await proxyOf(NATS_URL);
      const env = { ...fixture.servers.env, NATS_URL: through(NATS_URL, proxy) };
      far = await connectClient(loadConfig(z.object(natsVariables), env));
    });
    afterEach(async () => {
      await far?.close();
      await proxy?.close();
    });

    it('when the last messages were on their way as the connection broke', async () => {
      const run_id = newRunId();
      const told: Watched[] = [];
      const reading = (async () => {
        for await (const message of await far.watch({ run_id, streams: ['outcomes', 'events'] })) told.push(message);
      })();
      await say.outcome(run_id, 'a');
      await vi.waitFor(() => expect(taskIds(told)).toEqual(['a']), 20_000);
      proxy.cut();
      await say.outcome(run_id, 'b');
      await say.event(run_id, 'finished');
      // The server has sent them; nothing more will come that could show that something is missing.
      await vi.waitFor(async () => expect(await undelivered(run_id)).toEqual([0, 0]), 20_000);
      proxy.reset();
      proxy.heal();
      await reading;
      expect(told.map(({ stream }) => stream)).toEqual(['outcomes', 'outcomes', 'events']);
    });

    it('when what the consumer asked for never reached the server, and all is silent', async () => {
      const run_id = newRunId();
      const lost = new Set<string>();
      proxy.lose((text) => {
        const name = /CONSUMER\.MSG\.NEXT\.OUTCOMES\.(\S+)/.exec(text)?.[1];
        if (name !== undefined && lost.size === 0) lost.add(name);
        return name !== undefined && lost.has(name);
      });
      await say.outcome(run_id, 'a');
      await say.event(run_id, 'finished');
      expect(taskIds(await Array.fromAsync(await far.watch({ run_id })))).toEqual(['a']);
      expect(lost.size).toBe(1);
    });
  });

  it('when the server forgets what it was read with', async () => {
    await survive(async () => {
      for (const { name, config } of await consumersOf(OUTCOMES.name))
        if (config.durable_name === undefined) await fixture.manager.consumers.delete(OUTCOMES.name, name);
    });
  });

  it('when a stream comes only later, or is made anew', async () => {
    const run_id = newRunId();
    await fixture.manager.streams.delete(METRICS.name);
    const watching = await client.watch({ streams: ['metrics'] });
    const again = ensureStreams(fixture.manager, STREAMS, 1);
    const told: Watched[] = [];
    const reading = (async () => {
      for await (const message of watching) if (told.push(message) === 2) break;
    })();
    await again;
    await say.metrics(run_id, 'a');
    await vi.waitFor(() => expect(told).toHaveLength(1), 20_000);
    await fixture.manager.streams.delete(METRICS.name);
    await ensureStreams(fixture.manager, STREAMS, 1);
    await say.metrics(run_id, 'b');
    await reading;
    expect(told.map((message) => message.stream === 'metrics' && message.value.task_id)).toEqual(['a', 'b']);
  });
});

describe('a reader that is slow, or goes away', () => {
  it('leaves what it has not read on the server', async () => {
    const run_id = newRunId();
    const watching = await client.watch({ run_id, streams: ['outcomes'] });
    const published = 3000;
    const told: Watched[] = [];
    const gate = Promise.withResolvers<void>();
    const reading = (async () => {
      for await (const message of watching) {
        told.push(message);
        if (told.length === 1) await gate.promise;
      }
    })();
    await Promise.all(Array.from({ length: published }, (_, n) => say.outcome(run_id, `t${n}`)));
    await say.event(run_id, 'finished');
    await vi.waitFor(async () => {
      expect(told).toHaveLength(1);
      const [own] = (await consumersOf(OUTCOMES.name)).filter(({ config }) => config.filter_subject?.includes(run_id));
      // As many as it keeps in memory have left the server, and then no more.
      expect(own?.delivered.consumer_seq).toBeGreaterThan(100);
      expect(own?.num_waiting).toBe(0);
      expect(own?.num_pending).toBeGreaterThan(published - 600);
    }, 30_000);
    gate.resolve();
    await reading;
    expect(new Set(taskIds(told)).size).toBe(published);
    expect(told).toHaveLength(published);
  });

  it('ends at once by its signal, by leaving the loop, and when the client is closed', async () => {
    const stopping = new AbortController();
    const bySignal = Array.fromAsync(await client.watch({ signal: stopping.signal }));
    const byClose = Array.fromAsync(await client.watch({ run_id: newRunId() }));
    const run_id = newRunId();
    const byBreak = take(await client.watch({ streams: ['outcomes'] }), 1);
    await say.outcome(run_id, 'a');
    expect(taskIds(await byBreak)).toEqual(['a']);
    stopping.abort();
    expect(taskIds(await bySignal).filter((id) => id !== 'a')).toEqual([]);
    await client.close();
    expect(await byClose).toEqual([]);
    // Nobody asks for more any longer, and the server drops what is not asked for.
    await vi.waitFor(async () => {
      const left = (await consumersOf(OUTCOMES.name)).filter(({ config }) => config.durable_name === undefined);
      expect(left.map(({ num_waiting }) => num_waiting ?? 0).filter((n) => n > 0)).toEqual([]);
    }, 20_000);
    const late = client.watch();
    await expect(late).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});

async function sayUntil(done: Promise<unknown>, again: () => Promise<unknown>): Promise<void> {
  let over = false;
  void done.finally(() => {
    over = true;
  });
  await vi.waitFor(async () => {
    if (!over) await again();
    expect(over).toBe(true);
  }, 20_000);
}

async function take<S extends WatchedStream>(
  watching: AsyncIterable<Watched<S>>,
  count: number,
): Promise<Watched<S>[]> {
  const told: Watched<S>[] = [];
  for await (const message of watching) if (told.push(message) >= count) break;
  return told;
}

const taskIds = (told: readonly Watched[]): string[] =>
  told.flatMap((message) => (message.stream === 'outcomes' ? [message.value.task_id] : []));

/** Of the consumers that read a run now: messages that the server has not sent. */
async function undelivered(run_id: string): Promise<number[]> {
  const all = (await Promise.all([OUTCOMES.name, EVENTS.name].map(consumersOf))).flat();
  return all
    .filter(({ config }) => [outcomesOfRun(run_id), eventsOfRun(run_id)].includes(config.filter_subject ?? ''))
    .map(({ num_pending }) => num_pending);
}

const consumersOf = (stream: string) => Array.fromAsync(fixture.manager.consumers.list(stream));

function resultRow(task_id: string, n: number): ResultRow {
  const run_id = '01a20194-a157-7031-9a45-1e6a68ec3c49';
  return {
    ...{ series_id: `s${n}`, run_id, task_id, attempt: 1, measured_at: '2026-11-22T02:00:00.000Z', batch_size: n + 1 },
    ...{ benchmark: '', model: '', executor: '', precision: '', scenario: '', variant: '', pool: '', fingerprint: '' },
    ...{ worker_id: '', metric: 'latency_ms', unit: 'ms', value: 1, ci_low: null, ci_high: null, samples: 1 },
    ...{ steady: null, is_simulated: true, commit: '', branch: '', source: null },
    ...{ better: '', printed_value: null, printed_unit: '', note_codes: [], notes: [], series_kind: 'result' },
  };
}
