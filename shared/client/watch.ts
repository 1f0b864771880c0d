import { JetStreamApiError, type JetStreamManager, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { benchEvent, eventName, eventSubject } from '../contracts/event.ts';
import { EVENTS } from '../contracts/streams.ts';
import { parseJson } from '../runtime/issues.ts';
import { pause } from '../runtime/lifecycle.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { type JetStream, type Step, Tail, type TailStart } from '../runtime/tail.ts';
import { ClientError } from './errors.ts';
import { interleave } from './interleave.ts';
import { askServer, lastingError } from './stream-errors.ts';
import { READERS, readMessage, type Subject, type Watched, type WatchedStream } from './watched.ts';

export interface WatchOptions<S extends WatchedStream = WatchedStream> {
  /** Only what belongs to this run, until it is over. */
  run_id?: string | undefined;
  /** Only what belongs to this series: outcomes that have a point of it, and findings about it. */
  series_id?: string | undefined;
  /** All four where a series isn't named, else outcomes and findings: the others don't tell of series. */
  streams?: readonly S[] | undefined;
  /**
   * - `start`: with the first message that the streams still hold; the default for a run
   * - `now`: with what is stored after `watch` has resolved; the default for everything else
   * - a Date: with what was stored since, by the server's clock
   * - `{after}`: behind the sequences where an earlier watch ended; streams that it doesn't name begin at the start
   */
  from?: 'now' | 'start' | Date | { after: Partial<Record<S, number>> } | undefined;
  /** Ends with the last message that the streams had when `watch` was called: a replay. */
  until?: 'caught_up' | undefined;
  /** Ends it at any time. */
  signal?: AbortSignal | undefined;
}

/** For how long a stream that is behind may hold up the others. */
const PATIENCE_MS = 1000;
const RECHECK_MS = 2000;

interface Reading<S extends WatchedStream> {
  stream: S;
  from: TailStart;
  /** Where it ends, if that is known. */
  end: number | undefined;
}

/**
 * Reads the public streams, live or from any time that they still hold: each message once and in its stream's order;
 * between the streams in the order in which the server stored them, as far as that is known. Survives lost connections
 * and restarts of NATS. A slow reader loses nothing and fills no memory: what it has not read waits in JetStream, for as
 * long as that keeps it (contracts/streams.ts).
 *
 * Resolves when it is settled where each stream begins: nothing that is stored then is missed, however late the reading
 * starts. To be iterated once; leaving the loop ends it, and so does the signal. A watched run ends it once the run is
 * over and everything it stored has been told; findings about its last outcomes may come later (`settled` waits for them).
 * @throws ClientError WATCH_INVALID, NOT_ALLOWED, REFUSED; UnreachableError. While reading: NOT_ALLOWED, REFUSED,
 *   CONNECTION_CLOSED
 */
export async function watch<S extends WatchedStream>(
  nats: NatsConnection,
  options: WatchOptions<S> = {},
): Promise<AsyncIterable<Watched<S>>> {
  const { run_id, series_id, until } = options;
  const signal = options.signal ?? new AbortController().signal;
  const streams = options.streams ?? (defaultStreams(options) as S[]);
  checkStreams(streams, series_id);
  const from = options.from ?? (run_id === undefined ? 'now' : 'start');
  const connection = { nats, client: jetstream(nats), manager: await jetstreamManager(nats, { checkAPI: false }) };
  const of = { run_id, series_id };
  const ask = <T>(question: () => Promise<T>): Promise<T> => askServer(nats, signal, question);
  const readings = await Promise.all(
    streams.map(async (stream): Promise<Reading<S>> => {
      const { name, filter } = READERS[stream];
      return {
        stream,
        from: await startOf(stream, from, () => ask(() => endOfStream(connection.manager, name))),
        end: until === undefined ? undefined : await ask(() => lastSequence(connection.manager, name, filter(of))),
      };
    }),
  );
  return read(connection, of, readings, signal);
}

function defaultStreams({ series_id }: Subject): WatchedStream[] {
  return series_id === undefined ? ['outcomes', 'events', 'findings', 'metrics'] : ['outcomes', 'findings'];
}

function checkStreams(streams: readonly WatchedStream[], series_id: string | undefined): void {
  if (streams.length === 0)
    throw new ClientError('WATCH_INVALID', 'no stream is chosen: name one, or leave `streams` out');
  const mute = streams.filter((stream) => stream === 'events' || stream === 'metrics');
  if (series_id === undefined || mute.length === 0) return;
  throw new ClientError('WATCH_INVALID', `${mute.join(' and ')} have no series: watch outcomes and findings`);
}

async function startOf<S extends WatchedStream>(
  stream: S,
  from: NonNullable<WatchOptions<S>['from']>,
  end: () => Promise<number>,
): Promise<TailStart> {
  if (from === 'now') return { after: await end() };
  if (from === 'start') return { after: 0 };
  return from instanceof Date ? { since: from } : { after: from.after[stream] ?? 0 };
}

/** 0 for a stream that isn't there yet: then everything will be new. */
async function endOfStream(manager: JetStreamManager, name: string): Promise<number> {
  return await zeroWithoutStream(async () => (await manager.streams.info(name)).state.last_seq);
}

/** Of the last message on a subject that a stream has; 0 where it has none. */
async function lastSequence(manager: JetStreamManager, name: string, filter: string): Promise<number> {
  return await zeroWithoutStream(
    async () => (await manager.streams.getMessage(name, { last_by_subj: filter }))?.seq ?? 0,
  );
}

async function zeroWithoutStream(question: () => Promise<number>): Promise<number> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return 0;
    throw error;
  }
}

