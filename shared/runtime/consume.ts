import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { AckPolicy, DeliverPolicy, JetStreamApiError } from '@nats-io/jetstream';
import type { Issue } from '../contracts/request.ts';
import { Beside } from './beside.ts';
import { contentHashIssues } from './content-hash.ts';
import { messageOf } from './errors.ts';
import type { Parsed } from './issues.ts';
import { pause } from './lifecycle.ts';
import { LimitedLog } from './limited-log.ts';
import type { Log } from './log.ts';
import { MessageBuffer } from './message-buffer.ts';
import { reject } from './reject.ts';
import { Slice } from './slices.ts';

/** What a handler says of a message; the runner turns it into ack, nak or REJECTED. */
export type HandlerResult =
  | { kind: 'ok' }
  | { kind: 'drop'; reason: string }
  | { kind: 'dead_letter'; issues: Issue[] }
  | { kind: 'retry'; after_ms: number; reason: string };

export const OK: HandlerResult = { kind: 'ok' };

export interface Received<T> {
  value: T;
  subject: string;
  /** Sequence in the stream: the order that all consumers agree on. */
  sequence: number;
  /** When the server stored it. */
  stored_at: Date;
  redelivered: boolean;
  raw: Uint8Array;
}

export interface ConsumeOptions<T> {
  stream: string;
  /** Replicas with the same name share the work. */
  durable: string;
  filter?: string;
  /** Which part of REJECTED takes what does not parse. */
  where: string;
  parse: (message: JsMsg) => Parsed<T>;
  /** What speaks against each message of a batch, in order, where reading it does not tell; those go to REJECTED, too. */
  check?: (batch: ReadonlyArray<Received<T>>) => Promise<ReadonlyArray<readonly Issue[]>>;
  /** One result for all, or one for each message in order. Messages are acked after it, so after the durable write. */
  handle: (batch: ReadonlyArray<Received<T>>) => Promise<HandlerResult | readonly HandlerResult[]>;
  max_batch: number;
  /** How long a batch may grow while messages keep coming. One that nothing joins is handed over after 20 ms. */
  max_wait_ms: number;
  ack_wait_ms?: number;
  /** Where a new durable begins; `all` by default. */
  deliver?: 'all' | 'new';
  counters?: ConsumeCounters;
}

/** Hooks for the service's metrics. */
export interface ConsumeCounters {
  handled(result: HandlerResult['kind'], count: number): void;
}

/** Messages of a batch that are put into REJECTED at once. */
const MAX_REJECTING = 64;

/** Something that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

/**
 * Reads a stream in batches through a durable consumer: at least once, acked after `handle`, bounded in memory.
 * A message that does not parse goes to REJECTED and is acked then.
 */
export async function consume<T>(
  manager: JetStreamManager,
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
): Promise<Running> {
  await ensureConsumer(manager, options);
  const stopping = new AbortController();
  const loop = runLoop(manager, client, log, options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

async function ensureConsumer<T>(manager: JetStreamManager, options: ConsumeOptions<T>): Promise<void> {
  const settings = {
    ack_wait: (options.ack_wait_ms ?? 30_000) * 1_000_000,
    max_ack_pending: options.max_batch * 4,
    ...(options.filter === undefined ? {} : { filter_subject: options.filter }),
  };
  try {
    await manager.consumers.info(options.stream, options.durable);
    await manager.consumers.update(options.stream, options.durable, settings);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.status !== 404) throw error;
    await manager.consumers.add(options.stream, {
      durable_name: options.durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: options.deliver === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
      ...settings,
    });
  }
}

async function runLoop<T>(
  manager: JetStreamManager,
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const consumer = await client.consumers.get(options.stream, options.durable);
      const messages = await consumer.consume({
        max_messages: options.max_batch * 2,
        expires: 5000,
        // Else a consumer that somebody deleted would be waited for in silence.
        abort_on_missing_resource: true,
      });
      await readBatches(client, log, options, messages, signal);
      await pause(signal.aborted ? 0 : 100, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, stream: options.stream }, 'reading the stream failed, trying again');
      await pause(500, signal);
      await ensureConsumer(manager, options).catch(() => undefined);
    }
  }
}

async function readBatches<T>(
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
  messages: ConsumerMessages,
  signal: AbortSignal,
): Promise<void> {
  const buffer = new MessageBuffer(options.max_batch);
  // The iterator still yields what has arrived before it ends, so that it is handled now and not after ack_wait.
  const close = (): void => void messages.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  const pump = fill(buffer, messages);
  // Its failure is for the end of the loop below, not for the process.
  pump.catch(() => undefined);
  try {
    for (;;) {
      const batch = await buffer.take(options.max_wait_ms);
      if (batch.length === 0) break;
      await handleBatch(client, log, options, batch, signal);
    }
    await pump;
  } finally {
    signal.removeEventListener('abort', close);
    buffer.end();
    await messages.close();
  }
}

async function fill(buffer: MessageBuffer, messages: ConsumerMessages): Promise<void> {
  try {
    for await (const message of messages) await buffer.put(message);
  } finally {
    buffer.end();
  }
}

