import { outcome } from '@benchwire/shared/contracts/outcome.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { ConsumerMessages, JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { OutcomeFacts } from '../decide/scheduler-state.ts';

/** What the scheduler needs to know; the aggregator checks the whole, and keeps what is wrong in REJECTED. */
const outcomeFacts = outcome.pick({
  run_id: true,
  task_id: true,
  attempt: true,
  max_attempts: true,
  status: true,
  error: true,
});

interface Parts {
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
}

/** Reads OUTCOMES in order, from a time on and then live. Needs no acks: the state is rebuilt from the stream anyway. */
export async function readOutcomes(
  parts: Parts,
  from_ms: number,
  apply: (outcome: OutcomeFacts) => void,
): Promise<Running & { caughtUp: Promise<void> }> {
  const { jetstream, manager, log } = parts;
  const last = (await manager.streams.info(OUTCOMES.name)).state.last_seq;
  const caughtUp = Promise.withResolvers<void>();
  const stopping = new AbortController();
  let messages: ConsumerMessages | undefined;
  /** The stream sequence to go on from after a failure; 0 before the first message. */
  let next_sequence = 0;

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const consumer = await jetstream.consumers.get(
          OUTCOMES.name,
          next_sequence > 0
            ? { opt_start_seq: next_sequence }
            : // The publisher's clock may be ahead of the server's.
              { opt_start_time: new Date(from_ms - 60_000).toISOString() },
        );
        if ((await consumer.info()).num_pending === 0) caughtUp.resolve();
        messages = await consumer.consume({ max_messages: 2000, expires: 5000 });
        if (stopping.signal.aborted) await messages.close();
        for await (const message of messages) {
          const parsed = parseJson(outcomeFacts, message.data);
          if (parsed.ok) apply(parsed.value);
          else log.error({ subject: message.subject, issues: parsed.issues.slice(0, 3) }, 'an outcome cannot be read');
          next_sequence = message.seq + 1;
          if (message.seq >= last) caughtUp.resolve();
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'reading OUTCOMES failed, trying again');
        await pause(300, stopping.signal);
      }
    }
  })();

  return {
    caughtUp: caughtUp.promise,
    stop: async () => {
      stopping.abort();
      caughtUp.resolve();
      await messages?.close();
      await loop;
    },
  };
}
