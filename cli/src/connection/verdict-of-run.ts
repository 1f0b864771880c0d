import type { Client } from '@benchwire/shared/client/client.ts';
import { verdict } from '@benchwire/shared/client/verdict.ts';
import type { RunRepeats, RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';

/** A run that nobody gates does not wait longer for the stack to have stored everything. */
const UNGATED_WAIT_MS = 10_000;

/** What a run is compared with its base; or why that can't be said now, where nobody depends on it. */
export type VerdictOfRun = { verdict: RunVerdict } | { verdict: undefined; why: string };

/**
 * The verdict of a run that has just ended, once everything that it measured is stored.
 * @param onRepeat - called while what can't be told is measured again, whenever more of the budget is spent
 * @param is_gated - whether the exit code depends on it: then whatever is in the way is thrown
 */
export async function verdictOfRun(
  client: Client,
  run_id: string,
  is_gated: boolean,
  onRepeat: (repeats: RunRepeats) => void,
): Promise<VerdictOfRun> {
  if (is_gated) {
    await client.finished(run_id);
    return { verdict: await finalVerdict(client, run_id, onRepeat) };
  }
  const signal = AbortSignal.timeout(UNGATED_WAIT_MS);
  try {
    await client.finished(run_id, signal);
    const said = await verdict(client.nats, { run_id }, 0);
    return { verdict: said.repeats?.is_running === true ? await finalVerdict(client, run_id, onRepeat) : said };
  } catch (error) {
    if (signal.aborted) return { verdict: undefined, why: 'the results are not stored yet' };
    if (error instanceof BenchwireError) return { verdict: undefined, why: messageOf(error) };
    throw error;
  }
}

const REPEAT_LOOK_MS = 1000;

/** The verdict once nothing is measured again any more. */
async function finalVerdict(
  client: Client,
  run_id: string,
  onRepeat: (repeats: RunRepeats) => void,
): Promise<RunVerdict> {
  for (let spent = -1; ; await pause(REPEAT_LOOK_MS)) {
    const said = await client.verdict(run_id);
    if (said.repeats?.is_running !== true) return said;
    if (said.repeats.spent !== spent) onRepeat(said.repeats);
    spent = said.repeats.spent;
  }
}
