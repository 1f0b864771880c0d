import { compareSides } from '@benchwire/shared/client/compare.ts';
import { COMPARED_BY, type ComparedBy, comparison, MAX_SIDES } from '@benchwire/shared/contracts/comparison.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { z } from 'zod';
import { HttpProblem } from '../problem.ts';
import { listOf } from './page.ts';
import { type Route, route } from './route.ts';

const text = z.string().min(1).max(512);
const commit = z.string().min(4).max(128);
const batchSize = z.string().regex(/^[1-9]\d{0,8}$/, 'is no batch size');

const query = z.object({
  run: listOf(runId),
  commit: listOf(commit),
  model: listOf(text),
  hardware: listOf(text),
  batch_size: listOf(batchSize),
  series: listOf(text),
  benchmark: text.optional(),
  precision: text.optional(),
  metric: text.optional(),
});

/** What is given more than once is compared; what is given once narrows what is looked at. */
function sidesOf(asked: z.infer<typeof query>): { by: ComparedBy; values: string[] } {
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

export const compareRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/compare', role: 'viewer' },
    summary: 'Runs, commits, models, hardware, batch sizes or series side by side: repeat the one to compare',
    query,
    answer: comparison,
    handle: ({ gateway, query: asked }) => {
      const { by, values } = sidesOf(asked);
      const once = (name: Exclude<ComparedBy, 'series'>): string | undefined =>
        name === by ? undefined : asked[name]?.[0];
      const filters = {
        run_id: once('run'),
        commit: once('commit'),
        model: once('model'),
        hardware: once('hardware'),
        batch_size: once('batch_size') === undefined ? undefined : Number(once('batch_size')),
        benchmark: asked.benchmark,
        precision: asked.precision,
        metric: asked.metric,
      };
      return compareSides(gateway.client, { by, values, ...filters });
    },
  }),
];
