import { ask } from '@benchwire/shared/client/ask.ts';
import { noteOnSeries } from '@benchwire/shared/client/note.ts';
import { ANALYSE_SUBJECT, analyseReply } from '@benchwire/shared/contracts/anomaly.ts';
import type { seriesApi } from '@benchwire/shared/contracts/api/series.ts';
import { SERIES_SORTS } from '@benchwire/shared/contracts/list-sort.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { decodeCursor, instant, onePage, page, sortedValue, wrongCursor } from './page.ts';
import type { Handlers } from './route.ts';

/** Where a page ends: rows with the same value are shown by their fields, and the pages go by their ids. */
const seriesPlace = z.strictObject({ sort: z.enum(SERIES_SORTS), value: sortedValue, series_id: z.string() });

function endOf(
  rows: readonly SeriesRow[],
  { sort_value = '' }: SeriesRow,
): { value: string | number; series_id: string } {
  const ids = rows.filter((row) => row.sort_value === sort_value).map(({ series_id }) => series_id);
  return { value: sort_value, series_id: ids.sort().at(-1) ?? '' };
}

const shown = ({ sort_value: _, ...row }: SeriesRow): Omit<SeriesRow, 'sort_value'> => row;

async function findSeries({ client }: Gateway, series_id: string): Promise<Omit<SeriesRow, 'sort_value'>> {
  const [row] = (await client.query('series', { series_id, limit: 1 })).rows;
  if (row === undefined) throw notFound(`series ${series_id}`);
  return shown(row);
}

export const seriesHandlers: Handlers<typeof seriesApi> = {
  'GET /api/series': async ({ gateway, query: { cursor, ...query } }) => {
    const place = decodeCursor(cursor, seriesPlace);
    if (place !== undefined && place.sort !== query.sort) throw wrongCursor();
    const after = place && { value: place.value, series_id: place.series_id };
    const answer = await gateway.client.query('series', { ...query, after });
    const { items, next_cursor } = page(answer, (last) => ({ sort: query.sort, ...endOf(answer.rows, last) }));
    return { items: items.map(shown), next_cursor };
  },

  'GET /api/series-values': async ({ gateway, query: { id = [], points } }) => {
    if (id.length === 0) return { items: [] };
    return { items: (await gateway.client.query('newest_values', { series_ids: id.slice(0, 2000), points })).rows };
  },

  'GET /api/series/:id': ({ gateway, params: { id } }) => findSeries(gateway, id),

  'GET /api/series/:id/points': async ({ gateway, params: { id }, query: { since, until, limit } }) =>
    onePage(
      await gateway.client.query('points', { series_id: id, since: instant(since), until: instant(until), limit }),
    ),

  'GET /api/series/:id/analysis': async ({ gateway, params: { id }, query: { points } }) => {
    const reply = await ask(gateway.client.nats, ANALYSE_SUBJECT, { series_id: id, points }, analyseReply, {
      service: 'anomaly service',
      reads_only: true,
    });
    if (reply.ok) return reply.analysis;
    throw new HttpProblem(422, 'REFUSED', 'The series can not be analysed.', reply.issues);
  },

  'GET /api/series/:id/annotations': async ({ gateway, params: { id } }) =>
    onePage(await gateway.client.query('annotations', { series_id: id })),

  'POST /api/series/:id/annotations': async ({ gateway, params: { id }, body, caller }) => {
    await findSeries(gateway, id);
    const { about_at, text, link = null } = body;
    const note = { series_id: id, text, by: caller.subject, link, about_at: instant(about_at) };
    return { event_id: await noteOnSeries(gateway.client.nats, note, new Date()) };
  },
};
