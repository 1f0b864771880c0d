import { z } from 'zod';
import { findingRow, overviewRow } from '../rows.ts';
import { since } from './lists.ts';
import { runNow } from './runs.ts';
import { signatures } from './signature.ts';

export const overviewNow = overviewRow.extend({
  /** What the counts of what is new count from. */
  since: z.string(),
  /** The open regressions with the greatest change, at most 3. */
  worst_regressions: z.array(findingRow),
  /** The newest run of each name and branch, where it ended in the last 7 days with failed tasks; newest first, at most 100. */
  failing_runs: z.array(runNow),
});
export type OverviewNow = z.infer<typeof overviewNow>;

export const overviewApi = signatures({
  'GET /api/overview': {
    role: 'viewer',
    summary: 'Open regressions, failing runs, and what changed since a time (the last 24 hours without one)',
    query: z.strictObject({ since }),
    answer: overviewNow,
  },
});
