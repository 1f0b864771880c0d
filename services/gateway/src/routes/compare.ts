import { compareSides } from '@benchwire/shared/client/compare.ts';
import type { compareApi } from '@benchwire/shared/contracts/api/compare.ts';
import { COMPARED_BY, type ComparedBy, MAX_SIDES } from '@benchwire/shared/contracts/comparison.ts';
import { HttpProblem } from '../problem.ts';
import type { Call, Handlers } from './route.ts';

type Compare = typeof compareApi;

/** What is given more than once is compared; what is given once narrows what is looked at. */
function sidesOf(asked: Call<Compare['GET /api/compare']>['query']): { by: ComparedBy; values: string[] } {
  const several = COMPARED_BY.filter((by) => new Set(asked[by] ?? []).size > 1);
  const [by] = several;
  const values = [...new Set(by === undefined ? [] : asked[by])];
  const wrong = (path: string, message: string): HttpProblem =>
    new HttpProblem(400, 'QUERY_INVALID', 'The query is not valid.', [{ path, code: 'sides', message }]);
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
    const once = (name: Exclude<ComparedBy, 'series'>): string | undefined =>
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
};
