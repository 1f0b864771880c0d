import { OUTCOMES_SUBJECTS, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { subjectIssues } from '@benchwire/shared/contracts/outcome-claims.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { LimitedLog } from '@benchwire/shared/runtime/limited-log.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { type Reader, untilRead } from '@benchwire/shared/runtime/read-to-end.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { Slice } from '@benchwire/shared/runtime/slices.ts';
import { Tail } from '@benchwire/shared/runtime/tail.ts';
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

/** Outcomes that may wait in memory. */
const MAX_BUFFERED = 2000;

interface Parts {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
}

/**
 * Reads OUTCOMES in order, from a time on and then live. Needs no acks: the state is rebuilt from the stream anyway.
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
  const { signal } = stopping;
  const tail = new Tail(
    { nats, client: jetstream, manager },
    {
      ...{ stream: OUTCOMES.name, filter: OUTCOMES_SUBJECTS, max_buffered: MAX_BUFFERED, signal },
      // The publisher's clock may be ahead of the server's.
      from: { since: new Date(from_ms - 60_000) },
      onError: (error) => log.warn({ err: error }, 'reading OUTCOMES failed, trying again'),
      onLoss: () => log.warn('OUTCOMES has lost what was read already'),
    },
  );
  /** Everything up to it was applied; undefined until the server has said where the time begins. */
  let position: number | undefined;
  const began = Promise.withResolvers<number>();

  const keep = (message: JsMsg, issues: Issue[]): void => {
    const kept = { subject: message.subject, raw: message.data, id: `${OUTCOMES.name}.${message.seq}.scheduler` };
    reject(jetstream, 'outcome', kept, issues, signal).catch((cause: unknown) =>
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

  const reading = (async () => {
    const slice = new Slice();
    for await (const { item } of tail) {
      if (signal.aborted) return;
      if (item !== undefined) {
        position = item.seq;
        take(item);
      } else if (position === undefined && tail.after !== undefined) {
        position = tail.after;
        began.resolve(position + 1);
      }
      await slice.rest();
    }
  })();

  const reader = { stream: OUTCOMES.name, position: () => position ?? -1 };
  const caughtUp = (async () => {
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    const first_sequence = await Promise.race([began.promise, stopped]);
    await untilRead(manager, reader, signal);
    return first_sequence;
  })();
  // Whoever waits for it hears of it; nobody does once this is stopped.
  caughtUp.catch(() => undefined);
  return {
    ...reader,
    caughtUp,
    stop: async () => {
      stopping.abort();
      await reading;
    },
  };
}
