import {
  SETTLED_SUBJECT,
  type SettledReply,
  type SettledRequest,
  settledRequest,
} from '@benchwire/shared/contracts/finding.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FindingLog } from '../adapters/finding-log.ts';
import type { Progress } from '../progress.ts';

export interface SettledParts {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  findings: FindingLog;
  progress: Progress;
  deadline_ms: number;
}

/** As many as fit into the smallest usual message; the strongest come first. */
const MAX_FINDINGS = 300;

/** Answers what was found in a run, once everything up to the question's sequence has been judged. */
export function answerSettled(parts: SettledParts): Running {
  const responder = respond<SettledRequest, SettledReply>(parts.nats, parts.jetstream, parts.log, {
    subject: SETTLED_SUBJECT,
    queue: 'anomaly',
    schema: settledRequest,
    max_concurrent: 1000,
    refuse: (issues) => ({
      ok: false,
      message: issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '),
      findings: [],
    }),
    handle: (question) => settled(parts, question),
  });
  return {
    stop: async () => {
      parts.progress.giveUp();
      await responder.stop();
    },
  };
}

async function settled(parts: SettledParts, { run_id, stream_sequence }: SettledRequest): Promise<SettledReply> {
  const { progress, findings, deadline_ms } = parts;
  if (!(await progress.reached(stream_sequence, deadline_ms))) {
    const { sequence } = progress;
    const where = sequence < 0 ? 'it still waits for its history from the aggregator' : `it is at ${sequence}`;
    const message = `the anomaly service has not judged outcome ${stream_sequence} within ${deadline_ms / 1000} s (${where}): ask again later`;
    return { ok: false, message, findings: [] };
  }
  const found = findings.ofRun(run_id);
  if (found.length <= MAX_FINDINGS) return { ok: true, findings: found };
  const message = `the strongest ${MAX_FINDINGS} of ${found.length} findings; \`bw findings\` lists all`;
  return { ok: true, message, findings: found.slice(0, MAX_FINDINGS) };
}
