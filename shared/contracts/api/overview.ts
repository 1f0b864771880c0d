import { z } from 'zod';
import { digest } from '../digest.ts';
import { findingRow, overviewRow } from '../rows.ts';
import { reportAnswer, reportFormat, since } from './lists.ts';
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
  'GET /api/digest': {
    role: 'viewer',
    summary:
      'Regressions that were found or settled since a time (the last 7 days without one), with their changes, the greatest first',
    query: z.strictObject({ since }),
    answer: digest,
  },
  'GET /api/digest/report': {
    role: 'viewer',
    summary: 'The same as one HTML file that needs nothing else, or with `format=pdf` as PDF',
    query: z.strictObject({ since, format: reportFormat }),
    answer: reportAnswer,
    content_type: 'text/html; charset=utf-8',
    other_content_type: 'application/pdf',
  },
  'GET /api/digest/markdown': {
    role: 'viewer',
    summary: 'The same as Markdown',
    query: z.strictObject({ since }),
    answer: z.string(),
    content_type: 'text/markdown; charset=utf-8',
  },
});
