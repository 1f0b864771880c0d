import { ask } from '@benchwire/shared/client/ask.ts';
import { noteOnSeries } from '@benchwire/shared/client/note.ts';
import { ANALYSE_SUBJECT, analyseReply, seriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import { annotationRow, resultRow, type SeriesRow, seriesRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { limitOf, pageOf } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ id: z.string().min(1).max(64) });

async function findSeries({ client }: Gateway, series_id: string): Promise<SeriesRow> {
  const [row] = (await client.query('series', { series_id, limit: 1 })).rows;
  if (row === undefined) throw notFound(`series ${series_id}`);
  return row;
}

export const seriesRoutes: Route[] = [
  route({
    ...{
      method: 'GET',
      url: '/api/series',
      role: 'viewer',
      summary: 'Series; `search` looks in benchmark, model and metric',
    },
    query: z.object({ search: z.string().max(256).default(''), limit: limitOf(100, 10_000) }),
    answer: pageOf(seriesRow),
    handle: async ({ gateway, query }) => ({
      items: (await gateway.client.query('series', query)).rows,
      next_cursor: null,
    }),
  }),
  route({
    ...{ method: 'GET', url: '/api/series/:id', role: 'viewer', summary: 'One series' },
    params,
    answer: seriesRow,
    handle: ({ gateway, params: { id } }) => findSeries(gateway, id),
  }),
  route({
    ...{ method: 'GET', url: '/api/series/:id/points', role: 'viewer', summary: 'Its points, the oldest first' },
    params,
    query: z.object({ limit: limitOf(1000, 10_000) }),
    answer: pageOf(resultRow),
    handle: async ({ gateway, params: { id }, query: { limit } }) => {
      const { rows } = await gateway.client.query('points', { series_id: id, limit });
      return { items: rows, next_cursor: null };
    },
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/series/:id/analysis',
      role: 'viewer',
      summary: 'Levels, trend, what a change must be to be seen',
    },
    params,
    query: z.object({ points: z.coerce.number().pipe(z.int().min(10).max(5000)).default(1000) }),
    answer: seriesAnalysis,
    handle: async ({ gateway, params: { id }, query: { points } }) => {
      const reply = await ask(gateway.client.nats, ANALYSE_SUBJECT, { series_id: id, points }, analyseReply, {
        service: 'anomaly service',
        reads_only: true,
      });
      if (reply.ok) return reply.analysis;
      throw new HttpProblem(422, 'REFUSED', 'The series can not be analysed.', reply.issues);
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/series/:id/annotations', role: 'viewer', summary: 'Notes and environment changes' },
    params,
    answer: pageOf(annotationRow),
    handle: async ({ gateway, params: { id } }) => {
      const { rows } = await gateway.client.query('annotations', { series_id: id });
      return { items: rows, next_cursor: null };
    },
  }),
  route({
    ...{
      method: 'POST',
      url: '/api/series/:id/annotations',
      role: 'submitter',
      summary: 'Note something',
      status: 201,
    },
    params,
    body: z.strictObject({
      about_at: z.iso.datetime({ offset: true }).optional(),
      text: z.string().trim().min(1).max(2000),
      link: z.url().max(2048).nullable().optional(),
    }),
    answer: z.object({ event_id: z.string() }),
    handle: async ({ gateway, params: { id }, body: { about_at, text, link = null }, caller }) => {
      await findSeries(gateway, id);
      const about = about_at === undefined ? {} : { about_at: new Date(about_at).toISOString() };
      const note = { series_id: id, text, by: caller.subject, link, ...about };
      return { event_id: await noteOnSeries(gateway.client.nats, note, new Date()) };
    },
  }),
];
