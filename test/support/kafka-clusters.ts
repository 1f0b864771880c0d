import type { KafkaMessage } from '@benchwire/shared/runtime/kafka.ts';
import { Partitioners } from 'kafkajs';
import { expect, it, vi } from 'vitest';
import { findKafka, KAFKA_VERSIONS, type KafkaFixture, startKafka } from './kafka-fixture.ts';
import { type NatsFixture, natsFixture } from './nats-fixture.ts';

export const WITHIN = { timeout: 60_000, interval: 50 };

/** A Kafka broker of one version, and a NATS server beside it. */
export interface Cluster {
  broker: KafkaFixture;
  nats: NatsFixture;
  /** What a service needs to use both. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const source = await findKafka();
export const hasKafka = source.from !== 'nowhere';
if (source.from === 'nowhere') console.warn(`${source.why}: the tests against Kafka brokers are skipped`);

/** One for each version, all at once. */
export function startClusters(): Promise<Cluster[]> {
  return Promise.all(
    KAFKA_VERSIONS.map(async (version): Promise<Cluster> => {
      const [broker, nats] = await Promise.all([startKafka(version, source), natsFixture()]);
      return {
        broker,
        nats,
        env: { ...nats.servers.env, KAFKA_BROKERS: broker.brokers.plain, LOG_LEVEL: 'info' },
        stop: async () => {
          await Promise.all([broker.stop(), nats.stop()]);
        },
      };
    }),
  );
}

/** A test that runs on all versions at the same time, since most of it is waiting; a failure names its version. */
export function onEach(
  clusters: () => readonly Cluster[],
  name: string,
  test: (cluster: Cluster) => Promise<void>,
): void {
  it(`${name} (Kafka ${KAFKA_VERSIONS.join(' and ')})`, async () => {
    const results = await Promise.allSettled(clusters().map(test));
    const failures = results.flatMap((result, n) =>
      result.status === 'rejected' ? [new Error(`on Kafka ${KAFKA_VERSIONS[n]}`, { cause: result.reason })] : [],
    );
    if (failures.length > 1) throw new AggregateError(failures, failures.map((each) => each.message).join(', '));
    if (failures[0] !== undefined) throw failures[0];
  });
}

export type Sent = Partial<Pick<KafkaMessage, 'key' | 'headers'>> & {
  value: Buffer | string | null;
  partition?: number;
};

/** Sends messages to a topic, which is created when it is not there. Returns when the broker has them. */
export async function produce({ kafka, admin }: KafkaFixture, topic: string, messages: readonly Sent[]): Promise<void> {
  await admin.createTopics({ topics: [{ topic }] });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [...messages] });
  await producer.disconnect();
}

export interface TopicReader {
  /** Everything that the topic has held from its beginning on. */
  messages: KafkaMessage[];
  stop(): Promise<void>;
}

export async function readTopic({ kafka, admin }: KafkaFixture, topic: string): Promise<TopicReader> {
  await admin.createTopics({ topics: [{ topic }] });
  const messages: KafkaMessage[] = [];
  const groupId = `reader-${crypto.randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, sessionTimeout: 6000, heartbeatInterval: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message: { offset, key, value, headers = {} } }) => {
      messages.push({ topic, partition, offset, key, value, headers });
    },
  });
  return { messages, stop: () => consumer.disconnect() };
}

/** Resolves when a group has committed everything that a topic holds. */
export async function committed({ admin }: KafkaFixture, groupId: string, topic: string): Promise<void> {
  await vi.waitFor(async () => {
    const ends = await admin.fetchTopicOffsets(topic);
    const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const open = ends.filter(({ partition, high }) => {
      const offset = group?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
      return high !== '0' && offset !== high;
    });
    expect(open).toEqual([]);
  }, WITHIN);
}
