import type { measurementApi } from '@benchwire/shared/contracts/api/measurements.ts';
import { hardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { HttpProblem } from '../problem.ts';
import type { Handlers } from './route.ts';

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

export const measurementHandlers: Handlers<typeof measurementApi> = {
  'GET /api/runs/:run_id/metrics': async ({ gateway, params: { run_id }, query }) => ({
    series: (await gateway.client.query('samples', { run_id, ...query })).rows,
  }),

  'GET /api/runs/:run_id/distributions': async ({ gateway, params: { run_id }, query }) => {
    const { rows } = await gateway.client.query('distributions', { run_id, ...query });
    return {
      items: rows.map(({ counts, ...row }) => {
        const width = (row.bars_to - row.min) / counts.length;
        const edges = Array.from({ length: counts.length + 1 }, (_, at) => row.min + at * width);
        return { ...row, histogram: { edges, counts } };
      }),
    };
  },

  'GET /api/matrix': async ({ gateway, query }) => {
    const { rows, truncated } = await gateway.client.query('matrix', { ...query, limit: 10_000 });
    return {
      truncated,
      items: rows.map((row) => ({ ...row, class: hardwareClass.safeParse(row.pool.split('-')[0]).data ?? null })),
    };
  },

  'GET /api/throughput': async ({ gateway, query: { minutes } }) => {
    const seconds = Math.max(1, Math.ceil(minutes / 60)) * 60;
    const { rows } = await gateway.client.query('throughput', { since: ago(minutes), bucket_seconds: seconds });
    return { items: rows.map((row) => ({ ...row, seconds })) };
  },

  'GET /api/failures': async ({ gateway, query: { minutes } }) => ({
    items: (await gateway.client.query('failures', { since: ago(minutes) })).rows,
  }),

  'GET /api/recovery': async ({ gateway, query: { minutes } }) => ({
    items: (await gateway.client.query('recovery', { since: ago(minutes) })).rows,
  }),

  'POST /api/sql': ({ gateway, body, caller, reply }) => {
    const gone = new AbortController();
    // Closed before the answer is written: nobody waits for it any more.
    reply.raw.once('close', () => gone.abort(new HttpProblem(499, 'CLIENT_GONE', 'The connection was closed.')));
    return gateway.client.query('sql', { ...body, caller: caller.identity.slice(0, 256) }, gone.signal);
  },
};
