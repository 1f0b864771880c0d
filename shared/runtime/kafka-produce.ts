import { CompressionTypes, type Kafka, Partitioners, type Producer } from 'kafkajs';
import { BenchwireError, messageOf } from './errors.ts';
import { ensureTopic, type KafkaHeaders, type KafkaRecord, kafkaErrorType } from './kafka.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';

/** The broker's answers that say: this record itself is wrong, and sending it again gives the same answer. */
const REFUSALS: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** How long a stop waits for a broker that does not answer. */
const CLOSE_MS = 2000;

/** Sends to Kafka: connects when it has something to send, and again after every outage. */
export class KafkaProducer {
  readonly #kafka: Kafka;
  readonly #log: Log;
  readonly #producer: Producer;
  /** Topics that were there, or were created, since the last failure. */
  readonly #topics = new Set<string>();
  #down = false;
  #everUp = false;

  constructor(kafka: Kafka, log: Log) {
    this.#kafka = kafka;
    this.#log = log;
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      // Java's own: the same key goes to the same partition, no matter who sends it.
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  /** Whether the last try to send went well; false before the first one. */
  get connected(): boolean {
    return this.#everUp && !this.#down;
  }

  /**
   * Sends records in their order and resolves when all replicas in sync have them. After a failure some may be there.
   * @throws BenchwireError KAFKA_REFUSED when the broker takes no such record (one of several may be at fault),
   *   KAFKA_UNAVAILABLE when it cannot be done now
   */
  async send(topic: string, records: readonly KafkaRecord[]): Promise<void> {
    try {
      await this.#open(topic);
      await this.#producer.send({
        topic,
        acks: -1,
        timeout: 8000,
        compression: CompressionTypes.GZIP,
        messages: records.map((record) => ({ ...record, headers: sendable(record.headers) })),
      });
    } catch (error) {
      throw this.#failure(topic, error);
    }
    if (this.#down) this.#log.info('Kafka takes messages again');
    this.#down = false;
    this.#everUp = true;
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await Promise.race([this.#producer.disconnect(), pause(CLOSE_MS)]);
  }

  async #open(topic: string): Promise<void> {
    if (this.#topics.has(topic)) return;
    await ensureTopic(this.#kafka, topic, this.#log);
    await this.#producer.connect();
    this.#topics.add(topic);
  }

  #failure(topic: string, error: unknown): BenchwireError {
    const type = kafkaErrorType(error);
    if (type !== undefined && REFUSALS.has(type)) {
      return new BenchwireError('KAFKA_REFUSED', `Kafka takes no such message on ${topic}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    // Once per outage. The next send looks for its topic again: perhaps somebody has deleted it.
    if (!this.#down) this.#log.warn({ err: error, topic }, 'Kafka takes no messages now, trying again');
    this.#down = true;
    this.#topics.clear();
    return new BenchwireError(
      'KAFKA_UNAVAILABLE',
      `Kafka does not take messages on ${topic} now: ${messageOf(error)}`,
      {
        retriable: true,
        cause: error,
      },
    );
  }
}

/** A header that came without a value leaves with an empty one: kafkajs reads the former and cannot write it. */
function sendable(headers: KafkaHeaders): KafkaHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? '']));
}
