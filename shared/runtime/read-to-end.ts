import { JetStreamApiError, type JetStreamManager, type JsMsg, type StoredMsg } from '@nats-io/jetstream';
import { pause } from './lifecycle.ts';
import { type JetStream, Tail } from './tail.ts';

/** How long a reader may stand still before the server is asked whether there is more for it. */
const STILL_MS = 20;

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
  const found = await nextMessage(manager, stream, after, filter);
  return found === undefined ? undefined : { sequence: found.seq, subject: found.subject, stored_at: found.time };
}

/** The same, with what it holds. */
export async function nextMessage(
  manager: JetStreamManager,
  stream: string,
  after: number,
  filter: string,
): Promise<StoredMsg | undefined> {
  // The client's type knows only one of the two at a time, the server takes both since 2.9.
  const query = { seq: after + 1, next_by_subj: filter };
  try {
    return (await manager.streams.getMessage(stream, query)) ?? undefined;
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
  /** Where it ends; with what the stream holds now by default. */
  to?: number;
}

/**
 * Resolves when a reader has handled everything that its stream held when this was called, or up to its end; what was taken out of the
 * stream meanwhile is not waited for. A server that is away is waited for.
 * @throws when the signal aborts
 */
export async function untilRead(manager: JetStreamManager, reader: Reader, signal: AbortSignal): Promise<void> {
  const { stream, filter, position } = reader;
  let end = reader.to;
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
 * The messages of a stream from one sequence to another, both included, in order; those that are gone are left out. A
 * server that is away is waited for. Not for a work queue, which has room for one consumer only.
 * @throws when the signal aborts
 */
export async function* scanStream(jetstream: JetStream, options: ScanOptions): AsyncGenerator<JsMsg> {
  const { stream, filter = '>', from = 1, signal } = options;
  const { state } = await jetstream.manager.streams.info(stream);
  const to = Math.min(options.to ?? state.last_seq, state.last_seq);
  let position = Math.max(from, state.first_seq) - 1;
  if (position >= to) return;
  const over = new AbortController();
  const until = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  const tail = new Tail(jetstream, {
    ...{ stream, filter, from: { after: position }, max_buffered: 1000, signal: until, onError: () => {} },
  });
  tail.endAt(to);
  // The last messages may be gone, and then none of them ends it.
  untilRead(jetstream.manager, { stream, filter, position: () => position, to }, until).then(
    () => tail.endAt(position),
    () => over.abort(),
  );
  try {
    for await (const { item } of tail) {
      if (item === undefined) continue;
      position = item.seq;
      yield item;
    }
  } finally {
    over.abort();
  }
  signal?.throwIfAborted();
}
