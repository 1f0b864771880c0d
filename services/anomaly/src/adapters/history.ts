import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { resultRow } from '@benchwire/shared/contracts/rows.ts';
import { seriesUnit } from '@benchwire/shared/metric/series-unit.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { backoffMs, pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import type { PointRef } from '../decide/point-ref.ts';
import type { PastPoint } from '../decide/series-book.ts';

const historyRow = resultRow.pick({
  series_id: true,
  run_id: true,
  task_id: true,
  attempt: true,
  measured_at: true,
  pool: true,
  worker_id: true,
  value: true,
  metric: true,
  unit: true,
  better: true,
  source: true,
});
const historyRows = z.array(historyRow);

const WAITS_BEFORE_WARNING = 5;
/** What a row takes as JSON, generously. */
const ROW_BYTES = 1200;

/**
 * Asks the aggregator for the last points of every series, page by page, waiting for it as long as it takes.
 * @returns the points by series, of each the oldest first
 * @throws BenchwireError HISTORY_ABORTED when the signal aborts
 */
export async function loadHistory(
  nats: NatsConnection,
  log: Log,
  points_per_series: number,
  signal: AbortSignal,
): Promise<Map<string, PastPoint[]>> {
  const history = new Map<string, PastPoint[]>();
  const refs = new Map<string, PointRef>();
  const fitting = Math.floor((nats.info?.max_payload ?? 1_048_576) / (ROW_BYTES * points_per_series));
  const page = { series_limit: Math.max(1, Math.min(1000, fitting)), points_per_series };
  for (let after = '', failures = 0; ; ) {
    if (signal.aborted) throw new BenchwireError('HISTORY_ABORTED', 'stopped while loading the history');
    const answer = await askPage(nats, { ...page, after_series_id: after });
    if (answer.kind === 'failed') {
      // Where everything starts at once it is there a moment later; only a longer wait is worth a warning.
      const level = failures === WAITS_BEFORE_WARNING ? 'warn' : 'debug';
      log[level]({ why: answer.why }, 'waiting for the history from the aggregator');
      await pause(250 + backoffMs(failures++, 100, 3000, Math.random), signal);
      continue;
    }
    failures = 0;
    if (answer.rows.length === 0 && answer.more) {
      // Not even one series fits into a message: fewer of its points, so that a long history is no dead end.
      page.points_per_series = Math.max(1, Math.floor(page.points_per_series / 2));
      await pause(50, signal);
      continue;
    }
    const before = history.size;
    for (const row of answer.rows) {
      const { series_id, metric, unit, better } = row;
      const points = history.get(series_id) ?? [];
      // Rows of before 0.4 are as they were printed.
      const value = seriesUnit(metric, unit === '' ? null : unit).convert(row.value);
      points.push({ value, ref: refOf(row, refs), ...(better === '' ? {} : { better }) });
      history.set(series_id, points);
    }
    after = answer.rows.at(-1)?.series_id ?? after;
    // A page that was cut to fit into a message ends with a whole series.
    if (!answer.more && history.size - before < page.series_limit) return history;
  }
}

type Page = { kind: 'rows'; rows: z.infer<typeof historyRows>; more: boolean } | { kind: 'failed'; why: string };

async function askPage(nats: NatsConnection, parameters: Record<string, unknown>): Promise<Page> {
  try {
    const message = await nats.request(querySubject('history'), JSON.stringify(parameters), { timeout: 30_000 });
    const reply = parseJson(queryReply, message.data);
    if (!reply.ok) return { kind: 'failed', why: reply.issues[0]?.message ?? 'an unreadable answer' };
    const { value } = reply;
    if (!value.ok) return { kind: 'failed', why: value.issues[0]?.message ?? 'refused' };
    const rows = historyRows.safeParse(value.rows);
    return rows.success
      ? { kind: 'rows', rows: rows.data, more: value.truncated }
      : { kind: 'failed', why: rows.error.message };
  } catch (error) {
    // No responders, a timeout, a lost connection: the aggregator is not there yet.
    return { kind: 'failed', why: messageOf(error) };
  }
}

/** One for all points of an attempt. */
function refOf(row: z.infer<typeof historyRow>, refs: Map<string, PointRef>): PointRef {
  const attempt_id = attemptId(row);
  const known = refs.get(attempt_id);
  if (known !== undefined) return known;
  const { run_id, task_id, attempt, measured_at } = row;
  const made: PointRef = {
    ...{ attempt_id, run_id, task_id, attempt, measured_at, confirms: null, measured_files: null },
    source: row.source,
    worker_id: row.worker_id === '' ? null : row.worker_id,
    pool: row.pool === '' ? null : row.pool,
  };
  refs.set(attempt_id, made);
  return made;
}
