import { z } from 'zod';
import { faultToleranceRow } from '../fault-tolerance.ts';
import { hardwareClass } from '../hardware.ts';
import { runId, taskId } from '../ids.ts';
import { MAX_SQL_BODY_BYTES, MAX_SQL_CHARACTERS } from '../limits.ts';
import {
  distributionRow,
  failureRow,
  matrixHistoryRow,
  matrixRow,
  recoveryRow,
  samplesRow,
  throughputRow,
} from '../rows.ts';
import { limitOf, listAnswer, minutesOf, reportAnswer, reportFormat, since } from './lists.ts';
import { signatures } from './signature.ts';

const params = z.object({ run_id: runId });
const choice = { task_id: taskId.optional(), metric: z.string().max(128).optional() };

/** Which newest values are asked for. */
export const matrixQuery = z.strictObject({
  metric: z.string().max(128).default('latency_ms'),
  model: z.string().max(512).default(''),
  /** A pool, or a hardware class. */
  hardware: z.string().max(128).default(''),
});

/** The newest value of a metric of one model on one pool; `class` is null for a pool of a class that is not known here. */
export const matrixCell = matrixRow.extend({ class: hardwareClass.nullable() });
export type MatrixCell = z.infer<typeof matrixCell>;

/** Tasks that ended in one stretch of time, by status. */
export const throughputBucket = throughputRow.extend({ seconds: z.int() });
export type ThroughputBucket = z.infer<typeof throughputBucket>;

export type FailureCell = z.infer<typeof failureRow>;
export type RecoveryCell = z.infer<typeof recoveryRow>;

/** The answer to a statement; `truncated` where a limit cut it. */
export const sqlAnswer = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.record(z.string(), z.unknown())),
  truncated: z.boolean(),
});
export type SqlAnswer = z.infer<typeof sqlAnswer>;

export const measurementApi = signatures({
  'GET /api/runs/:run_id/metrics': {
    role: 'viewer',
    summary: 'Raw points, thinned where there are many',
    params,
    query: z.strictObject({ ...choice, max_points: limitOf(500, 5000) }),
    answer: z.object({ series: z.array(samplesRow) }),
  },
  'GET /api/runs/:run_id/distributions': {
    role: 'viewer',
    summary: 'How raw points are distributed',
    params,
    query: z.strictObject(choice),
    answer: listAnswer(
      distributionRow
        .omit({ counts: true })
        .extend({ histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }) }),
    ),
  },
  'GET /api/matrix': {
    role: 'viewer',
    summary: 'The newest value of each model on each pool; `truncated` where there are more than 10,000',
    query: matrixQuery,
    answer: z.object({ items: z.array(matrixCell), truncated: z.boolean() }),
  },
  'GET /api/matrix/history': {
    role: 'viewer',
    summary: 'The newest 30 points of each series of a metric, oldest first; `truncated` where not all series fit',
    query: z.strictObject({ metric: z.string().max(128).default('latency_ms') }),
    answer: z.object({ items: z.array(matrixHistoryRow), truncated: z.boolean() }),
  },
  'GET /api/throughput': {
    role: 'viewer',
    summary: 'Tasks that ended, by time and how',
    query: z.strictObject({ minutes: minutesOf(60) }),
    answer: listAnswer(throughputBucket),
  },
  'GET /api/failures': {
    role: 'viewer',
    summary: 'Failed attempts by pool and class of error',
    query: z.strictObject({ minutes: minutesOf(10_080) }),
    answer: listAnswer(failureRow),
  },
  'GET /api/recovery': {
    role: 'viewer',
    summary: 'Where failed tasks were tried again, and whether it helped',
    query: z.strictObject({ minutes: minutesOf(10_080) }),
    answer: listAnswer(recoveryRow),
  },
  'GET /api/fault-tolerance': {
    role: 'viewer',
    summary:
      'Failures by class and pool over time, recovery strategies compared, and quarantines (the last 30 days without `since`)',
    query: z.strictObject({ since, until: since }),
    answer: faultToleranceRow,
  },
  'GET /api/fault-tolerance/report': {
    role: 'viewer',
    summary: 'The same as one HTML file that needs nothing else, or with `format=pdf` as PDF',
    query: z.strictObject({ since, until: since, format: reportFormat }),
    answer: reportAnswer,
    content_type: 'text/html; charset=utf-8',
    other_content_type: 'application/pdf',
  },
  'POST /api/sql': {
    changes_nothing: true,
    role: 'viewer',
    summary: 'One read-only statement',
    body: z.strictObject({ sql: z.string().min(1).max(MAX_SQL_CHARACTERS) }),
    max_body_bytes: MAX_SQL_BODY_BYTES,
    answer: sqlAnswer,
  },
});
