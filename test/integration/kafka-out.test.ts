import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { type Finding, finding, findingMessageId, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import {
  KAFKA_FINDINGS,
  KAFKA_HEADERS,
  KAFKA_METRICS,
  KAFKA_OUTCOMES,
  KAFKA_REQUESTS,
} from '@benchwire/shared/contracts/kafka.ts';
import {
  encodeMetricBatch,
  type MetricBatch,
  metricBatchId,
  metricsSubject,
} from '@benchwire/shared/contracts/metrics.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { type QueryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';
import type { KafkaMessage } from '@benchwire/shared/runtime/kafka.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Cluster,
  hasKafka,
  onEach,
  produce,
  readTopic,
  startClusters,
  WITHIN,
} from '../support/kafka-clusters.ts';
import { readAll } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

let clusters: Cluster[] = [];
const folder = mkdtempSync(join(tmpdir(), 'bw-kafka-out-'));
const running = new Set<SpawnedService>();

/** Ready once it answers queries. */
async function aggregator({ broker, nats, env }: Cluster, more: Record<string, string> = {}): Promise<SpawnedService> {
  const service = spawnService('aggregator', { ...env, CLICKHOUSE_PATH: join(folder, broker.version), ...more });
  running.add(service);
  await vi.waitFor(() => nats.nats.request(querySubject('runs'), '{}', { timeout: 5000 }), WITHIN);
  return service;
}

async function stop(service: SpawnedService, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  running.delete(service);
  return await service.stop(signal);
}

async function publishOutcomes({ nats }: Cluster, outcomes: readonly Outcome[]): Promise<void> {
  for (const outcome of outcomes) nats.nats.publish(outcomeSubject(outcome), JSON.stringify(outcome));
  await nats.nats.flush();
}

/** Outcomes of one run, so of one key. */
function outcomesOf(count: number): Outcome[] {
  const run_id = newRunId();
  return Array.from({ length: count }, (_, n) => outcomeWith(n, { run_id, task_id: `t${n}` }));
}

function findingAbout(outcome: Outcome): Finding {
  const [point] = pointsOf(outcome);
  if (point === undefined) throw new Error('an outcome without points');
  const { run_id, task_id, attempt, pool, source, finished_at } = outcome;
  return finding.parse({
    v: 1,
    finding_id: `${point.series_id}.${run_id}.${task_id}.${attempt}`,
    kind: 'regression',
    series_id: point.series_id,
    series: point.key,
    unit: 'ms',
    ...{ run_id, task_id, attempt, pool, source, previous_source: null },
    detected_at: finished_at,
    measured_at: finished_at,
    value: 20,
    baseline: { median: 10, mad: 0.1, scale: 0.15, n: 5, values: [10, 10, 10, 10, 10] },
    z_score: 66,
    threshold: 5,
    change_percent: 100,
    message: 'twice as slow',
  });
}

function metricsOf(outcome: Outcome): MetricBatch {
  const { run_id, task_id } = outcome;
  const columns = [
    { metric: 'x', unit: null, batch_size: 2, times_ms: [Date.now(), Date.now() + 0.5], values: [1, -2.5] },
  ];
  return { v: 1, run_id, task_id, attempt: 1, worker_id: 'w', sequence: 0, columns };
}

const idOf = ({ headers }: KafkaMessage): string => String(headers[KAFKA_HEADERS.id]);
const idsOf = (messages: readonly KafkaMessage[]): string[] => [...new Set(messages.map(idOf))];

/** How many attempts ClickHouse has of a run. */
async function attempts({ nats }: Cluster, run_id = ''): Promise<number> {
  const sql = `SELECT uniqExact(task_id) AS n FROM attempts WHERE run_id = '${run_id}'`;
  const answer = await nats.nats.request(querySubject('sql'), JSON.stringify({ sql }), { timeout: 10_000 });
  const reply = answer.json<QueryReply>();
  return reply.ok ? Number(reply.rows[0]?.n) : 0;
}

