import { ask } from '@benchwire/shared/client/ask.ts';
import {
  type Finding,
  SETTLED_SUBJECT,
  type SettledReply,
  type SettledRequest,
  settledReply,
  settledRequest,
} from '@benchwire/shared/contracts/finding.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FindingBook } from '../decide/finding-book.ts';
import type { Progress } from '../progress.ts';
import { askingHolder, type Slot, slotSubject } from '../slots.ts';

export interface SettledContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  deadline_ms: number;
}

/** As many as fit into the smallest usual message; the strongest come first. */
const MAX_FINDINGS = 200;

const refuse = (issues: Array<{ path: string; message: string }>): SettledReply => ({
  ok: false,
  message: issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '),
  findings: [],
});

/** Answers what was found in a run, once every slot has judged everything up to the question's sequence. Any replica can. */
export function answerSettled(context: SettledContext & { slots: number }): Running {
  return respond<SettledRequest, SettledReply>(context.nats, context.jetstream, context.log, {
    subject: SETTLED_SUBJECT,
    queue: 'anomaly',
    schema: settledRequest,
    max_concurrent: 1000,
    refuse,
    handle: async (question) => {
      const slots = Array.from({ length: context.slots }, (_, index) => ({ index, of: context.slots }));
      const replies = await Promise.all(slots.map((slot) => askShard(context, slot, question)));
      const late = replies.find((reply) => !reply.ok);
      return late ?? together(replies.flatMap(({ findings }) => findings));
    },
  });
}

async function askShard(context: SettledContext, slot: Slot, question: SettledRequest): Promise<SettledReply> {
  const asking = askingHolder(context.deadline_ms);
  try {
    return await ask(context.nats, slotSubject(slot, 'settled'), question, settledReply, {
      ...asking,
      reads_only: true,
    });
  } catch (error) {
    return { ok: false, message: `slot ${slot.index} of the anomaly service: ${messageOf(error)}`, findings: [] };
  }
}

/** The same for the series of one slot; its holder answers. */
export function answerSettledOfShard(
  context: SettledContext & { slot: Slot; findings: FindingBook; progress: Progress },
): Running {
  const responder = respond<SettledRequest, SettledReply>(context.nats, context.jetstream, context.log, {
    subject: slotSubject(context.slot, 'settled'),
    schema: settledRequest,
    max_concurrent: 1000,
    refuse,
    handle: (question) => settled(context, question),
  });
  return {
    stop: async () => {
      context.progress.giveUp();
      await responder.stop();
    },
  };
}

async function settled(
  context: SettledContext & { findings: FindingBook; progress: Progress },
  { run_id, stream_sequence }: SettledRequest,
): Promise<SettledReply> {
  const { progress, findings, deadline_ms } = context;
  if (!(await progress.reached(stream_sequence, deadline_ms))) {
    const { sequence } = progress;
    const where = sequence < 0 ? 'it still waits for its history from the aggregator' : `it is at ${sequence}`;
    const message = `the anomaly service has not judged outcome ${stream_sequence} within ${deadline_ms / 1000} s (${where}): ask again later`;
    return { ok: false, message, findings: [] };
  }
  return together(findings.ofRun(run_id));
}

function together(found: readonly Finding[]): SettledReply {
  const strongest = [...found].sort((a, b) => Math.abs(b.z_score) - Math.abs(a.z_score));
  if (strongest.length <= MAX_FINDINGS) return { ok: true, findings: strongest };
  const message = `the strongest ${MAX_FINDINGS} of ${strongest.length} findings; \`bw findings\` lists all`;
  return { ok: true, message, findings: strongest.slice(0, MAX_FINDINGS) };
}
