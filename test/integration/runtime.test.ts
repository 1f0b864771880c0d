import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { type ConsumeOptions, consume, OK, type Received, type Running } from '@benchwire/shared/runtime/consume.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { closeNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import { publishThrough, StreamWriter } from '@benchwire/shared/runtime/stream-writer.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type NatsFixture, natsFixture, readAll } from '../support/nats-fixture.ts';

let fixture: NatsFixture;
const running: Running[] = [];
const item = z.object({ n: z.int() });
type Item = z.infer<typeof item>;
/** A stream of its own, so that the real ones stay empty. */
const WORK = { name: 'TESTWORK', subjects: 'test.work.*', kept: { max_age_ms: 3_600_000 } } as const;

/** As the library has it, and as services use it. */
const CLIENTS: ReadonlyArray<[string, (nats: NatsConnection) => JetStreamClient]> = [
  ['the official client', (nats) => jetstream(nats)],
  [
    'a writer',
    (nats) => {
      const writer = new StreamWriter(nats);
      writers.push(writer);
      return publishThrough(jetstream(nats), writer);
    },
  ],
];
const writers: StreamWriter[] = [];

beforeAll(async () => {
  fixture = await natsFixture();
});
afterAll(() => fixture?.stop());
beforeEach(async () => {
  await fixture.manager.streams.delete(WORK.name).catch(() => undefined);
  await fixture.manager.streams.purge('REJECTED');
  await ensureStreams(fixture.manager, [WORK], 1);
});
afterEach(async () => {
  for (const part of running.splice(0)) await part.stop();
  for (const writer of writers.splice(0)) writer.stop();
});

const send = (body: unknown): Promise<unknown> =>
  publish(fixture.client, 'test.work.a', typeof body === 'string' ? body : JSON.stringify(body));

async function start(
  handle: ConsumeOptions<Item>['handle'],
  options: Partial<ConsumeOptions<Item>> = {},
  over: Pick<NatsFixture, 'manager' | 'client'> = fixture,
): Promise<Running> {
  const part = await consume<Item>(over.manager, over.client, fixture.log, {
    stream: WORK.name,
    durable: 'worker',
    where: 'work',
    parse: (message) => parseJson(item, message.data),
    handle,
    max_batch: 10,
    max_wait_ms: 5,
    ...options,
  });
  running.push(part);
  return part;
}

/** Messages that the consumer has not acknowledged, delivered or not. */
async function open(): Promise<number> {
  const { num_pending, num_ack_pending } = await fixture.manager.consumers.info(WORK.name, 'worker');
  return num_pending + num_ack_pending;
}
const allDone = (): Promise<void> =>
  vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 15_000, interval: 20 });