describe.skipIf(!hasKafka)('results as Kafka topics', () => {
  beforeAll(async () => {
    clusters = await startClusters();
  });
  afterEach(async () => {
    await Promise.all([...running].map((service) => stop(service, 'SIGKILL')));
  });
  afterAll(async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  onEach(
    () => clusters,
    'are the streams: byte for byte, in order, with key and id; metrics only when asked for',
    async (cluster) => {
      const { broker, nats } = cluster;
      const outcomes = outcomesOf(300);
      const [first] = outcomes;
      if (first === undefined) throw new Error('no outcome');
      const about = findingAbout(first);
      const metrics = metricsOf(first);
      const service = await aggregator(cluster);
      await publishOutcomes(cluster, outcomes);
      // Suspected, then confirmed: two messages about one finding, which a reader that drops repetitions must both get.
      const confirmed = { ...about, state: 'confirmed' as const, revision: about.revision + 1 };
      for (const revision of [about, confirmed])
        await publish(nats.client, findingSubject(revision), JSON.stringify(revision));
      await publish(nats.client, metricsSubject(metrics), encodeMetricBatch(metrics));

      const reader = await readTopic(broker, KAFKA_OUTCOMES.topic);
      await vi.waitFor(() => expect(reader.messages).toHaveLength(300), WITHIN);
      expect(reader.messages.map((message) => String(message.value))).toEqual(outcomes.map((o) => JSON.stringify(o)));
      expect(reader.messages.map(idOf)).toEqual(outcomes.map(outcomeMessageId));
      expect([...new Set(reader.messages.map((message) => String(message.key)))]).toEqual([first.run_id]);
      await reader.stop();

      const findings = await readTopic(broker, KAFKA_FINDINGS.topic);
      await vi.waitFor(() => expect(findings.messages).toHaveLength(2), WITHIN);
      expect(findings.messages.map((message) => String(message.key))).toEqual([about.series_id, about.series_id]);
      expect(new Set(idsOf(findings.messages))).toEqual(new Set([about, confirmed].map(findingMessageId)));
      expect(findings.messages.map((message) => JSON.parse(String(message.value)))).toEqual([about, confirmed]);
      await findings.stop();

      const text = await (await fetch(`http://127.0.0.1:${service.port()}/metrics`)).text();
      for (const line of [
        'benchwire_kafka_messages_total{stream="OUTCOMES",result="ok",service="aggregator"} 300',
        'benchwire_consumer_pending{stream="FINDINGS",sink="kafka",service="aggregator"} 0',
        'benchwire_kafka_connected{service="aggregator"} 1',
      ]) {
        expect(text).toContain(line);
      }
      expect(await broker.admin.listTopics()).not.toContain(KAFKA_METRICS.topic);
      expect(await stop(service)).toBe(0);

      const asked = await aggregator(cluster, { KAFKA_METRICS: 'true' });
      const points = await readTopic(broker, KAFKA_METRICS.topic);
      await vi.waitFor(() => expect(points.messages).toHaveLength(1), WITHIN);
      const [batch] = points.messages;
      expect([String(batch?.key), idsOf(points.messages)]).toEqual([metrics.run_id, [metricBatchId(metrics)]]);
      expect(JSON.parse(String(batch?.value))).toEqual(metrics);
      await points.stop();
      await stop(asked);
    },
  );

  onEach(
    () => clusters,
    'leave out what cannot be read, and reject what Kafka refuses, once each',
    async (cluster) => {
      const { broker, nats } = cluster;
      const service = await aggregator(cluster);
      const [before, huge, after] = outcomesOf(3);
      if (before === undefined || huge === undefined || after === undefined) throw new Error('too few outcomes');
      // More than Kafka takes, however well it is packed.
      huge.logs = randomBytes(1_500_000).toString('base64');
      await publishOutcomes(cluster, [before]);
      nats.nats.publish(outcomeSubject(before), 'no JSON {');
      await publishOutcomes(cluster, [huge, after]);

      const reader = await readTopic(broker, KAFKA_OUTCOMES.topic);
      const ids = (): string[] => idsOf(reader.messages).filter((id) => id.startsWith(before.run_id));
      await vi.waitFor(() => expect(ids()).toContain(outcomeMessageId(after)), WITHIN);
      expect(ids()).toEqual([before, after].map(outcomeMessageId));
      await vi.waitFor(async () => expect(await attempts(cluster, before.run_id)).toBe(3), WITHIN);
      const rejected = await readAll(nats.nats, 'REJECTED', 'bw.rejected.*');
      expect(rejected.map((message) => message.subject).toSorted()).toEqual([
        'bw.rejected.kafka',
        'bw.rejected.outcome',
      ]);
      const refused = rejected.find((message) => message.subject === 'bw.rejected.kafka');
      expect(refused?.header.get('Bw-Issues')).toContain('message_too_large');
      expect(Buffer.compare(refused?.data ?? Buffer.alloc(0), Buffer.from(JSON.stringify(huge)))).toBe(0);
      await reader.stop();
      await stop(service);
    },
  );

  onEach(
    () => clusters,
    'wait for a broker that is away, while ClickHouse goes on, and survive a stop and a kill in the middle',
    async (cluster) => {
      const { broker, nats } = cluster;
      const outcomes = outcomesOf(6000);
      const { run_id = '' } = outcomes[0] ?? {};
      const reader = await readTopic(broker, KAFKA_OUTCOMES.topic);
      const ids = (): string[] => idsOf(reader.messages).filter((id) => id.startsWith(run_id));
      /** Returns when some more have come, so in the middle. */
      const inTheMiddle = async (): Promise<void> => {
        const before = reader.messages.length;
        await vi.waitFor(() => expect(reader.messages.length).toBeGreaterThan(before), { ...WITHIN, interval: 1 });
      };

      const first = await aggregator(cluster);
      await publishOutcomes(cluster, outcomes.slice(0, 2000));
      await inTheMiddle();
      expect(await stop(first)).toBe(0);
      const second = await aggregator(cluster);
      await publishOutcomes(cluster, outcomes.slice(2000, 5000));
      await inTheMiddle();
      await stop(second, 'SIGKILL');

      const third = await aggregator(cluster);
      await broker.kill();
      await publishOutcomes(cluster, outcomes.slice(5000));
      await vi.waitFor(async () => expect(await attempts(cluster, run_id)).toBe(6000), WITHIN);
      const { num_pending, num_ack_pending } = await nats.manager.consumers.info('OUTCOMES', 'aggregator-kafka');
      expect(num_pending + num_ack_pending).toBeGreaterThanOrEqual(1000);
      await broker.start();
      await vi.waitFor(() => expect(ids()).toHaveLength(6000), WITHIN);
      expect(await stop(third)).toBe(0);
      await reader.stop();
    },
  );

  it('come from requests in Kafka, through the whole local stack', async () => {
    const broker = clusters.at(-1)?.broker;
    if (broker === undefined) throw new Error('no broker');
    // The same command each time, since another one would be another series.
    const file = join(folder, 'speed.json');
    const request = {
      name: 'from kafka',
      tasks: [{ task_id: 'speed', executor: 'command', config: { command: ['cat', file] } }],
    };
    const env = { KAFKA_BROKERS: broker.brokers.plain, WORKER_COMMANDS: 'cat', LOG_LEVEL: 'warn' };
    const stack = await startLocalStack({ dataDir: join(folder, 'stack'), env });
    const outcomes = await readTopic(broker, KAFKA_OUTCOMES.topic);
    const findings = await readTopic(broker, KAFKA_FINDINGS.topic);
    const own = (): Outcome[] =>
      outcomes.messages
        .map((message): Outcome => JSON.parse(String(message.value)))
        .filter((outcome) => outcome.request_name === 'from kafka');
    for (const [n, value] of [10, 10.1, 9.9, 10.05, 9.95, 10, 20].entries()) {
      writeFileSync(file, `${JSON.stringify({ metric: 'latency_ms', value, unit: 'ms' })}\n`);
      await produce(broker, KAFKA_REQUESTS, [{ value: JSON.stringify(request) }]);
      await vi.waitFor(() => expect(own()).toHaveLength(n + 1), WITHIN);
      expect(own().at(-1)).toMatchObject({ status: 'completed', results: { metrics: { latency_ms: { value } } } });
    }
    const { run_id } = own().at(-1) ?? {};
    await vi.waitFor(() => {
      const found = findings.messages.map((message): Finding => JSON.parse(String(message.value)));
      expect(found).toContainEqual(expect.objectContaining({ kind: 'regression', value: 20, run_id }));
    }, WITHIN);
    await Promise.all([outcomes.stop(), findings.stop()]);
    await stack.stop();
  });
});
