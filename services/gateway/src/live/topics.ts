import type { Client } from '@benchwire/shared/client/client.ts';
import { READERS, type WatchedStream } from '@benchwire/shared/client/watched.ts';
import type { LiveKind } from '@benchwire/shared/contracts/api/live.ts';
import { runId, token } from '@benchwire/shared/contracts/ids.ts';
import { REJECTED_SUBJECTS } from '@benchwire/shared/contracts/rejected.ts';
import { AGGREGATES_SUBJECTS, seriesAggregateSubject } from '@benchwire/shared/contracts/series-aggregate.ts';
import { SCHEDULER_STATUS_SUBJECT } from '@benchwire/shared/contracts/status.ts';
import { HEARTBEAT_SUBJECTS } from '@benchwire/shared/contracts/worker.ts';
import { shorten } from '@benchwire/shared/format/shorten.ts';
import { HttpProblem } from '../problem.ts';
import type { StreamTopic } from './shared-topics.ts';
import type { Position } from './told.ts';

/** A topic that no stream keeps: who is not there when it is said has missed it. */
export interface PlainTopic {
  name: string;
  kind: PlainKind;
  subject: string;
}
type PlainKind = Extract<LiveKind, 'status' | 'heartbeats' | 'rejected' | 'aggregates'>;

const PLAIN: ReadonlyMap<string, Omit<PlainTopic, 'name'>> = new Map([
  ['status', { kind: 'status', subject: SCHEDULER_STATUS_SUBJECT }],
  ['heartbeats', { kind: 'heartbeats', subject: HEARTBEAT_SUBJECTS }],
  ['rejected', { kind: 'rejected', subject: REJECTED_SUBJECTS }],
  ['aggregates', { kind: 'aggregates', subject: AGGREGATES_SUBJECTS }],
]);
const OF_ALL: ReadonlyMap<string, WatchedStream[]> = new Map([
  ['events', ['events']],
  ['findings', ['findings']],
]);
const OF_RUN: ReadonlyMap<string, WatchedStream[]> = new Map([
  ['run', ['events', 'outcomes']],
  ['metrics', ['metrics']],
]);

/** @throws HttpProblem 404 for a topic that there is not */
export function readTopic(topic: string): StreamTopic | PlainTopic {
  const [name = '', run = '', ...rest] = topic.split(':');
  if (rest.length > 0 || (topic.includes(':') && run === '')) throw noSuchTopic(topic);
  if (name === 'aggregates' && token.safeParse(run).success)
    return { name: topic, kind: 'aggregates', subject: seriesAggregateSubject(run) };
  const run_id = run === '' ? undefined : runId.safeParse(run).data;
  const streams = run === '' ? OF_ALL.get(name) : run_id === undefined ? undefined : OF_RUN.get(name);
  if (streams !== undefined) return { name: topic, streams, run_id };
  const plain = run === '' ? PLAIN.get(name) : undefined;
  if (plain !== undefined) return { name: topic, ...plain };
  throw noSuchTopic(topic);
}

function noSuchTopic(topic: string): HttpProblem {
  const known =
    'run:<run_id>, metrics:<run_id>, events, findings, status, heartbeats, rejected, aggregates, aggregates:<series_id>';
  return new HttpProblem(404, 'NO_SUCH_TOPIC', `There is no topic "${shorten(topic, 128)}": use ${known}.`);
}

/** Where a client goes on, by the names of the streams themselves. */
export function positionOf({ streams }: StreamTopic, from: Readonly<Record<string, number>>): Position {
  return Object.fromEntries(
    streams.map((stream) => [
      stream,
      (Object.hasOwn(from, READERS[stream].name) ? from[READERS[stream].name] : 0) ?? 0,
    ]),
  );
}

/** Messages of plain NATS that may wait for a client. */
const MAX_WAITING = 1000;

/** What is said on a plain topic, until the signal aborts. @param onDrop - for each that was left out, the reader being slow */
export async function* hearPlain(
  { nats }: Client,
  { name, subject }: PlainTopic,
  signal: AbortSignal,
  onDrop: () => void,
): AsyncGenerator<unknown, void, undefined> {
  const subscription = nats.subscribe(subject);
  const end = (): void => subscription.unsubscribe();
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const message of subscription) {
      if (subscription.getPending() > MAX_WAITING) {
        onDrop();
        continue;
      }
      const data = name === 'rejected' ? { subject: message.subject } : readJson(message.string());
      if (data !== undefined) yield data;
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // it is in REJECTED, for the service that should have read it
  }
}
