import { digestSince } from '@benchwire/shared/client/digest.ts';
import type { overviewApi } from '@benchwire/shared/contracts/api/overview.ts';
import type { Digest } from '@benchwire/shared/contracts/digest.ts';
import { digestAsHtml, digestAsMarkdown } from '@benchwire/shared/report/render-digest.ts';
import type { Gateway } from '../gateway.ts';
import { answerReport, poolName } from './answer-report.ts';
import { instant } from './page.ts';
import type { Handlers } from './route.ts';
import { withStatus } from './run-now.ts';

const DAY_MS = 86_400_000;
const DAYS_OF_DIGEST = 7;

const ago = (milliseconds: number): string => new Date(Date.now() - milliseconds).toISOString();

const digest = ({ client }: Gateway, since: string | undefined): Promise<Digest> =>
  digestSince(client, instant(since) ?? ago(DAYS_OF_DIGEST * DAY_MS), Date.now());

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

  'GET /api/digest': ({ gateway, query }) => digest(gateway, query.since),

  'GET /api/digest/report': async ({ gateway, query, reply }) => {
    const found = await digest(gateway, query.since);
    const name = `benchwire-digest-${found.until.slice(0, 10)}`;
    const html = digestAsHtml(found, await poolName(gateway));
    return await answerReport({ gateway, reply, format: query.format, name, html });
  },

  'GET /api/digest/markdown': async ({ gateway, query, reply }) => {
    const found = await digest(gateway, query.since);
    const filename = `benchwire-digest-${found.until.slice(0, 10)}.md`;
    reply.type('text/markdown; charset=utf-8').header('content-disposition', `attachment; filename="${filename}"`);
    return digestAsMarkdown(found, await poolName(gateway));
  },
};