describe('consume', () => {
  it('hands over batches in order, and acks them afterwards', async () => {
    const seen: number[] = [];
    const sizes: number[] = [];
    for (let n = 0; n < 50; n++) await send({ n });
    await start(async (batch) => {
      expect(await open()).toBeGreaterThan(0);
      sizes.push(batch.length);
      seen.push(...batch.map((entry) => entry.value.n));
      return OK;
    });
    await allDone();
    expect(seen).toEqual([...Array(50).keys()]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
  });

  it('brings back what a handler could not do, or that it asks for again', async () => {
    const tries = new Map<number, Array<Pick<Received<Item>, 'redelivered'>>>();
    await start(
      async (batch) => {
        for (const entry of batch) tries.set(entry.value.n, [...(tries.get(entry.value.n) ?? []), entry]);
        const first = batch[0]?.value.n ?? 0;
        if (first === 1 && tries.get(1)?.length === 1) throw new Error('the database is away');
        return batch.map((entry) => {
          const again = entry.value.n === 2 && (tries.get(2)?.length ?? 0) < 3;
          return again ? { kind: 'retry', after_ms: 1, reason: 'not yet' } : OK;
        });
      },
      { max_batch: 1, max_wait_ms: 0 },
    );
    for (const n of [0, 1, 2, 3]) await send({ n });
    await allDone();
    expect([...tries].map(([n, list]) => [n, list.length]).toSorted()).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 1],
    ]);
    expect(tries.get(1)?.map((entry) => entry.redelivered)).toEqual([false, true]);
  });

  it('keeps poison in REJECTED, byte for byte, and goes on', async () => {
    const seen: number[] = [];
    await start(
      async (batch) => {
        seen.push(...batch.map((entry) => entry.value.n));
        const issue: Issue = { path: 'n', code: 'odd', message: 'is odd' };
        return batch.map((entry) => (entry.value.n === 3 ? { kind: 'dead_letter', issues: [issue] } : OK));
      },
      {
        parse: (message) => {
          if (message.string() === 'boom') throw new Error('a parser that throws');
          return parseJson(item, message.data);
        },
      },
    );
    const bad = ['not json', '{"n":"x"}', 'boom', '\u0000\u0001'];
    for (const raw of bad) await send(raw);
    for (const n of [2, 3, 4]) await send({ n });
    await allDone();
    expect(seen).toEqual([2, 3, 4]);
    const rejected = await readAll(fixture.nats, 'REJECTED', 'bw.rejected.work');
    expect(rejected.map((message) => message.string()).toSorted()).toEqual([...bad, '{"n":3}'].toSorted());
    for (const message of rejected) expect(message.header.get('Bw-Subject')).toBe('test.work.a');
  });

  it('bounds what it holds while a handler is slow', async () => {
    for (let n = 0; n < 200; n++) await send({ n });
    const gate = Promise.withResolvers<void>();
    await start(async () => {
      await gate.promise;
      return OK;
    });
    await vi.waitFor(async () => {
      const { num_ack_pending } = await fixture.manager.consumers.info(WORK.name, 'worker');
      expect(num_ack_pending).toBeGreaterThan(10);
    });
    const { num_ack_pending } = await fixture.manager.consumers.info(WORK.name, 'worker');
    expect(num_ack_pending).toBeLessThanOrEqual(40);
    gate.resolve();
    await allDone();
  });

  it('stops with work in hand: what it has is handled and acked, the rest comes to the next one, nothing twice', async () => {
    for (let n = 0; n < 300; n++) await send({ n });
    const seen: number[] = [];
    const handle: ConsumeOptions<Item>['handle'] = async (batch) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(...batch.map((entry) => entry.value.n));
      return OK;
    };
    const own = await fixture.connect();
    const first = await start(handle, {}, { manager: await jetstreamManager(own), client: jetstream(own) });
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(20), { interval: 1 });
    await first.stop();
    await first.stop();
    await closeNats(own);
    const before = seen.length;
    // Not by counting what is open: after a consumer has gone, nats-server 2.9 may count a message that was on its way to
    // it both as pending and as delivered.
    await vi.waitFor(async () => {
      const { ack_floor } = await fixture.manager.consumers.info(WORK.name, 'worker');
      expect(ack_floor.stream_seq).toBe(before);
    });
    await start(handle, { ack_wait_ms: 1000 });
    await allDone();
    expect(seen.toSorted((a, b) => a - b)).toEqual([...Array(300).keys()]);
  });

  it('goes on after its consumer was deleted', async () => {
    const seen: number[] = [];
    await start(async (batch) => {
      seen.push(...batch.map((entry) => entry.value.n));
      return OK;
    });
    await send({ n: 1 });
    await vi.waitFor(() => expect(seen).toContain(1));
    await fixture.manager.consumers.delete(WORK.name, 'worker');
    await send({ n: 2 });
    await vi.waitFor(() => expect(seen).toContain(2), { timeout: 30_000 });
  });
});

describe.each(CLIENTS)('publish through %s', (_, over) => {
  it('stores the same id once', async () => {
    const first = await publish(over(fixture.nats), 'test.work.a', '1', { id: 'x' });
    const second = await publish(over(fixture.nats), 'test.work.a', '2', { id: 'x' });
    expect([first.duplicate, second.duplicate, second.seq]).toEqual([false, true, first.seq]);
  });

  it('says no where the server does', async () => {
    const large = publish(over(fixture.nats), 'test.work.a', new Uint8Array((fixture.nats.info?.max_payload ?? 0) + 1));
    await expect(large).rejects.toMatchObject({ code: 'PUBLISH_REFUSED' });
    const late = publish(over(fixture.nats), 'test.work.a', '1', { expect: { lastSubjectSequence: 99 } });
    await expect(late).rejects.toMatchObject({ code: 'PUBLISH_REFUSED' });
  });

  it('gives up when it is told to, or when the connection is closed', async () => {
    const away = publish(over(fixture.nats), 'no.stream.here', '1', { signal: AbortSignal.timeout(200) });
    await expect(away).rejects.toMatchObject({ code: 'PUBLISH_ABORTED' });
    const own = await fixture.connect();
    const client = over(own);
    await closeNats(own);
    const closed = await publish(client, 'test.work.a', '1').catch((error: unknown) => error);
    expect(closed).toBeInstanceOf(BenchwireError);
  });
});

