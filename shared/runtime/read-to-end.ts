import {
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { pause } from './lifecycle.ts';

/** How long a reader may stand still before the server is asked whether there is more for it. */
const STILL_MS = 20;
/** A reader that has stood still for so long while there is more is replaced by a new one. */
const SILENT_MS = 3000;

/**
 * The first message that a stream holds behind a sequence; undefined where there is none.
 *
 * This is how the end of a stream is found: by asking for the next message. Counters do not tell it. `num_pending` of a
 * consumer, and `pending` of its messages, are too high on nats-server 2.9 once messages in between are gone (acked
 * in a work queue, expired, deleted), so a reader that counts down waits for messages that do not exist.
 */
export async function nextSequence(
  manager: JetStreamManager,
  stream: string,
  after: number,
  filter = '>',
): Promise<{ sequence: number; subject: string; stored_at: Date } | undefined> {
  // The client's type knows only one of the two at a time, the server takes both since 2.9.
  const query = { seq: after + 1, next_by_subj: filter };
  try {
    const found = await manager.streams.getMessage(stream, query);
    return found === null ? undefined : { sequence: found.seq, subject: found.subject, stored_at: found.time };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}

export interface Reader {
  stream: string;
  filter?: string;
  /** The sequence up to which everything was handled. */
  position: () => number;
}

/**
 * Resolves when a reader has handled everything that its stream held when this was called; what was taken out of the
 * stream meanwhile is not waited for. A server that is away is waited for.
 * @throws when the signal aborts
 */
export async function untilRead(manager: JetStreamManager, reader: Reader, signal: AbortSignal): Promise<void> {
  const { stream, filter, position } = reader;
  let end: number | undefined;
  let before = -1;
  for (;;) {
    signal.throwIfAborted();
    try {
      end ??= (await manager.streams.info(stream)).state.last_seq;
      const at = position();
      if (at >= end) return;
      if (at === before) {
        const next = await nextSequence(manager, stream, at, filter);
        if (next === undefined || next.sequence > end) return;
      }
      before = at;
    } catch (error) {
      // No such stream any more, and not only a server that is away.
      if (error instanceof JetStreamApiError && error.status === 404) throw error;
    }
    await pause(STILL_MS, signal);
  }
}

export interface ScanOptions {
  stream: string;
  filter?: string;
  /** The first sequence; 1 by default. */
  from?: number;
  /** The last one; what the stream holds now by default. */
  to?: number;
  signal?: AbortSignal;
}

/**
 * The messages of a stream from one sequence to another, both included, in order; those that are gone are left out. Not
 * for a work queue, which has room for one consumer only.
 * @throws when the signal aborts
 */
export async function* scanStream(
  client: JetStreamClient,
  manager: JetStreamManager,
  options: ScanOptions,
): AsyncGenerator<JsMsg> {
  const { stream, filter, from = 1, signal } = options;
  const { state } = await manager.streams.info(stream);
  const to = Math.min(options.to ?? state.last_seq, state.last_seq);
  let position = Math.max(from, state.first_seq) - 1;
  while (position < to) {
    const next = await nextSequence(manager, stream, position, filter);
    if (next === undefined || next.sequence > to) return;
    for await (const message of readOnce(client, manager, { ...options, position: () => position, to })) {
      // A server that was restarted may give the same again.
      if (message.seq <= position || message.seq > to) continue;
      yield message;
      position = message.seq;
    }
    signal?.throwIfAborted();
  }
}

interface Reading extends ScanOptions {
  position: () => number;
  to: number;
}

/** Reads until the end, the signal's abort, or until nothing comes any more although there is something. */
async function* readOnce(
  client: JetStreamClient,
  manager: JetStreamManager,
  { stream, filter, position, to, signal }: Reading,
): AsyncGenerator<JsMsg> {
  const consumer = await client.consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: position() + 1,
    ...(filter === undefined ? {} : { filter_subjects: filter }),
  });
  const messages = await consumer.consume({ max_messages: 1000 });
  const over = new AbortController();
  const close = (): void => void messages.close();
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted === true) close();
  void closeAtEnd(manager, { stream, ...(filter === undefined ? {} : { filter }), position }, to, over.signal, close);
  try {
    for await (const message of messages) {
      yield message;
      if (message.seq >= to) return;
    }
  } finally {
    over.abort();
    signal?.removeEventListener('abort', close);
    await messages.close();
  }
}

async function closeAtEnd(
  manager: JetStreamManager,
  { stream, filter, position }: Reader,
  to: number,
  over: AbortSignal,
  close: () => void,
): Promise<void> {
  let before = -1;
  let still_since = performance.now();
  while (!over.aborted) {
    await pause(STILL_MS, over);
    const at = position();
    if (at !== before) {
      before = at;
      still_since = performance.now();
      continue;
    }
    try {
      const next = await nextSequence(manager, stream, at, filter);
      if (position() !== at) continue;
      if (next === undefined || next.sequence > to || performance.now() - still_since > SILENT_MS) return close();
    } catch {
      // The server is away; it is asked again.
    }
  }
}
