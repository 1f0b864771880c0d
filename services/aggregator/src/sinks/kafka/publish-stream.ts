import { KAFKA_HEADERS, type KafkaOutput } from '@benchwire/shared/contracts/kafka.ts';
import type { StreamDefinition } from '@benchwire/shared/contracts/streams.ts';
import { type ConsumeCounters, consume, type HandlerResult, type Running } from '@benchwire/shared/runtime/consume.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { Parsed } from '@benchwire/shared/runtime/issues.ts';
import { type KafkaRecord, kafkaErrorType } from '@benchwire/shared/runtime/kafka.ts';
import type { KafkaProducer } from '@benchwire/shared/runtime/kafka-produce.ts';
import type { SinkContext } from '../sink.ts';
import { ACK_WAIT_MS, type Target, writeBatch } from '../write-batch.ts';

/** Which stream becomes which topic. */
export interface Publication<T> {
  stream: StreamDefinition;
  output: KafkaOutput<T>;
  read(bytes: Uint8Array): Parsed<T>;
  /** The record's value; the message as it stands in the stream by default. */
  encode?(value: T): string;
  max_batch: number;
}

export interface KafkaSinkOptions {
  producer: KafkaProducer;
  counters: (stream: string) => ConsumeCounters;
}

/** The consumers of the streams, beside those that write ClickHouse. */
export const KAFKA_DURABLE = 'aggregator-kafka';

const KAFKA: Target = {
  name: 'Kafka',
  refusal: (error) =>
    error instanceof BenchwireError && error.code === 'KAFKA_REFUSED'
      ? { code: (kafkaErrorType(error) ?? error.code).toLowerCase(), message: error.message }
      : undefined,
};

/**
 * Publishes a stream to its topic: acked when Kafka has it, in the stream's order, at least once.
 *
 * A message that cannot be read is dropped here: the consumer that writes ClickHouse puts the same one into REJECTED.
 * What Kafka itself refuses is rejected as `kafka`.
 */
export function publishStream<T>(
  { manager, jetstream, log, signal }: SinkContext,
  { producer, counters }: KafkaSinkOptions,
  { stream, output, read, encode, max_batch }: Publication<T>,
): Promise<Running> {
  const recordOf = (bytes: Uint8Array): KafkaRecord | undefined => {
    const parsed = read(bytes);
    if (!parsed.ok) return undefined;
    const { value } = parsed;
    return {
      key: output.key(value),
      value: encode === undefined ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : encode(value),
      headers: { [KAFKA_HEADERS.id]: output.id(value) },
    };
  };
  return consume<KafkaRecord | undefined>(manager, jetstream, log, {
    stream: stream.name,
    durable: KAFKA_DURABLE,
    where: 'kafka',
    parse: (message) => ({ ok: true, value: recordOf(message.data) }),
    handle: async (batch) => {
      const records = batch.flatMap(({ value }) => (value === undefined ? [] : [value]));
      const sent = await writeBatch(records, (some) => sendInOrder(producer, output.topic, some), KAFKA, {
        log,
        signal,
      });
      let next = 0;
      return batch.map(({ value }): HandlerResult => {
        if (value === undefined) return { kind: 'drop', reason: 'cannot be read' };
        const result = sent[next++];
        if (result === undefined) throw new Error('a send answered for too few messages');
        return result;
      });
    },
    max_batch,
    max_wait_ms: 25,
    ack_wait_ms: ACK_WAIT_MS,
    counters: counters(stream.name),
  });
}

/** Less than `message.max.bytes`, 1 MiB unless a cluster says otherwise: records sent together become one batch there. */
const MAX_SEND_BYTES = 900_000;

async function sendInOrder(producer: KafkaProducer, topic: string, records: readonly KafkaRecord[]): Promise<void> {
  let some: KafkaRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = (record.value?.length ?? 0) + 256;
    if (some.length > 0 && bytes + size > MAX_SEND_BYTES) {
      await producer.send(topic, some);
      some = [];
      bytes = 0;
    }
    some.push(record);
    bytes += size;
  }
  if (some.length > 0) await producer.send(topic, some);
}
