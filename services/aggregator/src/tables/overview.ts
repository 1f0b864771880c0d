import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { OverviewRow } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import { timeParameter } from './filter.ts';
import { OPEN } from './findings.ts';
import { NOT_ARCHIVED } from './run-marks.ts';

const SINCE = timeParameter('since');
const OTHER = "kind NOT IN ('regression', 'improvement')";

/** What is open, and what changed since a time. One row. */
export async function findOverview(database: Queries, { since }: AskedQuery<'overview'>): Promise<OverviewRow[]> {
  const [of_findings, of_runs] = await Promise.all([
    database.query<Omit<OverviewRow, 'finished_runs' | 'failed_runs'>>(
      `SELECT countIf(${OPEN} AND kind = 'regression') AS open_regressions,
         countIf(state = 'suspected' AND kind = 'regression') AS suspected_regressions,
         countIf(state = 'acknowledged' AND kind = 'regression') AS acknowledged_regressions,
         minIf(toNullable(detected_at), ${OPEN} AND kind = 'regression') AS oldest_regression_at,
         countIf(${OPEN} AND kind = 'improvement') AS open_improvements,
         countIf(${OPEN} AND ${OTHER}) AS open_others,
         countIf(detected_at >= ${SINCE} AND kind = 'regression') AS new_regressions,
         countIf(detected_at >= ${SINCE} AND kind = 'improvement') AS new_improvements,
         countIf(detected_at >= ${SINCE} AND ${OTHER}) AS new_others,
         countIf(detected_at < ${SINCE} AND changed_at >= ${SINCE} AND NOT ${OPEN}) AS settled_findings
       FROM findings FINAL WHERE ${NOT_ARCHIVED}`,
      { since },
    ),
    database.query<Pick<OverviewRow, 'finished_runs' | 'failed_runs'>>(
      `SELECT count() AS finished_runs, countIf(failed + timed_out + lost > 0) AS failed_runs
       FROM runs FINAL WHERE state = 'finished' AND finished_at >= ${SINCE} AND ${NOT_ARCHIVED}`,
      { since },
    ),
  ]);
  return of_findings.map((row) => ({ ...row, finished_runs: 0, failed_runs: 0, ...of_runs[0] }));
}
