import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Running } from './consume.ts';
import { ensureTopic, type KafkaMessage } from './kafka.ts';
import { backoffMs, pause } from './lifecycle.ts';
import type { Log } from './log.ts';

/** How many messages, from the first on, are dealt with durably, and why the next one is not. */
export interface Handled {
  done: number;
  because?: unknown;
}

export interface KafkaConsumeOptions {
  topic: string;
  /** Replicas of the same group share the partitions. */
  group: string;
  /**
   * Handles messages of one partition, in their order. Those that are done are committed, and the others are handed
   * over again after a pause. Batches of several partitions are handled at once.
   */
  handle(messages: readonly KafkaMessage[]): Promise<Handled>;
  max_batch: number;
  /** Partitions that are handled at once. */
  max_partitions: number;
  /** Is told when the group is joined and left. */
  connected?: (up: boolean) => void;
}

/** A member that is silent for this long is dead to the group: its partitions go to the others. */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 1000;
/** How long the members may take to finish what they have in hand when partitions move. */
const REBALANCE_MS = 30_000;
/** A poll waits this long for messages; a stop waits for the poll. */
const POLL_MS = 500;
/** How long a stop waits for a broker that does not answer. */
const CLOSE_MS = 3000;

/**
 * Reads a topic as a member of a group: at least once, committed after `handle`, in order within a partition, from the
 * beginning where the group has committed nothing. Brokers that are away are waited for, for ever.
 */
export function consumeKafka(kafka: Kafka, log: Log, options: KafkaConsumeOptions): Running {
  const stopping = new AbortController();
  const loop = superviseMember(kafka, log, options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

/** One member after the other: kafkajs gives up on some failures, and then a new one begins. */
async function superviseMember(
  kafka: Kafka,
  log: Log,
  options: KafkaConsumeOptions,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const connected = (up: boolean): void => {
    if (up && failures > 1) log.info({ topic: options.topic }, 'reading from Kafka again');
    if (up) failures = 0;
    options.connected?.(up);
  };
  while (!signal.aborted) {
    try {
      await ensureTopic(kafka, options.topic, log);
      await beMember(kafka, log, options, connected, signal);
    } catch (error) {
      // Once per outage, and not for what is over at the next try (a coordinator that is about to be ready).
      if (++failures === 2 && !signal.aborted) {
        log.warn({ err: error, topic: options.topic }, 'cannot read from Kafka, trying again');
      }
    }
    connected(false);
    await pause(backoffMs(failures, 100, 3000, Math.random), signal);
  }
}

/** Resolves when told to stop. @throws whatever ended the membership */
async function beMember(
  kafka: Kafka,
  log: Log,
  options: KafkaConsumeOptions,
  connected: (up: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: SESSION_MS,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: POLL_MS,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => false },
  });
  const ended = Promise.withResolvers<void>();
  // It may crash before anybody waits for it.
  ended.promise.catch(() => undefined);
  consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, () => connected(true));
  const stop = (): void => ended.resolve();
  signal.addEventListener('abort', stop, { once: true });
  const inHand = new Set<Promise<void>>();
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: options.max_partitions,
      eachBatch: async (payload) => {
        const work = handleBatch(payload, log, options, signal);
        inHand.add(work);
        await work.finally(() => inHand.delete(work));
      },
    });
    if (signal.aborted) stop();
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    // Before the member leaves its group: after that it could commit nothing.
    await Promise.allSettled(inHand);
    await close(consumer);
  }
}

async function close(consumer: Consumer): Promise<void> {
  await Promise.race([consumer.disconnect().catch(() => undefined), pause(CLOSE_MS)]);
}

/**
 * What one poll has brought of one partition.
 * @throws kafkajs' errors, which mean that the member has to join anew: what is not committed then comes again
 */
async function handleBatch(
  { batch, heartbeat, resolveOffset, uncommittedOffsets, commitOffsetsIfNecessary }: EachBatchPayload,
  log: Log,
  options: KafkaConsumeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { topic, partition } = batch;
  // However long a message takes, the group must not think that we are dead. That it wants to rebalance is seen below.
  const beats = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    for (let at = 0, failures = 0; at < batch.messages.length && !signal.aborted; ) {
      const messages = batch.messages.slice(at, at + options.max_batch).map(
        ({ offset, key, value, headers }): KafkaMessage => ({
          topic,
          partition,
          offset,
          key,
          value,
          headers: headers ?? {},
        }),
      );
      const { done, because } = await options.handle(messages);
      const last = messages[done - 1];
      if (last !== undefined) {
        resolveOffset(last.offset);
        await commitOffsetsIfNecessary(uncommittedOffsets());
        at += done;
        failures = 0;
      }
      if (done < messages.length) {
        if (failures++ === 0)
          log.warn({ err: because, partition, offset: messages[done]?.offset }, 'a message has to wait');
        await pause(backoffMs(failures, 100, 2000, Math.random), signal);
      }
      await heartbeat();
    }
  } finally {
    clearInterval(beats);
  }
}
