import { type Answer, query, queryRows } from '@benchwire/shared/client/query.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { Acceptance, HistoryPoint, SeriesHistory } from '@benchwire/shared/verdict/history.ts';
import type { NatsConnection } from '@nats-io/transport-node';

/** Series whose points are asked for first; more at once where their points leave room in a message. */
const FIRST_SERIES = 20;
/** Each question reads the whole table, so a few large ones beat many small ones. */
const MAX_SERIES_AT_ONCE = 500;
/** Findings of series are asked for at once, as many as the contract takes. */
const FINDINGS_AT_ONCE = 1000;
const MAX_FINDINGS = 10_000;
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
  const [points, findings, accepted] = await Promise.all([
    pointsOf(nats, series_ids),
    bySeries(series_ids, (ids) =>
      query(nats, 'findings', { series_ids: ids, archived: 'include', limit: MAX_FINDINGS }),
    ),
    bySeries(series_ids, (ids) => query(nats, 'accepted', { series_ids: ids })),
  ]);
  const histories = series_ids.map((series_id): [string, SeriesHistory] => [
    series_id,
    {
      points: points.get(series_id) ?? [],
      findings: findings.get(series_id)?.toReversed() ?? [],
      accepted: accepted.get(series_id)?.map(({ text, ...row }): Acceptance => ({ ...row, reason: text })) ?? [],
    },
  ]);
  return { results, histories: new Map(histories), left_out: all.length - series_ids.length };
}

async function pointsOf(nats: NatsConnection, series_ids: readonly string[]): Promise<Map<string, HistoryPoint[]>> {
  const points = new Map<string, HistoryPoint[]>();
  let points_per_series = POINTS_PER_SERIES;
  let at_once = FIRST_SERIES;
  for (let waiting = series_ids; waiting.length > 0; ) {
    const page = waiting.slice(0, at_once);
    const { rows, truncated } = await query(nats, 'line_points', { series_ids: page, points_per_series });
    const came = groupBySeries(rows);
    // An answer that was cut ends with a whole series; where not even one fits, fewer of its points do.
    const is_part = truncated && came.size <= 1;
    if (is_part && (points_per_series > 1 || at_once > 1)) {
      points_per_series = Math.max(1, Math.floor(points_per_series / 2));
      at_once = 1;
      continue;
    }
    for (const [series_id, own] of came) points.set(series_id, own);
    // Series without points are in no answer, nor is one of which not even a point fits.
    const done = truncated && came.size > 0 ? new Set(came.keys()) : new Set(page);
    at_once = truncated ? Math.max(1, came.size) : Math.min(MAX_SERIES_AT_ONCE, page.length * 2);
    waiting = waiting.filter((series_id) => !done.has(series_id));
  }
  return points;
}

/** Rows by series. What is cut is asked for again in halves, so that no series lacks any. */
async function bySeries<R extends { series_id: string }>(
  series_ids: readonly string[],
  ask: (series_ids: string[]) => Promise<Answer<R>>,
): Promise<Map<string, R[]>> {
  const found = new Map<string, R[]>();
  const waiting: string[][] = [];
  for (let at = 0; at < series_ids.length; at += FINDINGS_AT_ONCE)
    waiting.push(series_ids.slice(at, at + FINDINGS_AT_ONCE));
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    const { rows, truncated } = await ask(page);
    if (truncated && page.length > 1) {
      const half = Math.ceil(page.length / 2);
      waiting.push(page.slice(0, half), page.slice(half));
      continue;
    }
    for (const [series_id, own] of groupBySeries(rows)) found.set(series_id, own);
  }
  return found;
}

function groupBySeries<R extends { series_id: string }>(rows: readonly R[]): Map<string, R[]> {
  return Map.groupBy(rows, ({ series_id }) => series_id);
}
