import { ask } from '@benchwire/shared/client/ask.ts';
import {
  ACT_SUBJECT,
  type ActReply,
  type ActRequest,
  actReply,
  actRequest,
} from '@benchwire/shared/contracts/anomaly.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FindingLog } from '../adapters/finding-log.ts';
import { decided } from '../decide/act.ts';
import type { SeriesBook } from '../decide/series-book.ts';
import { askingHolder, type Slot, slotOf, slotSubject } from '../slots.ts';

export interface ActContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
}

/** Takes what a person decides about a finding to the holder of its series' slot. Any replica can. */
export function forwardActs(context: ActContext & { slots: number; deadline_ms: number }): Running {
  return respond<ActRequest, ActReply>(context.nats, context.jetstream, context.log, {
    subject: ACT_SUBJECT,
    queue: 'anomaly',
    schema: actRequest,
    max_concurrent: 100,
    refuse: (issues) => ({ ok: false, issues }),
    handle: async (act) => {
      const series_id = act.finding_id.split('.')[0] ?? '';
      const slot = { index: slotOf(series_id, context.slots), of: context.slots };
      try {
        return await ask(context.nats, slotSubject(slot, 'act'), act, actReply, askingHolder(context.deadline_ms));
      } catch (error) {
        const message = `the anomaly service did not answer (${messageOf(error)}): try again`;
        return { ok: false, issues: [{ path: '(message)', code: 'no_answer', message }] };
      }
    },
  });
}

interface ShardActContext extends ActContext {
  slot: Slot;
  book: SeriesBook;
  log_of_findings: FindingLog;
}

/** Answers what a person decides about a finding of this slot, once FINDINGS has the new revision. */
export function answerActs(context: ShardActContext): Running {
  return respond<ActRequest, ActReply>(context.nats, context.jetstream, context.log, {
    subject: slotSubject(context.slot, 'act'),
    schema: actRequest,
    max_concurrent: 1,
    refuse: (issues) => ({ ok: false, issues }),
    handle: (act) => handle(context, act),
  });
}

async function handle({ book, log_of_findings }: ShardActContext, act: ActRequest): Promise<ActReply> {
  const finding = book.findings.get(act.finding_id);
  if (finding === undefined) return { ok: false, issues: [unknownFinding(act.finding_id)] };
  const next = decided(finding, act, new Date());
  if (!('revision' in next)) return { ok: false, issues: [next] };
  log_of_findings.add([book.take(next)]);
  await log_of_findings.flush();
  return { ok: true, finding_id: next.finding_id, revision: next.revision, state: next.state };
}

function unknownFinding(finding_id: string): Issue {
  const message = `there is no finding "${finding_id}" among those of the last 30 days: \`bw findings\` lists them`;
  return { path: 'finding_id', code: 'unknown_finding', message };
}