async function handleBatch<T>(
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
  batch: readonly JsMsg[],
  signal: AbortSignal,
): Promise<void> {
  const readable: Array<{ message: JsMsg; received: Received<T> }> = [];
  // Thousands that cannot be read must not be kept one after the other.
  const rejecting = new Beside(MAX_REJECTING);
  const slice = new Slice();
  for (const message of batch) {
    const parsed = parseSafely(log, options, message);
    if (parsed.ok) readable.push({ message, received: toReceived(message, parsed.value) });
    else {
      const kept = settle(client, log, options, message, { kind: 'dead_letter', issues: parsed.issues }, signal);
      if (kept !== undefined) await rejecting.add(kept);
    }
    await slice.rest();
  }
  await rejecting.settled();
  const accepted = await withoutRefused(client, log, options, readable, signal);
  if (accepted.length === 0) return;
  const results = await runHandler(
    log,
    options,
    accepted.map((r) => r.received),
  );
  for (const [index, { message }] of accepted.entries()) {
    const result = Array.isArray(results) ? (results as readonly HandlerResult[])[index] : (results as HandlerResult);
    if (result === undefined) throw new Error(`the handler of ${options.where} answered for too few messages`);
    // Acks that wait for nothing go out together: one write to the socket and not one each.
    const kept = settle(client, log, options, message, result, signal);
    if (kept !== undefined) await kept;
  }
}

async function withoutRefused<T>(
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
  readable: ReadonlyArray<{ message: JsMsg; received: Received<T> }>,
  signal: AbortSignal,
): Promise<ReadonlyArray<{ message: JsMsg; received: Received<T> }>> {
  if (options.check === undefined || readable.length === 0) return readable;
  const against = await options.check(readable.map(({ received }) => received));
  const accepted: Array<{ message: JsMsg; received: Received<T> }> = [];
  for (const [index, each] of readable.entries()) {
    const issues = against[index] ?? [];
    if (issues.length === 0) accepted.push(each);
    else await settle(client, log, options, each.message, { kind: 'dead_letter', issues: [...issues] }, signal);
  }
  return accepted;
}

/** A parser that throws must not make its message come back for ever. */
function parseSafely<T>(log: Log, options: ConsumeOptions<T>, message: JsMsg): Parsed<T> {
  try {
    const issues = contentHashIssues(message.data, (name) => message.headers?.get(name));
    return issues.length > 0 ? { ok: false, issues } : options.parse(message);
  } catch (error) {
    limitedOf(log).error({ err: error, subject: message.subject }, 'could not read a message');
    return { ok: false, issues: [{ path: '(message)', code: 'unreadable', message: messageOf(error) }] };
  }
}

async function runHandler<T>(
  log: Log,
  options: ConsumeOptions<T>,
  received: Received<T>[],
): Promise<HandlerResult | readonly HandlerResult[]> {
  try {
    return await options.handle(received);
  } catch (error) {
    // Whatever could not be done is done later: the messages stay in the stream.
    log.error({ err: error, stream: options.stream }, 'could not handle a batch, it comes again');
    return { kind: 'retry', after_ms: 1000, reason: 'handler failed' };
  }
}

const limited = new WeakMap<Log, LimitedLog>();

function limitedOf(log: Log): LimitedLog {
  const known = limited.get(log) ?? new LimitedLog(log);
  limited.set(log, known);
  return known;
}

/** Tells the server what became of a message; a promise only where that takes time. */
function settle<T>(
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
  message: JsMsg,
  result: HandlerResult,
  signal: AbortSignal,
): Promise<void> | undefined {
  options.counters?.handled(result.kind, 1);
  switch (result.kind) {
    case 'ok':
      message.ack();
      return undefined;
    case 'drop':
      log.debug({ subject: message.subject, reason: result.reason }, 'dropped a message');
      message.ack();
      return undefined;
    case 'retry':
      message.nak(result.after_ms);
      return undefined;
    case 'dead_letter':
      limitedOf(log).warn({ subject: message.subject, issues: result.issues.slice(0, 3) }, 'rejected a message');
      return deadLetter(client, log, options, message, result.issues, signal);
    default:
      return result satisfies never;
  }
}

async function deadLetter<T>(
  client: JetStreamClient,
  log: Log,
  options: ConsumeOptions<T>,
  message: JsMsg,
  issues: readonly Issue[],
  signal: AbortSignal,
): Promise<void> {
  const id = `${options.stream}.${message.seq}.${options.durable}`;
  try {
    await reject(client, options.where, { subject: message.subject, raw: message.data, id }, issues, signal);
    message.ack();
  } catch (error) {
    log.error({ err: error }, 'could not keep a rejected message, it comes again');
    message.nak(1000);
  }
}

function toReceived<T>(message: JsMsg, value: T): Received<T> {
  return {
    value,
    subject: message.subject,
    sequence: message.seq,
    stored_at: message.time,
    redelivered: message.redelivered,
    raw: message.data,
  };
}
