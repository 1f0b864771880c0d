import { runId, taskId } from '@benchwire/shared/contracts/ids.ts';
import { MAX_SQL_BODY_BYTES, MAX_SQL_CHARACTERS } from '@benchwire/shared/contracts/limits.ts';
import {
  distributionRow,
  failureRow,
  matrixRow,
  recoveryRow,
  samplesRow,
  throughputRow,
} from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { HttpProblem } from '../problem.ts';
import { limitOf, listAnswer } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ run_id: runId });
const choice = { task_id: taskId.optional(), metric: z.string().max(128).optional() };
const minutes = (fallback: number) => z.coerce.number().pipe(z.int().min(1).max(43_200)).default(fallback);
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

export const measurementRoutes: Route[] = [
  route({
    ...{
      method: 'GET',
      url: '/api/runs/:run_id/metrics',
      role: 'viewer',
      summary: 'Raw points, thinned where there are many',
    },
    params,
    query: z.object({ ...choice, max_points: limitOf(500, 5000) }),
    answer: z.object({ series: z.array(samplesRow) }),
    handle: async ({ gateway, params: { run_id }, query }) => ({
      series: (await gateway.client.query('samples', { run_id, ...query })).rows,
    }),
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/runs/:run_id/distributions',
      role: 'viewer',
      summary: 'How raw points are distributed',
    },
    params,
    query: z.object(choice),
    answer: listAnswer(
      distributionRow.omit({ counts: true }).extend({
        histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }),
      }),
    ),
    handle: async ({ gateway, params: { run_id }, query }) => {
      const { rows } = await gateway.client.query('distributions', { run_id, ...query });
      return {
        items: rows.map(({ counts, ...row }) => {
          const width = (row.bars_to - row.min) / counts.length;
          const edges = Array.from({ length: counts.length + 1 }, (_, at) => row.min + at * width);
          return { ...row, histogram: { edges, counts } };
        }),
      };
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/matrix', role: 'viewer', summary: 'The newest value of each model on each pool' },
    query: z.object({
      metric: z.string().max(128).default('latency_ms'),
      model: z.string().max(512).default(''),
      hardware: z.string().max(128).default(''),
    }),
    answer: listAnswer(matrixRow.extend({ class: z.string().nullable() })),
    handle: async ({ gateway, query }) => {
      const { rows } = await gateway.client.query('matrix', query);
      return { items: rows.map((row) => ({ ...row, class: row.pool.split('-')[0] ?? null })) };
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/throughput', role: 'viewer', summary: 'Tasks that ended, by time and how' },
    query: z.object({ minutes: minutes(60) }),
    answer: listAnswer(throughputRow.extend({ seconds: z.int() })),
    handle: async ({ gateway, query: { minutes } }) => {
      const seconds = Math.max(1, Math.ceil(minutes / 60)) * 60;
      const { rows } = await gateway.client.query('throughput', { since: ago(minutes), bucket_seconds: seconds });
      return { items: rows.map((row) => ({ ...row, seconds })) };
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/failures', role: 'viewer', summary: 'Failed attempts by pool and class of error' },
    query: z.object({ minutes: minutes(10_080) }),
    answer: listAnswer(failureRow),
    handle: async ({ gateway, query: { minutes } }) => ({
      items: (await gateway.client.query('failures', { since: ago(minutes) })).rows,
    }),
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/recovery',
      role: 'viewer',
      summary: 'Where failed tasks were tried again, and whether it helped',
    },
    query: z.object({ minutes: minutes(10_080) }),
    answer: listAnswer(recoveryRow),
    handle: async ({ gateway, query: { minutes } }) => ({
      items: (await gateway.client.query('recovery', { since: ago(minutes) })).rows,
    }),
  }),
  route({
    ...{ method: 'POST', url: '/api/sql', role: 'viewer', summary: 'One read-only statement' },
    max_body_bytes: MAX_SQL_BODY_BYTES,
    body: z.strictObject({ sql: z.string().min(1).max(MAX_SQL_CHARACTERS) }),
    answer: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.record(z.string(), z.unknown())),
      truncated: z.boolean(),
    }),
    handle: ({ gateway, body, caller, reply }) => {
      const gone = new AbortController();
      // Closed before the answer is written: nobody waits for it any more.
      reply.raw.once('close', () => gone.abort(new HttpProblem(499, 'CLIENT_GONE', 'The connection was closed.')));
      return gateway.client.query('sql', { ...body, caller: caller.identity.slice(0, 256) }, gone.signal);
    },
  }),
];
