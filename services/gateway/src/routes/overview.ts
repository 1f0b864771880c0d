import type { overviewApi } from '@benchwire/shared/contracts/api/overview.ts';
import { instant } from './page.ts';
import type { Handlers } from './route.ts';
import { withStatus } from './run-now.ts';

const DAY_MS = 86_400_000;

const ago = (milliseconds: number): string => new Date(Date.now() - milliseconds).toISOString();

export const overviewHandlers: Handlers<typeof overviewApi> = {
  'GET /api/overview': async ({ gateway: { client }, query }) => {
    const since = instant(query.since) ?? ago(DAY_MS);
    const [counts, worst, failing] = await Promise.all([
      client.query('overview', { since }),
      client.query('findings', {
        ...{ kind: 'regression', states: ['suspected', 'confirmed', 'acknowledged'], sort: 'change', limit: 3 },
      }),
      client.query('failing_runs', { since: ago(7 * DAY_MS) }),
    ]);
    const [row] = counts.rows;
    if (row === undefined) throw new Error('the query "overview" always has one row');
    return { ...row, since, worst_regressions: worst.rows, failing_runs: failing.rows.map(withStatus) };
  },
};
