import type { Client } from '@benchwire/shared/client/client.ts';
import type { RunNow } from '@benchwire/shared/contracts/api/runs.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus } from '@benchwire/shared/contracts/run-status.ts';
import { notFound } from '../problem.ts';

/** @throws HttpProblem 404 for a run that is not known */
export async function findRun(client: Client, run_id: string): Promise<RunRow> {
  const [row] = (await client.query('run', { run_id })).rows;
  if (row === undefined) throw notFound(`run ${run_id}`);
  return row;
}

export function withStatus({ sort_value: _, ...run }: RunRow): RunNow {
  return { ...run, status: runStatus(run) };
}
