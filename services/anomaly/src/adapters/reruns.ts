import { ClientError } from '@benchwire/shared/client/errors.ts';
import { submit } from '@benchwire/shared/client/submit.ts';
import { benchEvent, eventData, eventName, eventSubject } from '@benchwire/shared/contracts/event.ts';
import type { Finding, FindingConfirmation } from '@benchwire/shared/contracts/finding.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import { EVENTS } from '@benchwire/shared/contracts/streams.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { DeliverPolicy, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { rerunOf } from '../decide/rerun.ts';

/** Why a re-run could not be asked for; `later` where trying again helps. */
export type Asked = { ok: true; run_id: string } | { ok: false; later: boolean; why: string };

/** Asks ingest to run a suspected task once more. Asking again is harmless: the request's id is the same. */
export async function askRerun(
  nats: NatsConnection,
  jetstream: JetStreamClient,
  finding: Finding,
  asked: FindingConfirmation,
): Promise<Asked> {
  const found = await acceptedRequest(jetstream, finding.run_id);
  if (found === undefined) {
    return { ok: false, later: false, why: `the request of run ${finding.run_id} is not in EVENTS any more` };
  }
  const again = rerunOf(found, finding, asked);
  if (again === undefined) return { ok: false, later: false, why: `the run's request has no task ${finding.task_id}` };
  try {
    const { run_id } = await submit(nats, again);
    return { ok: true, run_id };
  } catch (error) {
    // Nobody answers, a timeout, a lost connection: ingest is not there now.
    return { ok: false, later: !(error instanceof ClientError) || error.retriable, why: messageOf(error) };
  }
}

/** The request of a run as its event `accepted` has it: the first event of the run. */
async function acceptedRequest(jetstream: JetStreamClient, run_id: string): Promise<Request | undefined> {
  const events = await jetstream.consumers.get(EVENTS.name, {
    filter_subjects: eventSubject({ entity: 'run', run_id }),
    deliver_policy: DeliverPolicy.All,
  });
  const message = await events.next({ expires: 2000 });
  if (message === null) return undefined;
  const event = parseJson(benchEvent, message.data);
  if (!event.ok || eventName(event.value) !== 'run.accepted') return undefined;
  const data = eventData('run.accepted', event.value);
  return data.ok ? data.value.request : undefined;
}
