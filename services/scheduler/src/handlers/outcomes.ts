import { outcome } from '@benchwire/shared/contracts/outcome.ts';
import { subjectIssues } from '@benchwire/shared/contracts/outcome-claims.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { LimitedLog } from '@benchwire/shared/runtime/limited-log.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { nextSequence, type Reader, untilRead } from '@benchwire/shared/runtime/read-to-end.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { Slice } from '@benchwire/shared/runtime/slices.ts';
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
  // What it claims about its task.
  benchmark: true,
  executor: true,
  scenario: true,
  simulation_status: true,
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
 * @param apply - gives back what speaks against taking it; it goes to REJECTED then
 * @returns `caughtUp` tells where in the stream it began, once everything that was there then has been applied; it
 *   rejects when the reading is stopped before
 */
export async function readOutcomes(
  parts: Parts,
  from_ms: number,
  apply: (outcome: ReadOutcome, sequence: number) => Issue[],
): Promise<Running & Reader & { caughtUp: Promise<number> }> {
  const { nats, jetstream, manager, log } = parts;
  const limited = new LimitedLog(log);
  const stopping = new AbortController();
  /** The stream sequence to go on from; undefined until the server has said where the time begins. */
  let next_sequence: number | undefined;
  const began = Promise.withResolvers<number>();
  let beginAnew = (): void => undefined;

  const keep = (message: JsMsg, issues: Issue[]): void => {
    const kept = { subject: message.subject, raw: message.data, id: `${OUTCOMES.name}.${message.seq}.scheduler` };
    reject(jetstream, 'outcome', kept, issues, stopping.signal).catch((cause: unknown) =>
      log.warn({ reason: messageOf(cause) }, 'could not keep a rejected outcome'),
    );
  };
  /** An outcome that the fold fails on must not end every leader to come. */
  const applied = (value: ReadOutcome, sequence: number): Issue[] => {
    try {
      return apply(value, sequence);
    } catch (error) {
      log.error({ err: error }, 'could not fold an outcome');
      return [{ path: '(message)', code: 'internal', message: messageOf(error) }];
    }
  };

  const take = (message: JsMsg): void => {
    // A predecessor of this consumer may still deliver.
    if (message.seq < (next_sequence ?? 0) || stopping.signal.aborted) return;
    next_sequence = message.seq + 1;
    const parsed = parseJson(outcomeFacts, message.data);
    if (!parsed.ok) {
      // The aggregator keeps it in REJECTED.
      limited.error({ subject: message.subject, issues: parsed.issues.slice(0, 3) }, 'an outcome cannot be read');
      return;
    }
    const elsewhere = subjectIssues(parsed.value, message.subject);
    const issues = elsewhere.length > 0 ? elsewhere : applied(parsed.value, message.seq);
    if (issues.length === 0) return;
    limited.error({ subject: message.subject, issues: issues.slice(0, 3) }, 'an outcome is not taken; rejected');
    keep(message, issues);
  };

  const readUntilTold = async (): Promise<void> => {
    const told = Promise.withResolvers<void>();
    beginAnew = told.resolve;
    if (next_sequence !== undefined) {
      // A server that has lost the stream's end in a crash gives its sequences to other messages.
      const { last_seq } = (await manager.streams.info(OUTCOMES.name)).state;
      next_sequence = Math.min(next_sequence, last_seq + 1);
    }
    const consumer = await jetstream.consumers.get(
      OUTCOMES.name,
      next_sequence !== undefined
        ? { opt_start_seq: next_sequence }
        : // The publisher's clock may be ahead of the server's.
          { opt_start_time: new Date(from_ms - 60_000).toISOString() },
    );
    // What it begins behind is the sequence before the first message of the time.
    next_sequence ??= (await consumer.info()).delivered.stream_seq + 1;
    began.resolve(next_sequence);
    const messages = await consumer.consume({ max_messages: 2000, expires: 5000 });
    void told.promise.then(() => messages.close());
    const slice = new Slice();
    for await (const message of messages) {
      take(message);
      await slice.rest();
    }
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
      if (next_sequence === undefined) continue;
      try {
        const next = await nextSequence(manager, OUTCOMES.name, next_sequence - 1);
        if (next !== undefined && next_sequence === before) {
          log.warn({ next_sequence, next }, 'OUTCOMES goes on and nothing arrives; reading begins anew');
          beginAnew();
        }
        before = next_sequence;
      } catch {
        // NATS is away; the reconnect begins anew.
      }
    }
  })();

  const reader = { stream: OUTCOMES.name, position: () => (next_sequence ?? 0) - 1 };
  const caughtUp = (async () => {
    const stopped = new Promise<never>((_, reject) => {
      stopping.signal.addEventListener('abort', () => reject(stopping.signal.reason), { once: true });
    });
    const first_sequence = await Promise.race([began.promise, stopped]);
    await untilRead(manager, reader, stopping.signal);
    return first_sequence;
  })();
  // Whoever waits for it hears of it; nobody does once this is stopped.
  caughtUp.catch(() => undefined);
  return {
    ...reader,
    caughtUp,
    stop: async () => {
      stopping.abort();
      beginAnew();
      await Promise.all([loop, watching]);
    },
  };
}
