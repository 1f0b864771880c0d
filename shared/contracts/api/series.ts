import { z } from 'zod';
import { seriesAnalysis } from '../anomaly.ts';
import { SERIES_SORTS } from '../list-sort.ts';
import { QUERIES } from '../query.ts';
import { annotationRow, resultRow, seriesRow } from '../rows.ts';
import { seriesKind } from '../series-key.ts';
import { cursor, limitOf, listAnswer, listOf, pageOf, since } from './lists.ts';
import { signatures } from './signature.ts';

const params = z.object({ id: z.string().min(1).max(64) });

export const seriesApi = signatures({
  'GET /api/series': {
    role: 'viewer',
    summary:
      'Series, sorted; `search` looks in benchmark, model and metric, `benchmark` is a name in which `*` stands for any text, `series_kind` is `result`, `phase`, `memory` or `energy`',
    query: z.strictObject({
      search: z.string().max(256).default(''),
      series_kind: seriesKind.optional(),
      model: z.string().max(4096).optional(),
      benchmark: z.string().max(256).optional(),
      metric: z.string().max(256).optional(),
      sort: z.enum(SERIES_SORTS).default('last_at'),
      descending: z.stringbool().default(true),
      limit: limitOf(100, 10_000),
      cursor,
    }),
    answer: pageOf(seriesRow.omit({ sort_value: true })),
  },
  'GET /api/series-values': {
    role: 'viewer',
    summary: 'The newest values of some series, each oldest first: enough for a small picture',
    query: z.strictObject({ id: listOf(z.string().min(1).max(64)), points: limitOf(30, 200) }),
    answer: listAnswer(QUERIES.newest_values.row),
  },
  'GET /api/series/:id': {
    role: 'viewer',
    summary: 'One series',
    params,
    answer: seriesRow.omit({ sort_value: true }),
  },
  'GET /api/series/:id/points': {
    role: 'viewer',
    summary: 'Its points, the oldest first; the newest ones of a part of its time with `since` and `until`',
    params,
    query: z.strictObject({ since, until: since, limit: limitOf(1000, 10_000) }),
    answer: pageOf(resultRow),
  },
  'GET /api/series/:id/analysis': {
    role: 'viewer',
    summary: 'Levels, trend, what a change must be to be seen',
    params,
    query: z.strictObject({ points: z.coerce.number().pipe(z.int().min(10).max(5000)).default(1000) }),
    answer: seriesAnalysis,
  },
  'GET /api/series/:id/annotations': {
    role: 'viewer',
    summary: 'Notes and environment changes',
    params,
    answer: pageOf(annotationRow),
  },
  'POST /api/series/:id/annotations': {
    role: 'submitter',
    summary: 'Note something',
    params,
    body: z.strictObject({
      about_at: z.iso.datetime({ offset: true }).optional(),
      text: z.string().trim().min(1).max(2000),
      link: z.url().max(2048).nullable().optional(),
    }),
    answer: z.object({ event_id: z.string() }),
    status: 201,
  },
});
