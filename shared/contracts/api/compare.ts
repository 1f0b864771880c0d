import { z } from 'zod';
import { analytics } from '../analytics.ts';
import { comparison } from '../comparison.ts';
import { runId } from '../ids.ts';
import { listOf, reportAnswer, reportFormat } from './lists.ts';
import { signatures } from './signature.ts';

const text = z.string().min(1).max(512);

/** Periods as period.ts reads them. */
const analyticsQuery = z.strictObject({
  metric: listOf(text),
  model: listOf(text),
  hardware: listOf(text),
  benchmark: text.optional(),
  precision: text.optional(),
  branch: text.optional(),
  period: text.optional(),
  baseline: text.optional(),
  /** A pool. */
  normalise_to: text.optional(),
});

export const compareApi = signatures({
  'GET /api/compare': {
    role: 'viewer',
    summary: 'Runs, commits, models, hardware, batch sizes, series or periods side by side: repeat the one to compare',
    query: z.strictObject({
      run: listOf(runId),
      commit: listOf(z.string().min(4).max(128)),
      model: listOf(text),
      hardware: listOf(text),
      batch_size: listOf(z.string().regex(/^[1-9]\d{0,8}$/, 'is not a batch size')),
      series: listOf(text),
      period: listOf(text),
      benchmark: text.optional(),
      precision: text.optional(),
      metric: text.optional(),
    }),
    answer: comparison,
  },
  'GET /api/analytics': {
    role: 'viewer',
    summary: 'A period (the last 30 days) compared with a baseline (as long before it): a stretch of time or a release',
    query: analyticsQuery,
    answer: analytics,
  },
  'GET /api/analytics/report': {
    role: 'viewer',
    summary: 'The same as one HTML file that needs nothing else, or with `format=pdf` as PDF',
    query: analyticsQuery.extend({ format: reportFormat }),
    answer: reportAnswer,
    content_type: 'text/html; charset=utf-8',
    other_content_type: 'application/pdf',
  },
});
