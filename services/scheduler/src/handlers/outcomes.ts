import { outcome } from '@benchwire/shared/contracts/outcome.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { z } from 'zod';

/** What the scheduler needs to know; the aggregator checks the whole, and keeps what is wrong in REJECTED. */
export const outcomeFacts = outcome.pick({
  run_id: true,
  task_id: true,
  attempt: true,
  max_attempts: true,
  status: true,
  error: true,
  finished_at: true,
  pool: true,
  worker_id: true,
  model: true,
  started_at: true,
  execution_time_seconds: true,
  workload: true,
});
export type ReadOutcome = z.infer<typeof outcomeFacts>;

interface Parts {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
}

/** How often the reader looks whether it has fallen silent. */
const WATCH_MS = 2000;

/**
 * Reads OUTCOMES in order, from a time on and then live. Needs no acks: the state is rebuilt from the stream anyway.
 *
 * An ordered consumer lives in the server's memory, and after a server's death the client's own recovery of it can
 * stay silent for ever. A scheduler that hears no outcomes emits nothing, so reading begins anew, where it stood, after
 * each reconnect and whenever the stream goes on and nothing arrives.
 * @returns `caughtUp` tells where in the stream it began
 */
export async function readOutcomes(
  parts: Parts,
  from_ms: number,
  apply: (outcome: ReadOutcome, sequence: number) => void,
): Promise<Running & { caughtUp: Promise<number> }> {
  const { nats, jetstream, manager, log } = parts;
  const last = (await manager.streams.info(OUTCOMES.name)).state.last_seq;
  const caughtUp = Promise.withResolvers<number>();
  const stopping = new AbortController();
  /** The stream sequence to go on from; 0 before the first message. */
  let next_sequence = 0;
  let first_sequence = last + 1;
  let beginAnew = (): void => undefined;

  const take = (message: JsMsg): void => {
    // A predecessor of this consumer may still deliver.
    if (message.seq < next_sequence || stopping.signal.aborted) return;
    if (next_sequence === 0) first_sequence = message.seq;
    next_sequence = message.seq + 1;
    const parsed = parseJson(outcomeFacts, message.data);
    if (parsed.ok) apply(parsed.value, message.seq);
    else log.error({ subject: message.subject, issues: parsed.issues.slice(0, 3) }, 'an outcome cannot be read');
    if (message.seq >= last) caughtUp.resolve(first_sequence);
  };

  const readUntilTold = async (): Promise<void> => {
    const told = Promise.withResolvers<void>();
    beginAnew = told.resolve;
    const consumer = await jetstream.consumers.get(
      OUTCOMES.name,
      next_sequence > 0
        ? { opt_start_seq: next_sequence }
        : // The publisher's clock may be ahead of the server's.
          { opt_start_time: new Date(from_ms - 60_000).toISOString() },
    );
    if ((await consumer.info()).num_pending === 0) caughtUp.resolve(first_sequence);
    const messages = await consumer.consume({ max_messages: 2000, expires: 5000, callback: take });
    void messages.closed().then(() => told.resolve());
    await told.promise;
    messages.close().catch(() => undefined);
  };

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await readUntilTold();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'reading OUTCOMES failed, trying again');
        await pause(300, stopping.signal);
      }
    }
  })();

  void (async () => {
    for await (const status of nats.status()) {
      if (stopping.signal.aborted) return;
      if (status.type === 'reconnect') beginAnew();
    }
  })();
  const watching = (async () => {
    let before = -1;
    while (!stopping.signal.aborted) {
      await pause(WATCH_MS, stopping.signal);
      try {
        const { last_seq } = (await manager.streams.info(OUTCOMES.name)).state;
        if (last_seq >= next_sequence && next_sequence > 0 && next_sequence === before) {
          log.warn({ next_sequence, last_seq }, 'OUTCOMES goes on and nothing arrives; reading begins anew');
          beginAnew();
        }
        before = next_sequence;
      } catch {
        // NATS is away; the reconnect begins anew.
      }
    }
  })();

  return {
    caughtUp: caughtUp.promise,
    stop: async () => {
      stopping.abort();
      caughtUp.resolve(first_sequence);
      beginAnew();
      await Promise.all([loop, watching]);
    },
  };
}
