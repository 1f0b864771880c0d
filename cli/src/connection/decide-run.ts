import { userInfo } from 'node:os';
import type { Client } from '@benchwire/shared/client/client.ts';
import { decideRuns, type RunDecision } from '@benchwire/shared/client/decide-runs.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';

/**
 * Archives, restores or deletes one run.
 * @throws ClientError REFUSED with what to do first
 */
export async function decideRun(
  client: Client,
  run_id: string,
  decision: RunDecision,
  reason: string,
  now_ms: number,
): Promise<void> {
  const by = userInfo().username;
  const options = { decision, run_ids: [run_id], by, reason: reason.slice(0, 2000), now: new Date(now_ms) };
  const { refused } = await decideRuns(client.nats, options);
  if (refused.length === 0) return;
  const issues = refused.map(({ code, message }) => ({ path: 'run_id', code, message }));
  throw new ClientError('REFUSED', `can't ${decision} run ${run_id}`, { issues });
}
