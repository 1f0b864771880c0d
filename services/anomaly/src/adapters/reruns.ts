import { ClientError } from '@benchwire/shared/client/errors.ts';
import { submit } from '@benchwire/shared/client/submit.ts';
import type { Finding, FindingConfirmation } from '@benchwire/shared/contracts/finding.ts';
import { acceptedRequest } from '@benchwire/shared/runtime/accepted-request.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { rerunOf } from '../decide/rerun.ts';

/** Why a re-run could not be asked for; `later` where trying again helps. */
export type Asked = { ok: true; run_id: string } | { ok: false; later: boolean; why: string };

/** Asks ingest to run a suspected task once more. Asking again is harmless: the request's id is the same. */
export async function askRerun(
  nats: NatsConnection,
  manager: JetStreamManager,
  finding: Finding,
  asked: FindingConfirmation,
): Promise<Asked> {
  try {
    const found = await acceptedRequest(manager, finding.run_id);
    if (found === undefined) {
      return { ok: false, later: false, why: `the request of run ${finding.run_id} is not in EVENTS any more` };
    }
    const again = rerunOf(found, finding, asked);
    if (again === undefined)
      return { ok: false, later: false, why: `the run's request has no task ${finding.task_id}` };
    const { run_id } = await submit(nats, again);
    return { ok: true, run_id };
  } catch (error) {
    // Nobody answers, a timeout, a lost connection: ingest is not there now.
    return { ok: false, later: !(error instanceof ClientError) || error.retriable, why: messageOf(error) };
  }
}
