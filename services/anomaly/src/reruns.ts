import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { backoffMs, pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { askRerun } from './adapters/reruns.ts';

export interface RerunContext {
  log: Log;
  nats: NatsConnection;
  manager: JetStreamManager;
  /** A re-run that can't be had: the suspicion is left to later points. */
  giveUp(request_id: string, why: string): Promise<void>;
}

export interface Reruns extends Running {
  /** Asks for what a finding waits for, in the background. Each re-run is asked for once. */
  ask(finding: Finding): void;
}

/** Asks for re-runs one after the other, trying again while ingest is not there. */
export function startReruns(context: RerunContext): Reruns {
  const stopping = new AbortController();
  const seen = new Set<string>();
  let last: Promise<void> = Promise.resolve();
  const settle = async (finding: Finding, request_id: string): Promise<void> => {
    const asked = finding.confirmations.find((each) => each.request_id === request_id);
    if (asked === undefined) return;
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      const answer = await askRerun(context.nats, context.manager, finding, asked);
      if (answer.ok) {
        context.log.info({ finding_id: finding.finding_id, run_id: answer.run_id }, 'asked for a re-run');
        return;
      }
      if (!answer.later) return await context.giveUp(request_id, answer.why);
      if (failures === 0) context.log.warn({ why: answer.why }, 'waiting for ingest to ask for a re-run');
      await pause(backoffMs(failures, 200, 5000, Math.random), stopping.signal);
    }
  };
  return {
    ask: (finding) => {
      for (const { request_id, agrees, note } of finding.confirmations) {
        if (agrees !== null || note !== '' || seen.has(request_id)) continue;
        seen.add(request_id);
        last = last
          .then(() => settle(finding, request_id))
          .catch((error: unknown) => {
            if (!stopping.signal.aborted) throw error;
          });
      }
    },
    stop: async () => {
      stopping.abort();
      await last;
    },
  };
}
