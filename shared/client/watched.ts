import type { JsMsg } from '@nats-io/jetstream';
import { allPointsOf } from '../contracts/all-points.ts';
import { type BenchEvent, EVENTS_SUBJECTS, eventsOfRun, readEvent } from '../contracts/event.ts';
import { FINDINGS_SUBJECTS, type Finding, finding, findingsOfSeries } from '../contracts/finding.ts';
import { METRICS_SUBJECTS, type MetricBatch, metricsOfRun, parseMetricBatch } from '../contracts/metrics.ts';
import { OUTCOMES_SUBJECTS, type Outcome, outcome, outcomesOfRun } from '../contracts/outcome.ts';
import type { Issue } from '../contracts/request.ts';
import { EVENTS, FINDINGS, METRICS, OUTCOMES } from '../contracts/streams.ts';
import { contentHashIssues } from '../runtime/content-hash.ts';
import { type Parsed, parseJson } from '../runtime/issues.ts';

/** What each stream holds. */
export interface WatchedValues {
  outcomes: Outcome;
  events: BenchEvent;
  findings: Finding;
  metrics: MetricBatch;
}
export type WatchedStream = keyof WatchedValues;

interface Place {
  subject: string;
  /** In its stream: the order that all readers agree on, and what `from: {after}` takes. */
  sequence: number;
  /** When it happened; of metrics and of what can't be read: when the stream stored it. */
  at: string;
}

/** A message of one of the streams. `stream` tells what `value` is. */
export type WatchedMessage<S extends WatchedStream> = {
  [N in S]: Place & { stream: N; value: WatchedValues[N] };
}[S];

/** A message that does not keep to its contract. The aggregator has put it into REJECTED, with the same issues. */
export interface Unreadable extends Place {
  stream: 'unreadable';
  /** Where it stands. */
  of: WatchedStream;
  issues: readonly Issue[];
  raw: Uint8Array;
}

export type Watched<S extends WatchedStream = WatchedStream> = WatchedMessage<S> | Unreadable;

/** What is to be told: everything, or only what belongs to a run, to a series, or to both. */
export interface Subject {
  run_id?: string | undefined;
  series_id?: string | undefined;
}

interface StreamReader<S extends WatchedStream> {
  /** Of JetStream. */
  name: string;
  /** The subjects that the server is asked for; what it can't tell apart is left to `concerns`. */
  filter(of: Subject): string;
  parse(bytes: Uint8Array, subject: string): Parsed<WatchedValues[S]>;
  /** Undefined where the message does not tell. */
  at(value: WatchedValues[S]): string | undefined;
  concerns(value: WatchedValues[S], of: Subject): boolean;
  /** Messages that may wait in memory. A batch of metrics may have hundreds of kilobytes, an outcome a hundred. */
  max_buffered: number;
}

const isRun = (value: { run_id: string | null }, { run_id }: Subject): boolean =>
  run_id === undefined || value.run_id === run_id;

export const READERS: { readonly [S in WatchedStream]: StreamReader<S> } = {
  outcomes: {
    name: OUTCOMES.name,
    filter: ({ run_id }) => (run_id === undefined ? OUTCOMES_SUBJECTS : outcomesOfRun(run_id)),
    parse: (bytes) => parseJson(outcome, bytes),
    at: (value) => value.finished_at,
    concerns: (value, of) =>
      isRun(value, of) && (of.series_id === undefined || allPointsOf(value).some((p) => p.series_id === of.series_id)),
    max_buffered: 250,
  },
  events: {
    name: EVENTS.name,
    filter: ({ run_id }) => (run_id === undefined ? EVENTS_SUBJECTS : eventsOfRun(run_id)),
    parse: readEvent,
    at: (value) => value.at,
    concerns: isRun,
    max_buffered: 250,
  },
  findings: {
    name: FINDINGS.name,
    filter: ({ series_id }) => (series_id === undefined ? FINDINGS_SUBJECTS : findingsOfSeries(series_id)),
    parse: (bytes) => parseJson(finding, bytes),
    at: (value) => value.detected_at,
    concerns: isRun,
    max_buffered: 250,
  },
  metrics: {
    name: METRICS.name,
    filter: ({ run_id }) => (run_id === undefined ? METRICS_SUBJECTS : metricsOfRun(run_id)),
    parse: parseMetricBatch,
    at: () => undefined,
    concerns: isRun,
    max_buffered: 50,
  },
};

/** Reads a message of a stream; undefined for one that is about something else. */
export function readMessage<S extends WatchedStream>(
  stream: S,
  message: Pick<JsMsg, 'subject' | 'seq' | 'time' | 'data' | 'headers'>,
  of: Subject,
): Watched<S> | undefined {
  const reader: StreamReader<S> = READERS[stream];
  const { subject, seq: sequence } = message;
  const stored_at = message.time.toISOString();
  const damage = contentHashIssues(message.data, (name) => message.headers?.get(name));
  const parsed: Parsed<WatchedValues[S]> =
    damage.length === 0 ? reader.parse(message.data, subject) : { ok: false, issues: damage };
  if (!parsed.ok) {
    return {
      stream: 'unreadable',
      of: stream,
      subject,
      sequence,
      at: stored_at,
      issues: parsed.issues,
      raw: message.data,
    };
  }
  const { value } = parsed;
  if (!reader.concerns(value, of)) return undefined;
  return { stream, subject, sequence, at: reader.at(value) ?? stored_at, value } as WatchedMessage<S>;
}
