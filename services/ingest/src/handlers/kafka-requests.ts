import { KAFKA_HEADERS, KAFKA_REJECTED, KAFKA_REQUESTS, kafkaPlace } from '@benchwire/shared/contracts/kafka.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { readRequest, type WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { contentHashIssues } from '@benchwire/shared/runtime/content-hash.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { Parsed } from '@benchwire/shared/runtime/issues.ts';
import type { Kafka, KafkaMessage } from '@benchwire/shared/runtime/kafka.ts';
import { consumeKafka, type Handled } from '@benchwire/shared/runtime/kafka-consume.ts';
import type { KafkaProducer } from '@benchwire/shared/runtime/kafka-produce.ts';
import { issuesHeader, reject } from '@benchwire/shared/runtime/reject.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import { type AdmissionContext, admit } from '../admission.ts';
import { REJECTED_WHERE, traceOf } from '../decide/submitted-message.ts';
import type { KafkaMetrics } from '../metrics.ts';
import { type Turn, Turns } from '../turns.ts';

export interface KafkaContext extends AdmissionContext {
  kafka: Kafka;
  group: string;
  /** Takes what is refused. */
  rejections: KafkaProducer;
  jetstream: JetStreamClient;
  kafka_metrics: KafkaMetrics;
}

/** As many as the NATS door takes at once. */
const MAX_PARTITIONS = 4;
const MAX_BATCH = 64;

const KEEP_MS = 5000;

/** Reads requests from Kafka. An offset is committed when RUNS has the run, or when the refusal is kept. */
export function consumeRequests(context: KafkaContext): Running {
  return consumeKafka(context.kafka, context.log, {
    topic: KAFKA_REQUESTS,
    group: context.group,
    handle: (messages) => admitAll(context, messages),
    max_batch: MAX_BATCH,
    max_partitions: MAX_PARTITIONS,
    connected: (up) => context.kafka_metrics.connected.set(up ? 1 : 0),
  });
}

/** All at once, and yet they are stored in their order; what comes behind one that has to wait counts as not done. */
async function admitAll(context: KafkaContext, messages: readonly KafkaMessage[]): Promise<Handled> {
  const turns = new Turns();
  const failures = await Promise.all(
    messages.map(async (message): Promise<{ because: unknown } | undefined> => {
      const turn = turns.take();
      try {
        await admitOne(context, message, turn);
        return undefined;
      } catch (error) {
        return { because: error };
      } finally {
        turn.pass();
      }
    }),
  );
  const first = failures.findIndex((failure) => failure !== undefined);
  return first === -1 ? { done: messages.length } : { done: first, because: failures[first]?.because };
}

/** Resolves when the message is dealt with. @throws when it has to come again */
async function admitOne(context: KafkaContext, message: KafkaMessage, turn: Turn): Promise<void> {
  const { kafka_metrics } = context;
  const value = read(message);
  if (!value.ok) return await refuse(context, message, value.issues);
  const admission = await admit(context, {
    written: value.value,
    trace: traceOf((name) => headerOf(message, name)),
    default_request_id: kafkaPlace(message),
    in_turn: turn.begin,
  });
  if (!admission.ok) return await refuse(context, message, admission.issues);
  kafka_metrics.messages.inc({ result: admission.duplicate ? 'duplicate' : 'accepted' });
}

function read(message: KafkaMessage): Parsed<WrittenText> {
  const { value } = message;
  if (value === null || value.length === 0) {
    const issue = {
      path: '(message)',
      code: 'empty_message',
      message: 'the message has no value: a request is JSON or YAML',
    };
    return { ok: false, issues: [issue] };
  }
  const changed = contentHashIssues(value, (name) => headerOf(message, name));
  return changed.length > 0 ? { ok: false, issues: changed } : readRequest(value);
}

function headerOf({ headers }: KafkaMessage, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.toString();
}

/** First where anyone who sent it will look. */
async function refuse(context: KafkaContext, message: KafkaMessage, issues: readonly Issue[]): Promise<void> {
  const { log, rejections, jetstream, metrics, kafka_metrics } = context;
  const { key, value, headers } = message;
  const place = kafkaPlace(message);
  const why = {
    [KAFKA_HEADERS.id]: place,
    [KAFKA_HEADERS.errors]: issuesHeader(issues),
    [KAFKA_HEADERS.rejected_at]: new Date().toISOString(),
  };
  try {
    await rejections.send(KAFKA_REJECTED, [{ key, value, headers: { ...headers, ...why } }]);
  } catch (error) {
    // It was as large as a message can be, and with the reasons it is larger: it would stop the door for ever.
    if (!(error instanceof BenchwireError) || error.code !== 'KAFKA_REFUSED') throw error;
    log.error({ err: error, place }, `${KAFKA_REJECTED} does not take a rejected request: it is in REJECTED only`);
  }
  const origin = { subject: `kafka:${place}`, raw: value ?? new Uint8Array(), id: `kafka.${place}` };
  await reject(jetstream, REJECTED_WHERE, origin, issues, AbortSignal.timeout(KEEP_MS));
  metrics.rejected.inc();
  kafka_metrics.messages.inc({ result: 'rejected' });
  log.warn({ place, issues: issues.slice(0, 3) }, 'rejected a request');
}
