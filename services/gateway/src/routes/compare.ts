import { analyticsOf } from '@benchwire/shared/client/analytics.ts';
import { compareSides } from '@benchwire/shared/client/compare.ts';
import type { compareApi } from '@benchwire/shared/contracts/api/compare.ts';
import { COMPARED_BY, MAX_SIDES } from '@benchwire/shared/contracts/compared-by.ts';
import type { ComparedBy } from '@benchwire/shared/contracts/comparison.ts';
import { PERIOD_HELP, periodValue, readPeriod } from '@benchwire/shared/contracts/period.ts';
import { renderAnalytics } from '@benchwire/shared/report/render-analytics.ts';
import { HttpProblem } from '../problem.ts';
import { answerReport, poolName } from './answer-report.ts';
import type { Call, Handlers } from './route.ts';

type Compare = typeof compareApi;

/** What is given more than once is compared; what is given once narrows what is looked at. */
function sidesOf(asked: Call<Compare['GET /api/compare']>['query']): { by: ComparedBy; values: string[] } {
  const wrong = (path: string, message: string): HttpProblem =>
    new HttpProblem(400, 'QUERY_INVALID', 'The query is not valid.', [{ path, code: 'sides', message }]);
  const several = COMPARED_BY.filter((by) => new Set(asked[by] ?? []).size > 1);
  const [by] = several;
  const values = [...new Set(by === undefined ? [] : asked[by])].map((value) => {
    if (by !== 'period') return value;
    const period = readPeriod(value, Date.now());
    if (period === undefined) throw wrong('period', `"${value}" is not a period: use ${PERIOD_HELP}`);
    return periodValue(period);
  });
  if (by === undefined) {
    const [once = 'run'] = COMPARED_BY.filter((each) => (asked[each] ?? []).length > 0);
    throw wrong(once, `give two or more different ones of ${COMPARED_BY.join(', ')} to compare, such as run=A&run=B`);
  }
  if (several.length > 1)
    throw wrong(several[1] ?? by, `only one thing can differ: ${several.join(' and ')} were given more than once`);
  if (values.length > MAX_SIDES) throw wrong(by, `at most ${MAX_SIDES} can be compared, not ${values.length}`);
  return { by, values };
}

export const compareHandlers: Handlers<Compare> = {
  'GET /api/compare': async ({ gateway, query: asked }) => {
    const { by, values } = sidesOf(asked);
    const once = (name: Exclude<ComparedBy, 'series' | 'period'>): string | undefined =>
      name === by ? undefined : asked[name]?.[0];
    const batch_size = once('batch_size');
    return await compareSides(gateway.client, {
      by,
      values,
      run_id: once('run'),
      commit: once('commit'),
      model: once('model'),
      hardware: once('hardware'),
      batch_size: batch_size === undefined ? undefined : Number(batch_size),
      benchmark: asked.benchmark,
      precision: asked.precision,
      metric: asked.metric,
    });
  },

  'GET /api/analytics': ({ gateway, query }) => analyticsOf(gateway.client, query, Date.now()),

  'GET /api/analytics/report': async ({ gateway, query: { format, ...query }, reply }) => {
    const now = new Date();
    const found = await analyticsOf(gateway.client, query, now.getTime());
    const name = `benchwire-analytics-${now.toISOString().slice(0, 10)}`;
    const html = renderAnalytics(found, await poolName(gateway), now);
    return await answerReport({ gateway, reply, format, name, html });
  },
};
