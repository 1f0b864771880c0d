import { z } from 'zod';
import { call } from '../../client/http-client.ts';
import type { Comparison } from '../../contracts/comparison.ts';
import { fourDigits } from '../../format/number.ts';
import { fields } from '../answer.ts';
import { defineTool, readSince } from '../tool.ts';
import { pointLine, subject } from './lines.ts';

export const listSeries = defineTool({
  name: 'list_series',
  description: 'Series (one metric of one thing on one kind of device), those measured last first.',
  input: z.object({
    search: z.string().max(256).default('').describe('part of a benchmark, model or metric'),
    model: z.string().max(4096).optional(),
  }),
  async run(filter, { api, api_cursor }) {
    const { items, next_cursor } = await api.send(
      call('GET /api/series', { query: { ...filter, limit: 50, cursor: api_cursor } }),
    );
    const rows = items.map((each) =>
      fields({
        series_id: each.series_id,
        ...subject(each),
        precision: each.precision,
        scenario: each.scenario,
        pool: each.pool,
        last_value: `${fourDigits(each.last_value)} ${each.unit}`.trim(),
        points: each.points,
        last_at: each.last_at,
      }),
    );
    return { head: rows.length === 0 ? ['No such series.'] : [], rows, next_cursor };
  },
});

export const seriesHistory = defineTool({
  name: 'series_history',
  description:
    'Values of a series, newest first, with its noise, levels, trend and the smallest change that would be seen.',
  input: z.object({
    series_id: z.string().min(1).max(64),
    since: z.string().optional().describe('monday, 7d, 2026-11-01'),
  }),
  async run({ series_id, since }, context) {
    const params = { id: series_id };
    const query = { limit: 1000, ...(since === undefined ? {} : { since: readSince(since, context) }) };
    const [series, analysis, points] = await Promise.all([
      context.api.send(call('GET /api/series/:id', { params })),
      context.api.send(call('GET /api/series/:id/analysis', { params })),
      context.api.send(call('GET /api/series/:id/points', { params, query })),
    ]);
    const detectable = analysis.minimum_detectable_effect.find(({ percent }) => percent !== null);
    return {
      head: [
        fields({ series_id, ...subject(series), pool: series.pool, unit: series.unit, points: series.points }),
        fields({
          level: analysis.level === null ? null : fourDigits(analysis.level),
          noise: analysis.scale === null ? null : fourDigits(analysis.scale),
          smallest_visible_change:
            detectable === undefined ? null : `${fourDigits(detectable.percent)} % with ${detectable.runs} runs`,
          trend: analysis.trend?.is_significant
            ? `${fourDigits(analysis.trend.percent_per_100_points)} % in 100 points`
            : 'none that is significant',
        }),
        ...analysis.segments.map(
          ({ from_at, n, median }) => `LEVEL since ${from_at}: ${fourDigits(median)}, ${n} points`,
        ),
        ...Object.entries(analysis.reasons).map(([name, reason]) => `UNKNOWN ${name}: ${reason}`),
      ],
      rows: points.items.toReversed().map(pointLine),
    };
  },
});

const sides = z.array(z.string().min(1).max(512)).min(2).max(8);

export const compare = defineTool({
  name: 'compare',
  description:
    'Compare 2 to 8 runs, commits, models, pools, batch sizes or series with each other: each side with the first one.',
  input: z.object({
    by: z.enum(['run', 'commit', 'model', 'hardware', 'batch_size', 'series']),
    values: sides.describe('ids of runs or series, commits, names; the first one is the base'),
    metric: z.string().max(512).optional(),
    benchmark: z.string().max(512).optional(),
  }),
  async run({ by, values, metric, benchmark }, { api }) {
    const comparison = await api.send(call('GET /api/compare', { query: { [by]: values, metric, benchmark } }));
    return { head: comparedHead(comparison), rows: comparedRows(comparison) };
  },
});

function comparedHead({ sides, notes }: Comparison): string[] {
  return [
    `Compared with ${sides[0]?.label ?? 'nothing'}:`,
    ...sides.flatMap(({ label, summary }) => summary.map(({ sentence }) => `${label}: ${sentence}`)),
    ...notes.map((note) => `NOTE ${note}`),
  ];
}

/** What differs first. */
function comparedRows({ sides, rows }: Comparison): string[] {
  const weight = { worse: 0, different: 1, better: 2, unknown: 3, same: 4 } as const;
  return rows
    .flatMap((row) =>
      row.differences.flatMap((difference, side) =>
        difference === null
          ? []
          : [
              {
                order: weight[difference.verdict],
                line: fields({
                  verdict: difference.verdict,
                  side: sides[side]?.label,
                  ...subject(row),
                  pool: row.pool,
                  result: difference.sentence,
                }),
              },
            ],
      ),
    )
    .toSorted((a, b) => a.order - b.order)
    .map(({ line }) => line);
}
