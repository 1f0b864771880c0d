import type { JetStreamClient } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { z } from 'zod';
import { MAX_QUESTION_BYTES } from '../contracts/limits.ts';
import type { Issue } from '../contracts/request.ts';
import type { Running } from './consume.ts';
import { messageOf } from './errors.ts';
import { limitIssues, type Parsed, parseJson } from './issues.ts';
import { DOOR_LIMITS } from './json-limits.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';
import { reject } from './reject.ts';

/** Who answers nobody for so long, with its hands full, does not do its work. */
const STUCK_MS = 10_000;
/** How long the server has to confirm that no more questions will come. */
const DRAIN_MS = 1000;

interface Common<Q, A> {
  subject: string;
  /** Replicas in the same group share the requests; without one every instance answers. */
  queue?: string;
  /** The answer to a question that does not parse, or that fails. */
  refuse: (issues: Issue[]) => A;
  handle: (question: Q, message: Msg) => Promise<A>;
  /** Keeps unreadable questions in REJECTED under this name. */
  rejected_where?: string;
  /** More questions than this at once wait in the subscription. */
  max_concurrent: number;
  /** A longer question is refused unread; MAX_QUESTION_BYTES unless set. */
  max_bytes?: number;
  /** Whether a question counts towards these; one that does not has limits of its own. All of them without it. */
  counts?: (message: Msg) => boolean;
}

/** A question is JSON of a contract, or what a reader of its own makes of the bytes. */
export type RespondOptions<Q, A> = Common<Q, A> &
  ({ schema: z.ZodType<Q> } | { read: (bytes: Uint8Array) => Parsed<Q> });

export interface Answering extends Running {
  /** Why questions are not answered although they should be. */
  stuck(): string | undefined;
}

/**
 * Answers requests on a subject. Every question gets an answer: a malformed one the list of what is wrong with it, a
 * failed one what failed.
 */
export function respond<Q, A>(
  connection: NatsConnection,
  client: JetStreamClient,
  log: Log,
  options: RespondOptions<Q, A>,
): Answering {
  const subscription = connection.subscribe(
    options.subject,
    options.queue === undefined ? {} : { queue: options.queue },
  );
  /** With when they came. */
  const active = new Map<Promise<void>, number>();
  const beside = new Map<Promise<void>, number>();
  const loop = (async () => {
    for await (const message of subscription) {
      const counted = options.counts?.(message) === false ? beside : active;
      const work = answer(connection, client, log, options, message).finally(() => counted.delete(work));
      counted.set(work, performance.now());
      if (active.size >= options.max_concurrent) await Promise.race(active.keys());
    }
  })();
  return {
    stuck: () => {
      const [oldest = Number.POSITIVE_INFINITY] = active.values();
      const for_ms = performance.now() - oldest;
      if (active.size < options.max_concurrent || for_ms < STUCK_MS) return undefined;
      return `${active.size} questions on ${options.subject} are in hand and none is answered, the oldest for ${Math.round(for_ms / 1000)} s`;
    },
    stop: async () => {
      // Drain: no new questions, those already here are answered.
      if (!connection.isClosed()) await Promise.race([subscription.drain(), pause(DRAIN_MS)]);
      // A server that is away can't confirm the drain; this ends the loop in any case.
      subscription.unsubscribe();
      await loop;
      await Promise.all([...active.keys(), ...beside.keys()]);
    },
  };
}

async function answer<Q, A>(
  connection: NatsConnection,
  client: JetStreamClient,
  log: Log,
  options: RespondOptions<Q, A>,
  message: Msg,
): Promise<void> {
  let reply: A;
  try {
    const parsed = read(options, message.data);
    if (parsed.ok) reply = await options.handle(parsed.value, message);
    else {
      reply = options.refuse(limitIssues(parsed.issues));
      if (options.rejected_where !== undefined) await keep(client, log, options.rejected_where, message, parsed.issues);
    }
  } catch (error) {
    log.error({ err: error, subject: message.subject }, 'could not answer a request');
    reply = options.refuse([
      { path: '(message)', code: 'internal', message: `could not be done now: ${messageOf(error)}` },
    ]);
  }
  if (message.reply === undefined || message.reply === '') return;
  try {
    message.respond(JSON.stringify(reply));
  } catch (error) {
    log.error({ err: error, subject: message.subject }, 'could not send an answer');
    const why = `the answer could not be sent (${messageOf(error)}): ask for less`;
    if (!connection.isClosed()) {
      message.respond(JSON.stringify(options.refuse([{ path: '(message)', code: 'reply_too_large', message: why }])));
    }
  }
}

function read<Q, A>(options: RespondOptions<Q, A>, data: Uint8Array): Parsed<Q> {
  const { max_bytes = MAX_QUESTION_BYTES } = options;
  if (data.length <= max_bytes)
    return 'read' in options ? options.read(data) : parseJson(options.schema, data, DOOR_LIMITS);
  const text = `the message has ${data.length} bytes, at most ${max_bytes} are possible here: ask for less`;
  return { ok: false, issues: [{ path: '(message)', code: 'too_large', message: text }] };
}

/** Anyone who asked gets the answer even where the question cannot be kept. */
async function keep(client: JetStreamClient, log: Log, where: string, message: Msg, issues: Issue[]): Promise<void> {
  try {
    await reject(client, where, { subject: message.subject, raw: message.data }, issues, AbortSignal.timeout(5000));
  } catch (error) {
    log.error({ err: error, subject: message.subject }, 'could not keep a rejected request');
  }
}