async function* read<S extends WatchedStream>(
  connection: JetStream,
  of: Subject,
  readings: ReadonlyArray<Reading<S>>,
  given: AbortSignal,
): AsyncGenerator<Watched<S>, void, undefined> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([given, stopping.signal]);
  const tails = readings.map(({ stream, from, end }) => {
    const { name, filter, max_buffered } = READERS[stream];
    const onError = endIfLasting(connection.nats);
    const tail = new Tail(connection, { stream: name, filter: filter(of), from, max_buffered, signal, onError });
    if (end !== undefined) tail.endAt(end);
    return { stream, tail };
  });
  let failure: { error: unknown } | undefined;
  const ending = endWithRun(connection, of, tails, signal).catch((error: unknown) => {
    failure = { error };
    stopping.abort();
  });
  try {
    const sources = tails.map(({ stream, tail }) => tagged(stream, tail));
    for await (const { stream, message } of interleave(sources, storedAt, PATIENCE_MS)) {
      if (signal.aborted) break;
      const item = readMessage(stream, message, of);
      if (item !== undefined) yield item;
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    stopping.abort();
    await ending;
  }
}

/** Reading goes on after what passes by itself. */
function endIfLasting(nats: NatsConnection): (error: unknown) => void {
  return (error) => {
    const lasting = lastingError(nats, error);
    if (lasting !== undefined) throw lasting;
  };
}

async function* tagged<S>(stream: S, tail: Tail): AsyncGenerator<Step<{ stream: S; message: JsMsg }>, void, undefined> {
  for await (const { item, behind } of tail) {
    yield { item: item === undefined ? undefined : { stream, message: item }, behind };
  }
}

function storedAt({ message }: { message: JsMsg }): bigint {
  return message.timestampNanos ?? BigInt(message.time.getTime()) * 1_000_000n;
}

/**
 * Ends the reading of a run once it is over: all its outcomes were stored before the scheduler said so, and its metrics
 * before those; what the streams have by then is read to the end.
 */
async function endWithRun<S extends WatchedStream>(
  connection: JetStream,
  of: Subject,
  tails: ReadonlyArray<{ stream: S; tail: Tail }>,
  signal: AbortSignal,
): Promise<void> {
  const { run_id } = of;
  if (run_id === undefined || !(await hasFinished(connection, run_id, signal))) return;
  const { nats, manager } = connection;
  // Again and again: the last message may leave its stream before it was read.
  while (!signal.aborted && tails.some(({ tail }) => !tail.ended)) {
    for (const { stream, tail } of tails) {
      const { name, filter } = READERS[stream];
      tail.endAt(await askServer(nats, signal, () => lastSequence(manager, name, filter(of))));
    }
    await pause(RECHECK_MS, signal);
  }
}

/** Resolves when a run is over, or with false when the signal aborts. */
async function hasFinished(connection: JetStream, run_id: string, signal: AbortSignal): Promise<boolean> {
  const filter = eventSubject({ entity: 'run', run_id });
  const onError = endIfLasting(connection.nats);
  const from = { after: 0 };
  const tail = new Tail(connection, { stream: EVENTS.name, filter, from, max_buffered: 10, signal, onError });
  for await (const { item } of tail) {
    const parsed = item === undefined ? undefined : parseJson(benchEvent, item.data);
    if (parsed?.ok === true && eventName(parsed.value) === 'run.finished') return true;
  }
  return false;
}
