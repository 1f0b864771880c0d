import { readFileSync } from 'node:fs';
import { Kafka, type KafkaConfig as KafkaJsConfig, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { repairKafkajs } from './kafkajs-repair.ts';
import type { Log } from './log.ts';

export type { Kafka } from 'kafkajs';

/*
 * kafka.ts, kafka-consume.ts and kafka-produce.ts are all that knows the client library (docs/adr/010-kafka-client.md).
 */

/** A message as it came: nothing in it is decoded. */
export interface KafkaMessage {
  topic: string;
  partition: number;
  /** 64 bits, in decimal. */
  offset: string;
  key: Buffer | null;
  /** Null for a tombstone. */
  value: Buffer | null;
  headers: KafkaHeaders;
}

/** A name may come several times. */
export type KafkaHeaders = Record<string, Buffer | string | Array<Buffer | string> | undefined>;

/** A message to be sent. */
export interface KafkaRecord {
  key: Buffer | string | null;
  value: Buffer | string | null;
  headers: KafkaHeaders;
}

/** A cluster; undefined where the configuration names none. Connects to nothing yet. */
export function kafkaOf(config: KafkaConfig, log: Log): Kafka | undefined {
  if (config.KAFKA_BROKERS === undefined) return undefined;
  repairKafkajs();
  const tls = tlsOf(config);
  const sasl = saslOf(config);
  return new Kafka({
    clientId: config.KAFKA_CLIENT_ID,
    brokers: config.KAFKA_BROKERS.map((address) => (address.includes(':') ? address : `${address}:9092`)),
    connectionTimeout: 3000,
    authenticationTimeout: 5000,
    requestTimeout: 10_000,
    // Everyone who uses the client tries again without a limit; these are only for what is over in a moment.
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logLine(log, entry),
    ...(tls === undefined ? {} : { ssl: tls }),
    ...(sasl === undefined ? {} : { sasl }),
  });
}

/** The library reports each failed try as an error; what it means is logged by those who use it. */
function logLine(log: Log, { namespace, log: { message, error } }: LogEntry): void {
  log.debug({ from: namespace, error }, message);
}

function tlsOf(config: KafkaConfig): KafkaJsConfig['ssl'] {
  const { KAFKA_TLS, KAFKA_TLS_CA_FILE: ca, KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key } = config;
  if (!KAFKA_TLS && ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}

function saslOf(config: KafkaConfig): SASLOptions | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password } as SASLOptions;
}

/**
 * Creates a topic that is not there, with the brokers' own defaults for partitions and replicas. Where that is not
 * allowed, anyone who may has to; then the first use of the topic fails and says so.
 */
export async function ensureTopic(kafka: Kafka, topic: string, log: Log): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(topic)) return;
    try {
      if (await admin.createTopics({ topics: [{ topic }] })) log.info({ topic }, 'created a topic in Kafka');
    } catch (error) {
      log.warn({ err: error, topic }, 'could not create a topic in Kafka: create it there');
    }
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** The error that Kafka itself answered with (`MESSAGE_TOO_LARGE`), however deep it is wrapped. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return undefined;
}
