import { NOTIFIER_LEASE_KEY } from '@benchwire/shared/contracts/lease.ts';
import type { NotifyCommand, NotifyReply } from '@benchwire/shared/contracts/notify.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { Term, type TermContext } from './term.ts';

const FAILED_PAUSE_MS = 1000;

export interface LeadContext extends TermContext {
  instance_id: string;
  replicas: number;
}

export interface Leading extends Running {
  /** Undefined where another notifier leads. */
  obey(asked: NotifyCommand): Promise<NotifyReply> | undefined;
}

/** Of several notifiers one leads; when it dies, another one knows the same from the streams. */
export async function lead(context: LeadContext): Promise<Leading> {
  const { jetstream, log, instance_id, replicas } = context;
  const stopping = new AbortController();
  const { nats } = jetstream;
  const candidate = await LeaseCandidate.open({
    ...{ nats, key: NOTIFIER_LEASE_KEY, holder: instance_id, instance_id, replicas, log },
  });
  let term: Term | undefined;
  const leading = (async () => {
    while (!stopping.signal.aborted) {
      const lease = await candidate.win(stopping.signal);
      if (lease === undefined) return;
      term = new Term(context, lease);
      try {
        await term.run(stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ reason: messageOf(error) }, 'leads no more, and starts over');
      }
      term = undefined;
      await lease.release();
      if (!stopping.signal.aborted) await pause(FAILED_PAUSE_MS, stopping.signal);
    }
  })();
  return {
    obey: (asked) => term?.obey(asked),
    stop: async () => {
      stopping.abort();
      await leading;
    },
  };
}
