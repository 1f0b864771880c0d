import { query, queryRows } from '@benchwire/shared/client/query.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { Acceptance, HistoryPoint, LineFinding, SeriesHistory } from '@benchwire/shared/verdict/history.ts';
import type { NatsConnection } from '@nats-io/transport-node';

/** Series that are asked for at once: their points have to fit into a message. */
const SERIES_AT_ONCE = 20;
const POINTS_PER_SERIES = 1000;
/** More series of one run are left out, and it is said. */
const MAX_SERIES = 2000;

export interface RunHistory {
  /** What the run measured, by task. */
  results: ResultRow[];
  /** By series. */
  histories: Map<string, SeriesHistory>;
  /** Series that were left out. */
  left_out: number;
}

/**
 * Everything that a run's verdict rests on, from the aggregator: its results, and the points, findings and accepted levels of
 * their series.
 * @throws as `query` does
 */
export async function loadRunHistory(nats: NatsConnection, run_id: string): Promise<RunHistory> {
  const results: ResultRow[] = [];
  for await (const row of queryRows(nats, 'results', { run_id, with_all_kinds: true })) results.push(row);
  const all = [...new Set(results.map(({ series_id }) => series_id))];
  const series_ids = all.slice(0, MAX_SERIES);
  const histories = new Map<string, SeriesHistory>();
  for (let at = 0; at < series_ids.length; at += SERIES_AT_ONCE) {
    const page = series_ids.slice(at, at + SERIES_AT_ONCE);
    const [points, findings, accepted] = await Promise.all([
      pointsOf(nats, page),
      findingsOf(nats, page),
      acceptedOf(nats, page),
    ]);
    for (const series_id of page) {
      histories.set(series_id, {
        points: points.get(series_id) ?? [],
        findings: findings.get(series_id) ?? [],
        accepted: accepted.get(series_id) ?? [],
      });
    }
  }
  return { results, histories, left_out: all.length - series_ids.length };
}

async function pointsOf(nats: NatsConnection, series_ids: string[]): Promise<Map<string, HistoryPoint[]>> {
  const points = new Map<string, HistoryPoint[]>();
  let points_per_series = POINTS_PER_SERIES;
  for (let waiting = series_ids; waiting.length > 0; ) {
    const { rows, truncated } = await query(nats, 'line_points', { series_ids: waiting, points_per_series });
    const came = groupBySeries(rows);
    // An answer that was cut ends with a whole series; where not even one fits, fewer of its points do.
    for (const [series_id, own] of came) points.set(series_id, own);
    if (!truncated) break;
    if (came.size === 0) points_per_series = Math.max(1, Math.floor(points_per_series / 2));
    waiting = waiting.filter((series_id) => !points.has(series_id));
  }
  return points;
}

async function findingsOf(nats: NatsConnection, series_ids: string[]): Promise<Map<string, LineFinding[]>> {
  const { rows } = await query(nats, 'findings', { series_ids, archived: 'include', limit: 10_000 });
  return groupBySeries(rows.toReversed());
}

async function acceptedOf(nats: NatsConnection, series_ids: string[]): Promise<Map<string, Acceptance[]>> {
  const { rows } = await query(nats, 'accepted', { series_ids });
  return groupBySeries(rows.map(({ text, ...row }) => ({ ...row, reason: text })));
}

function groupBySeries<R extends { series_id: string }>(rows: readonly R[]): Map<string, R[]> {
  return Map.groupBy(rows, ({ series_id }) => series_id);
}
