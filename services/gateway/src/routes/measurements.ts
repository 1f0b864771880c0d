import type { measurementApi } from '@benchwire/shared/contracts/api/measurements.ts';
import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { hardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { renderFaultTolerance } from '@benchwire/shared/report/render-fault-tolerance.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem } from '../problem.ts';
import { answerReport } from './answer-report.ts';
import { instant } from './page.ts';
import type { Handlers } from './route.ts';

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

const DAYS_OF_FAULTS = 30;

async function faultTolerance(
  gateway: Gateway,
  asked: { since?: string | undefined; until?: string | undefined },
): Promise<FaultTolerance> {
  const until = instant(asked.until) ?? new Date().toISOString();
  const since = instant(asked.since) ?? new Date(Date.parse(until) - DAYS_OF_FAULTS * 86_400_000).toISOString();
  if (since >= until) {
    const message = `${since} is not before ${until}`;
    throw new HttpProblem(400, 'TIME_RANGE_EMPTY', `\`since\` must be before \`until\`: ${message}.`, [
      { path: 'since', code: 'invalid', message },
    ]);
  }
  const [row] = (await gateway.client.query('fault_tolerance', { since, until })).rows;
  if (row === undefined) throw new Error('the query "fault_tolerance" always has one row');
  return row;
}

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

  'GET /api/matrix/history': async ({ gateway, query }) => {
    const { rows, truncated } = await gateway.client.query('matrix_history', query);
    return { items: rows, truncated };
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

  'GET /api/fault-tolerance': ({ gateway, query }) => faultTolerance(gateway, query),

  'GET /api/fault-tolerance/report': async ({ gateway, query: { format, ...times }, reply }) => {
    const found = await faultTolerance(gateway, times);
    const name = `benchwire-fault-tolerance-${found.since.slice(0, 10)}`;
    return await answerReport({ gateway, reply, format, name, html: renderFaultTolerance(found, new Date()) });
  },

  'POST /api/sql': ({ gateway, body, caller, reply }) => {
    const gone = new AbortController();
    // Closed before the answer is written: nobody waits for it any more.
    reply.raw.once('close', () => gone.abort(new HttpProblem(499, 'CLIENT_GONE', 'The connection was closed.')));
    return gateway.client.query('sql', { ...body, caller: caller.identity.slice(0, 256) }, gone.signal);
  },
};
