import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KAFKA_OUTCOMES, KAFKA_REQUESTS } from '@benchwire/shared/contracts/kafka.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { SUBMIT_SUBJECT } from '@benchwire/shared/contracts/request.ts';
import { OUTCOMES, RUNS } from '@benchwire/shared/contracts/streams.ts';
import { CompressionTypes, Partitioners, type Producer } from 'kafkajs';
import { findKafka, KAFKA_VERSIONS, type KafkaFixture, startKafka } from '../support/kafka-fixture.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { spawnService } from '../support/spawn-service.ts';
import { until } from './bench-stack.ts';
import { type BenchResult, type Case, caseOf, say, worstOf } from './report.ts';

const REQUESTS = 10_000;
const OUTCOME_COUNT = 20_000;
const BATCH = 500;

interface Parts {
  broker: KafkaFixture;
  nats: NatsFixture;
  producer: Producer;
}

/**
 * Kafka on its current version, one node with topics of four partitions. In: requests waiting in the topic until RUNS
 * has all their runs; against the NATS door with as many requests at once, each with a request_id. Out: outcomes
 * waiting in their stream until the topic has them; against sending the same values straight with kafkajs.
 */
export async function kafka(rounds: number): Promise<BenchResult> {
  const source = await findKafka();
  const version = KAFKA_VERSIONS.at(-1);
  if (source.from === 'nowhere' || version === undefined) throw new Error('no Kafka broker can be started here');
  const [broker, nats] = await Promise.all([startKafka(version, source), natsFixture()]);
  const producer = broker.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    const parts = { broker, nats, producer };
    const count = Math.max(3, rounds);
    const cases = [await requestsIn(parts, count), await outcomesOut(parts, count)];
    return { ...worstOf('kafka', 'higher', cases), cases };
  } finally {
    await producer.disconnect();
    await Promise.all([broker.stop(), nats.stop()]);
  }
}

async function requestsIn({ broker, nats, producer }: Parts, rounds: number): Promise<Case> {
  const { manager } = nats;
  const stored = async (): Promise<number> => (await manager.streams.info(RUNS.name)).state.messages;
  await broker.admin.createTopics({ topics: [{ topic: KAFKA_REQUESTS }] });
  const a: number[] = [];
  const b: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const body = (n: number): object => ({
      name: `r${round}`,
      tags: { n: String(n) },
      tasks: [{ task_id: 'a', executor: 'noop' }],
    });
    for (let n = 0; n < REQUESTS; n += BATCH) {
      const messages = Array.from({ length: BATCH }, (_, i) => ({
        key: String(n + i),
        value: JSON.stringify(body(n + i)),
      }));
      await producer.send({ topic: KAFKA_REQUESTS, messages });
    }
    await manager.streams.purge(RUNS.name);
    const ingest = spawnService('ingest', {
      ...nats.servers.env,
      KAFKA_BROKERS: broker.brokers.plain,
      LOG_LEVEL: 'info',
    });
    await until('the first run', async () => (await stored()) > 0, 1, 60_000);
    const started = performance.now();
    await until('all runs', async () => (await stored()) >= REQUESTS, 20, 120_000);
    a.push((REQUESTS / (performance.now() - started)) * 1000);

    const begun = performance.now();
    let next = 0;
    const submit = async (): Promise<void> => {
      while (next < REQUESTS) {
        const request = { ...body(next), request_id: `${round}.${next++}` };
        await nats.nats.request(SUBMIT_SUBJECT, JSON.stringify(request), { timeout: 30_000 });
      }
    };
    await Promise.all(Array.from({ length: 256 }, submit));
    b.push((REQUESTS / (performance.now() - begun)) * 1000);
    await ingest.stop();
    say(`in, round ${round + 1}: ours ${a.at(-1)?.toFixed(0)}/s, NATS door ${b.at(-1)?.toFixed(0)}/s`);
  }
  return caseOf('in', 'requests/s', a, b, { requests: REQUESTS });
}

async function outcomesOut({ broker, nats, producer }: Parts, rounds: number): Promise<Case> {
  const { manager } = nats;
  const folder = mkdtempSync(join(tmpdir(), 'bw-bench-kafka-'));
  const env = { ...nats.servers.env, KAFKA_BROKERS: broker.brokers.plain, CLICKHOUSE_PATH: folder, LOG_LEVEL: 'info' };
  const a: number[] = [];
  const b: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const outcomes = Array.from({ length: OUTCOME_COUNT }, (_, n) => outcomeWith(n, { task_id: `t${n}` }));
    for (const outcome of outcomes) nats.nats.publish(outcomeSubject(outcome), JSON.stringify(outcome));
    await nats.nats.flush();
    const aggregator = spawnService('aggregator', env);
    const left = async (): Promise<number> => {
      const info = await manager.consumers.info(OUTCOMES.name, 'aggregator-kafka').catch(() => undefined);
      return info === undefined ? OUTCOME_COUNT : info.num_pending + info.num_ack_pending;
    };
    await until('the first outcomes', async () => (await left()) < OUTCOME_COUNT, 1, 60_000);
    const started = performance.now();
    await until('all outcomes', async () => (await left()) === 0, 20, 120_000);
    a.push((OUTCOME_COUNT / (performance.now() - started)) * 1000);
    await aggregator.stop();

    const begun = performance.now();
    for (let n = 0; n < OUTCOME_COUNT; n += BATCH) {
      const messages = outcomes.slice(n, n + BATCH).map((each) => ({ key: each.run_id, value: JSON.stringify(each) }));
      await producer.send({ topic: KAFKA_OUTCOMES.topic, acks: -1, compression: CompressionTypes.GZIP, messages });
    }
    b.push((OUTCOME_COUNT / (performance.now() - begun)) * 1000);
    say(`out, round ${round + 1}: ours ${a.at(-1)?.toFixed(0)}/s, straight ${b.at(-1)?.toFixed(0)}/s`);
  }
  rmSync(folder, { recursive: true, force: true });
  return caseOf('out', 'outcomes/s', a, b, { outcomes: OUTCOME_COUNT });
}
