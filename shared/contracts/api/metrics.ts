import { z } from 'zod';
import { metricRules } from '../metric-catalogue.ts';
import { metricRow } from '../rows.ts';
import { listAnswer } from './lists.ts';
import { signatures } from './signature.ts';

const catalogue = z.object({ rules: metricRules });

export const metricApi = signatures({
  'GET /api/metrics': {
    role: 'viewer',
    summary: 'Metrics that were measured, that of the most series first',
    query: z.strictObject({ model: z.string().max(4096).default('') }),
    answer: listAnswer(metricRow),
  },
  'GET /api/metrics/catalogue': {
    role: 'viewer',
    summary: "The operators' rules: which way of a metric is better, and its unit, by name or pattern",
    answer: catalogue,
  },
  'PUT /api/metrics/catalogue': {
    role: 'operator',
    summary: 'Replace the rules; what is measured from then on follows them',
    body: z.strictObject({ rules: metricRules }),
    max_body_bytes: 256 * 1024,
    answer: catalogue,
  },
});
