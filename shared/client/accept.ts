import { jetstream } from '@nats-io/jetstream';
import { eventOf } from '../contracts/event.ts';
import { newRunId } from '../contracts/ids.ts';
import { pause } from '../runtime/lifecycle.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publishEvent } from '../runtime/publish-event.ts';
import { query, queryRows } from './query.ts';
import { verdict } from './verdict.ts';

export interface AcceptOptions {
  by: string;
  reason: string;
  now: Date;
}

/** An event names at most so many series. */
const SERIES_AN_EVENT = 1000;

/**
 * Accepts what a run made slower: from its commit on that is the level that others are compared with.
 * @returns the series that were accepted; empty where the run is slower nowhere
 */
export async function acceptRun(nats: NatsConnection, run_id: string, options: AcceptOptions): Promise<string[]> {
  const { metrics } = await verdict(nats, { run_id });
  const moved = metrics.filter((metric) => metric.verdict === 'slower' || metric.verdict === 'changed');
  const series = new Set(moved.map(({ series_id }) => series_id));
  if (series.size === 0) return [];
  const measured = new Map<string, Set<string>>();
  for await (const { series_id, measured_at } of queryRows(nats, 'results', { run_id, with_all_kinds: true })) {
    if (series.has(series_id)) measured.set(measured_at, (measured.get(measured_at) ?? new Set()).add(series_id));
  }
  for (const [about_at, of] of measured) await acceptSeries(nats, [...of], about_at, options);
  return [...series];
}

/** Waits until what was accepted counts in verdicts. */
async function stored(nats: NatsConnection, series_ids: string[], about_at: string): Promise<void> {
  const time = Date.parse(about_at);
  for (let wait_ms = 50; ; wait_ms = Math.min(1000, wait_ms * 2)) {
    const { rows } = await query(nats, 'accepted', { series_ids });
    const there = new Set(rows.filter((row) => Date.parse(row.about_at) === time).map(({ series_id }) => series_id));
    if (series_ids.every((series_id) => there.has(series_id))) return;
    await pause(wait_ms);
  }
}

/** Accepts the level that the points of a time are at, on these series. */
export async function acceptSeries(
  nats: NatsConnection,
  series_ids: readonly string[],
  about_at: string,
  { by, reason, now }: AcceptOptions,
): Promise<void> {
  const text = reason.trim() === '' ? 'accepted' : reason;
  for (let at = 0; at < series_ids.length; at += SERIES_AN_EVENT) {
    const event_series = series_ids.slice(at, at + SERIES_AN_EVENT);
    const event = eventOf('series.accepted', {
      ...{ at_ms: now.getTime(), event_id: newRunId(), message: text },
      data: { series_ids: event_series, about_at, text, by, link: null },
    });
    await publishEvent(jetstream(nats), event);
    await stored(nats, event_series, about_at);
  }
}
