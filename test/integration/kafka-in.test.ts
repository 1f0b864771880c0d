import { randomBytes } from 'node:crypto';
import { KAFKA_HEADERS, KAFKA_REJECTED, KAFKA_REQUESTS } from '@benchwire/shared/contracts/kafka.ts';
import { REJECTED_HEADERS } from '@benchwire/shared/contracts/rejected.ts';
import { SUBMIT_SUBJECT, type SubmitReply } from '@benchwire/shared/contracts/request.ts';
import { type RunSubmitted, runMessage } from '@benchwire/shared/contracts/run.ts';
import { contentHash } from '@benchwire/shared/runtime/content-hash.ts';
import type { KafkaHeaders, KafkaMessage } from '@benchwire/shared/runtime/kafka.ts';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Cluster,
  committed,
  hasKafka,
  onEach,
  produce,
  readTopic,
  type Sent,
  startClusters,
  WITHIN,
} from '../support/kafka-clusters.ts';
import { KAFKA_LOGIN } from '../support/kafka-config.ts';
import { readAll } from '../support/nats-fixture.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

const GROUP = 'benchwire-ingest';
const TASKS = [{ task_id: 'a', executor: 'noop' }];

let clusters: Cluster[] = [];
const running = new Set<SpawnedService>();

function ingest(cluster: Cluster, env: Record<string, string> = {}): SpawnedService {
  const service = spawnService('ingest', { ...cluster.env, ...env });
  running.add(service);
  return service;
}

async function stop(service: SpawnedService, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  running.delete(service);
  return await service.stop(signal);
}

/** Requests of this name, numbered by their tags. */
function requests(name: string, count: number, key?: string): Sent[] {
  return Array.from({ length: count }, (_, n) => ({
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    value: JSON.stringify({ name, tags: { n: String(n) }, tasks: TASKS }),
  }));
}

/** What RUNS holds of the requests of this name, in its order. */
async function runs({ nats }: Cluster, name: string): Promise<RunSubmitted[]> {
  const messages = await readAll(nats.nats, 'RUNS', 'bw.run.*');
  return messages
    .map((message) => runMessage.parse(message.json()))
    .filter((message) => message.kind === 'submitted')
    .filter((message) => message.request.name === name);
}

const numbers = (list: readonly RunSubmitted[]): number[] => list.map((run) => Number(run.request.tags.n));
const upTo = (count: number): number[] => [...Array(count).keys()];

const NOTHING = Buffer.alloc(0);

const logged = (service: SpawnedService, text: string): boolean => service.logs.some((line) => line.msg === text);

/** The members of the group, while it is settled. */
async function members({ broker }: Cluster): Promise<string[]> {
  const [group] = (await broker.admin.describeGroups([GROUP])).groups;
  return group?.state === 'Stable' ? group.members.map((member) => member.memberId) : [];
}

const stored = async ({ nats }: Cluster): Promise<number> => (await nats.manager.streams.info('RUNS')).state.messages;

/** Waits until RUNS holds more than this, and looks as often as it can: for being in the middle of something. */
async function storedMore(cluster: Cluster, than: number): Promise<void> {
  await vi.waitFor(async () => expect(await stored(cluster)).toBeGreaterThan(than), { ...WITHIN, interval: 1 });
}

/** Messages that the group has not committed. */
async function lagOf({ broker: { admin } }: Cluster): Promise<number> {
  const [group] = await admin.fetchOffsets({ groupId: GROUP, topics: [KAFKA_REQUESTS] });
  let lag = 0;
  for (const { partition, high, low } of await admin.fetchTopicOffsets(KAFKA_REQUESTS)) {
    const offset = Number(group?.partitions.find((each) => each.partition === partition)?.offset ?? -1);
    lag += Number(high) - Math.max(offset, Number(low));
  }
  return lag;
}

/** The place in partition 3, where the rejected ones were sent. */
const placeOf = ({ headers }: KafkaMessage): number => Number(String(headers[KAFKA_HEADERS.id]).split('-').at(-1));

/** Headers as they are read. */
function buffers(headers: KafkaHeaders): KafkaHeaders {
  const one = (value: Buffer | string): Buffer => Buffer.from(value);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.map(one) : one(value)]),
  );
}

/** Every request of this name is exactly one run, and committed. */
async function expectEachOnce(cluster: Cluster, name: string, count: number): Promise<void> {
  await committed(cluster.broker, GROUP, KAFKA_REQUESTS);
  expect(numbers(await runs(cluster, name)).toSorted((a, b) => a - b)).toEqual(upTo(count));
}