describe('reject', () => {
  it('keeps a message that is as large as messages can be', async () => {
    const max = fixture.nats.info?.max_payload ?? 0;
    const issues = Array.from({ length: 50 }, (_, i) => ({
      path: 'ü'.repeat(300),
      code: 'c',
      message: `${i} ${'é'.repeat(900)}`,
    }));
    await reject(fixture.client, 'work', { subject: 'süß', raw: new Uint8Array(max).fill(65) }, issues);
    const [message] = await readAll(fixture.nats, 'REJECTED', 'bw.rejected.work');
    expect(message?.header.get('Bw-Cut')).toBe(String(max));
    expect(JSON.parse(message?.header.get('Bw-Issues') ?? '')).toContainEqual(expect.objectContaining({ code: 'c' }));
  });
});

describe('respond', () => {
  const answer = z.object({ ok: z.boolean(), text: z.string() });
  const ask = async (body: string): Promise<z.infer<typeof answer>> =>
    answer.parse((await fixture.nats.request('test.question', body, { timeout: 5000 })).json());

  it('answers every question: right, malformed, failed, and with an answer that is too large', async () => {
    running.push(
      respond(fixture.nats, fixture.client, fixture.log, {
        subject: 'test.question',
        schema: item,
        rejected_where: 'question',
        max_concurrent: 4,
        refuse: (issues) => ({ ok: false, text: issues.map((issue) => issue.code).join() }),
        handle: async ({ n }) => {
          if (n === 0) throw new Error('not now');
          return { ok: true, text: 'x'.repeat(n) };
        },
      }),
    );
    expect(await ask('{"n":3}')).toEqual({ ok: true, text: 'xxx' });
    expect(await ask('{"n":')).toEqual({ ok: false, text: 'invalid_json' });
    expect(await ask('{"n":"3"}')).toEqual({ ok: false, text: 'invalid_type' });
    expect(await ask('{"n":0}')).toEqual({ ok: false, text: 'internal' });
    expect(await ask(`{"n":${fixture.nats.info?.max_payload}}`)).toEqual({ ok: false, text: 'reply_too_large' });
    const rejected = await readAll(fixture.nats, 'REJECTED', 'bw.rejected.question');
    expect(rejected.map((message) => message.string())).toEqual(['{"n":', '{"n":"3"}']);
    const many = await Promise.all(Array.from({ length: 30 }, () => ask('{"n":1}')));
    expect(many.every((reply) => reply.ok)).toBe(true);
  });

  it('answers what has come when it stops', async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const part = respond(fixture.nats, fixture.client, fixture.log, {
      subject: 'test.question',
      schema: item,
      max_concurrent: 4,
      refuse: () => ({ ok: false, text: '' }),
      handle: async () => {
        asked.resolve();
        await gate.promise;
        return { ok: true, text: 'late' };
      },
    });
    const reply = ask('{"n":1}');
    await asked.promise;
    const stopped = part.stop();
    gate.resolve();
    expect(await reply).toEqual({ ok: true, text: 'late' });
    await stopped;
    await expect(ask('{"n":1}')).rejects.toThrow();
  });
});

describe.each(CLIENTS)('a restart of NATS, with %s', (_, over) => {
  it('is survived by publishers and consumers', async () => {
    const seen = new Set<number>();
    await start(
      async (batch) => {
        for (const entry of batch) seen.add(entry.value.n);
        return OK;
      },
      { ack_wait_ms: 2000 },
    );
    for (let n = 0; n < 50; n++) await send({ n });
    const client = over(fixture.nats);
    const restarted = fixture.servers.nats?.restart();
    const sent = Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        publish(client, 'test.work.a', JSON.stringify({ n: 50 + i }), { id: `n${i}` }),
      ),
    );
    await restarted;
    await sent;
    await vi.waitFor(() => expect(seen.size).toBe(100), { timeout: 40_000, interval: 50 });
    await allDone();
  });
});
