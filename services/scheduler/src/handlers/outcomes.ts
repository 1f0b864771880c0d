import { OUTCOMES_SUBJECTS, outcome, outcomeResults } from '@benchwire/shared/contracts/outcome.ts';
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
export const outcomeFacts = outcome
  .pick({
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
  })
  .extend({ results: outcomeResults.pick({ artifact: true }) });
export type ReadOutcome = z.infer<typeof outcomeFacts>;

/** Outcomes that may wait in memory. */
const MAX_BUFFERED = 2000;

interface ReadOutcomesOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
}

/** Takes an outcome; gives back what speaks against it, which sends it to REJECTED. */
type Apply = (outcome: ReadOutcome, sequence: number) => Issue[];

/** Reads OUTCOMES in order, from a time on and then live. Needs no acks: the state is rebuilt from the stream anyway. */
export function readOutcomes(options: ReadOutcomesOptions, from_ms: number, apply: Apply): OutcomeReading {
  const reading = new OutcomeReading(options, apply);
  reading.start(from_ms);
  return reading;
}

export class OutcomeReading implements Running, Reader {
  readonly stream = OUTCOMES.name;
  readonly #began = Promise.withResolvers<number>();
  /**
   * Tells where in the stream the reading began, once everything that was there then has been applied; rejects when the
   * reading is stopped before.
   */
  caughtUp: Promise<number> = this.#began.promise;
  readonly #options: ReadOutcomesOptions;
  readonly #apply: Apply;
  readonly #limited: LimitedLog;
  readonly #stopping = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  /** Everything up to it was applied; undefined until the server has said where the time begins. */
  #position: number | undefined;

  constructor(options: ReadOutcomesOptions, apply: Apply) {
    this.#options = options;
    this.#apply = apply;
    this.#limited = new LimitedLog(options.log);
  }

  start(from_ms: number): void {
    this.#reading = this.#read(from_ms);
    this.caughtUp = this.#catchUp();
    // A rejection after the stop is no error: then nothing waits for it.
    this.caughtUp.catch(() => undefined);
  }

  readonly position = (): number => this.#position ?? -1;

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
  }

  async #read(from_ms: number): Promise<void> {
    const { nats, jetstream, manager, log } = this.#options;
    const { signal } = this.#stopping;
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
    const slice = new Slice();
    for await (const { item } of tail) {
      if (signal.aborted) return;
      if (item !== undefined) {
        this.#position = item.seq;
        this.#take(item);
      } else if (this.#position === undefined && tail.after !== undefined) {
        this.#position = tail.after;
        this.#began.resolve(tail.after + 1);
      }
      await slice.rest();
    }
  }

  async #catchUp(): Promise<number> {
    const { signal } = this.#stopping;
    const stopped = new Promise<never>((_, fail) => {
      signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    });
    const first_sequence = await Promise.race([this.#began.promise, stopped]);
    await untilRead(this.#options.manager, this, signal);
    return first_sequence;
  }

  #take(message: JsMsg): void {
    const parsed = parseJson(outcomeFacts, message.data);
    if (!parsed.ok) {
      // The aggregator keeps it in REJECTED.
      const issues = parsed.issues.slice(0, 3);
      this.#limited.error({ subject: message.subject, issues }, 'an outcome cannot be read');
      return;
    }
    const elsewhere = subjectIssues(parsed.value, message.subject);
    const issues = elsewhere.length > 0 ? elsewhere : this.#applied(parsed.value, message.seq);
    if (issues.length === 0) return;
    this.#limited.error({ subject: message.subject, issues: issues.slice(0, 3) }, 'an outcome is not taken; rejected');
    this.#keep(message, issues);
  }

  /** An outcome that the fold fails on must not end every leader to come. */
  #applied(value: ReadOutcome, sequence: number): Issue[] {
    try {
      return this.#apply(value, sequence);
    } catch (error) {
      this.#options.log.error({ err: error }, 'could not fold an outcome');
      return [{ path: '(message)', code: 'internal', message: messageOf(error) }];
    }
  }

  #keep(message: JsMsg, issues: Issue[]): void {
    const kept = { subject: message.subject, raw: message.data, id: `${OUTCOMES.name}.${message.seq}.scheduler` };
    reject(this.#options.jetstream, 'outcome', kept, issues, this.#stopping.signal).catch((cause: unknown) =>
      this.#options.log.warn({ reason: messageOf(cause) }, 'could not keep a rejected outcome'),
    );
  }
}