describe.skipIf(!hasKafka)('requests from Kafka', () => {
  beforeAll(async () => {
    clusters = await startClusters();
  });
  afterEach(async () => {
    await Promise.all([...running].map((service) => stop(service, 'SIGKILL')));
    for (const { nats } of clusters) await nats.manager.streams.purge('RUNS');
  });
  afterAll(async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  onEach(
    () => clusters,
    'become runs, named by their place or as they say, with their trace',
    async (cluster) => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const value = { name: 'one', tasks: TASKS };
      await produce(cluster.broker, KAFKA_REQUESTS, [
        {
          partition: 2,
          value: JSON.stringify(value),
          headers: { traceparent, 'Bw-Sha256': contentHash(JSON.stringify(value)) },
        },
        { partition: 2, value: JSON.stringify({ ...value, request_id: 'my own' }) },
        { partition: 2, value: JSON.stringify({ ...value, request_id: 'my own' }) },
        { partition: 1, value: JSON.stringify({ task_id: 'alone', executor: 'noop', config: {} }) },
      ]);
      const service = ingest(cluster);
      await committed(cluster.broker, GROUP, KAFKA_REQUESTS);
      const [first, second, ...more] = await runs(cluster, 'one');
      expect(first).toMatchObject({ request: { request_id: 'benchwire.requests-2-0' }, trace: { traceparent } });
      expect(second?.request.request_id).toBe('my own');
      expect(more).toEqual([]);
      const all = await readAll(cluster.nats.nats, 'RUNS', 'bw.run.*');
      const alone = all
        .map((message) => runMessage.parse(message.json()))
        .find((m) => 'request' in m && m.request.tasks[0]?.task_id === 'alone');
      expect(alone).toMatchObject({ request: { request_id: 'benchwire.requests-1-0' } });
      const metrics = await (await fetch(`http://127.0.0.1:${service.port()}/metrics`)).text();
      expect(metrics).toContain('benchwire_kafka_connected{service="ingest"} 1');
      expect(metrics).toContain('benchwire_ingest_kafka_messages_total{result="duplicate",service="ingest"} 1');
      expect(await stop(service)).toBe(0);
    },
  );

  onEach(
    () => clusters,
    'are read in whatever compression they come',
    async (cluster) => {
      const { admin } = cluster.broker;
      const service = ingest(cluster);
      const compress = async (...values: string[]): Promise<unknown> => {
        const configEntries = values.map((value) => ({ name: 'compression.type', value }));
        const resource = { type: ConfigResourceTypes.TOPIC, name: KAFKA_REQUESTS, configEntries };
        return await admin.alterConfigs({ validateOnly: false, resources: [resource] });
      };
      const sent = requests('packed', 4);
      for (const [n, codec] of ['gzip', 'snappy', 'lz4', 'zstd'].entries()) {
        // The broker packs anew what comes in another compression than the topic's.
        await compress(codec);
        await produce(cluster.broker, KAFKA_REQUESTS, sent.slice(n, n + 1));
      }
      await compress();
      await expectEachOnce(cluster, 'packed', 4);
      await stop(service);
    },
  );

  onEach(
    () => clusters,
    'that cannot be accepted go back as they came, with the reasons, and to REJECTED',
    async (cluster) => {
      const service = ingest(cluster);
      const bytes = Buffer.from([0xff, 0x00, 0xfe]);
      const bad: Array<[code: string, message: Sent]> = [
        ['invalid_json', { key: bytes, value: '{"tasks": [' }],
        ['invalid_json', { value: bytes, headers: { twice: ['a', bytes], empty: '' } }],
        ['empty_message', { key: Buffer.from('tombstone'), value: null }],
        ['empty_message', { value: '' }],
        [
          'content_hash_mismatch',
          { value: JSON.stringify({ tasks: TASKS }), headers: { 'Bw-Sha256': 'ab'.repeat(32) } },
        ],
        ['unrecognized_keys', { value: JSON.stringify({ tasks: TASKS, wrong: 1 }) }],
        ['request_id_reused', { value: JSON.stringify({ name: 'other', request_id: 'my own', tasks: TASKS }) }],
        // As much as a message can hold: with the reasons it is larger, and fits only because it is packed.
        ['unrecognized_keys', { value: JSON.stringify({ tasks: TASKS, wrong: 'x'.repeat(1_048_000) }) }],
      ];
      const reader = await readTopic(cluster.broker, KAFKA_REJECTED);
      // And one that cannot be packed: it does not fit back, and is kept in REJECTED alone.
      const full = randomBytes(1_048_400);
      await produce(cluster.broker, KAFKA_REQUESTS, [{ value: full, partition: 3 }]);
      for (const [, message] of bad) await produce(cluster.broker, KAFKA_REQUESTS, [{ ...message, partition: 3 }]);
      await produce(cluster.broker, KAFKA_REQUESTS, requests('after', 1));
      await expectEachOnce(cluster, 'after', 1);
      await vi.waitFor(() => expect(reader.messages).toHaveLength(bad.length), WITHIN);

      const back = reader.messages.toSorted((a, b) => placeOf(a) - placeOf(b));
      const kept = await readAll(cluster.nats.nats, 'REJECTED', 'bw.rejected.request');
      expect(kept).toHaveLength(bad.length + 1);
      expect(kept.some(({ data }) => Buffer.compare(data, full) === 0)).toBe(true);
      for (const [n, [code, message]] of bad.entries()) {
        const { key, value, headers } = back[n] ?? { key: null, value: null, headers: {} as KafkaHeaders };
        const raw = typeof message.value === 'string' ? Buffer.from(message.value) : message.value;
        expect([key, value?.length]).toEqual([message.key ?? null, raw?.length]);
        // Not by toEqual, which takes seconds for a megabyte.
        expect(Buffer.compare(value ?? NOTHING, raw ?? NOTHING)).toBe(0);
        const {
          [KAFKA_HEADERS.errors]: errors,
          [KAFKA_HEADERS.id]: id,
          [KAFKA_HEADERS.rejected_at]: at,
          ...own
        } = headers;
        expect(own).toEqual(buffers(message.headers ?? {}));
        expect(JSON.parse(String(errors))).toContainEqual(expect.objectContaining({ code }));
        expect(Date.now() - Date.parse(String(at))).toBeLessThan(60_000);
        const same = kept.find((each) => each.header.get(REJECTED_HEADERS.subject) === `kafka:${String(id)}`);
        expect(Buffer.compare(same?.data ?? Buffer.from('none'), raw ?? NOTHING)).toBe(0);
      }
      await reader.stop();
      await stop(service);
    },
  );

  onEach(
    () => clusters,
    'are accepted once, while instances come, are killed, and their partitions move',
    async (cluster) => {
      const many = requests('moved', 2600);
      await produce(cluster.broker, KAFKA_REQUESTS, many.slice(0, 300));
      const first = ingest(cluster);
      await storedMore(cluster, 0);
      const second = ingest(cluster);
      await produce(cluster.broker, KAFKA_REQUESTS, many.slice(300, 600));
      await vi.waitFor(async () => expect(await members(cluster)).toHaveLength(2), WITHIN);
      const sending = produce(cluster.broker, KAFKA_REQUESTS, many.slice(600));
      await storedMore(cluster, 600);
      // What it had stored and not committed comes to the other one.
      await stop(first, 'SIGKILL');
      await sending;
      expect(await lagOf(cluster)).toBeGreaterThan(0);
      await expectEachOnce(cluster, 'moved', 2600);
      expect(await stop(second)).toBe(0);
    },
  );

  onEach(
    () => clusters,
    'that come again are the same runs',
    async (cluster) => {
      // All that was ever committed is forgotten, and RUNS is empty, as if all were over.
      await vi.waitFor(() => cluster.broker.admin.deleteGroups([GROUP]), WITHIN);
      const service = ingest(cluster);
      await committed(cluster.broker, GROUP, KAFKA_REQUESTS);
      expect(await stored(cluster)).toBe(0);
      await stop(service);
    },
  );

  onEach(
    () => clusters,
    'with one key are stored in their order, and a stop in the middle commits exactly what is stored',
    async (cluster) => {
      const { admin } = cluster.broker;
      await produce(cluster.broker, KAFKA_REQUESTS, requests('ordered', 2000, 'one key'));
      const first = ingest(cluster);
      await storedMore(cluster, 0);
      expect(await stop(first)).toBe(0);
      const done = numbers(await runs(cluster, 'ordered'));
      expect(done).toEqual(upTo(done.length));
      const lag = await lagOf(cluster);
      expect([lag > 0, done.length + lag]).toEqual([true, 2000]);
      const second = ingest(cluster);
      await committed(cluster.broker, GROUP, KAFKA_REQUESTS);
      expect(numbers(await runs(cluster, 'ordered'))).toEqual(upTo(2000));
      await stop(second);
      await vi.waitFor(
        async () => expect((await admin.describeGroups([GROUP])).groups[0]?.members).toEqual([]),
        WITHIN,
      );
    },
  );

  onEach(
    () => clusters,
    'wait for a broker that is away, and the other door stays open',
    async (cluster) => {
      const { broker, nats } = cluster;
      const service = ingest(cluster);
      await produce(broker, KAFKA_REQUESTS, requests('before', 200));
      await storedMore(cluster, 0);
      await broker.kill();
      await vi.waitFor(() => expect(logged(service, 'cannot read from Kafka, trying again')).toBe(true), WITHIN);
      const reply = await nats.nats.request(SUBMIT_SUBJECT, JSON.stringify({ name: 'meanwhile', tasks: TASKS }));
      expect(reply.json<SubmitReply>()).toMatchObject({ ok: true });
      const ready = await fetch(`http://127.0.0.1:${service.port()}/readyz`);
      expect([ready.status, service.child.exitCode]).toEqual([200, null]);
      const late = ingest(cluster);
      await vi.waitFor(() => expect(late.port()).toBeGreaterThan(0), WITHIN);
      expect(await stop(late)).toBe(0);
      await broker.start();
      await produce(broker, KAFKA_REQUESTS, requests('behind', 50));
      await expectEachOnce(cluster, 'before', 200);
      await expectEachOnce(cluster, 'behind', 50);
      expect(await stop(service)).toBe(0);
    },
  );

  onEach(
    () => clusters,
    'wait for NATS, uncommitted, and the member stays in its group',
    async (cluster) => {
      const { servers } = cluster.nats;
      const service = ingest(cluster);
      await vi.waitFor(async () => expect(await members(cluster)).toHaveLength(1), WITHIN);
      const before = await members(cluster);
      await servers.nats?.stop();
      await produce(cluster.broker, KAFKA_REQUESTS, requests('held', 100));
      await vi.waitFor(() => expect(logged(service, 'a message has to wait')).toBe(true), WITHIN);
      expect(await lagOf(cluster)).toBe(100);
      servers.nats?.start();
      await servers.nats?.waitReady();
      await expectEachOnce(cluster, 'held', 100);
      expect(await members(cluster)).toEqual(before);
      await stop(service);
    },
  );

  it('come over SASL and TLS, and a wrong password is said and waited out', async () => {
    const cluster = clusters.at(-1);
    if (cluster === undefined) throw new Error('no cluster');
    const { brokers, folder } = cluster.broker;
    const login = { KAFKA_SASL_USERNAME: KAFKA_LOGIN.username, KAFKA_SASL_PASSWORD: KAFKA_LOGIN.password };
    const plain = { KAFKA_BROKERS: brokers.sasl, KAFKA_SASL_MECHANISM: 'plain', ...login };
    const files = { KAFKA_TLS_CA_FILE: 'cert', KAFKA_TLS_CERT_FILE: 'cert', KAFKA_TLS_KEY_FILE: 'key' };
    const tls = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, `${folder}/${file}.pem`]));
    const ways: Array<Record<string, string>> = [
      plain,
      { KAFKA_BROKERS: brokers.tls, KAFKA_SASL_MECHANISM: 'scram-sha-256', ...login, ...tls },
      { KAFKA_BROKERS: brokers.tls, KAFKA_SASL_MECHANISM: 'scram-sha-512', ...login, ...tls },
    ];
    for (const [n, env] of ways.entries()) {
      await produce(cluster.broker, KAFKA_REQUESTS, requests(`safe ${n}`, 1));
      const service = ingest(cluster, env);
      await expectEachOnce(cluster, `safe ${n}`, 1);
      await stop(service);
    }
    const service = ingest(cluster, { ...plain, KAFKA_SASL_PASSWORD: 'wrong' });
    await vi.waitFor(() => expect(logged(service, 'cannot read from Kafka, trying again')).toBe(true), WITHIN);
    expect(JSON.stringify(service.logs)).toContain('SASL PLAIN authentication failed');
    expect(JSON.stringify(service.logs)).not.toContain('wire-secret');
    expect(await stop(service)).toBe(0);
  });
});
