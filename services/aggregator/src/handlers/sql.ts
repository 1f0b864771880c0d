import type { QueryReply } from '@benchwire/shared/contracts/query.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Database } from '../adapters/database.ts';
import { addressOf, watchRequester } from '../adapters/requester.ts';
import { type NoAnswer, SqlProcess } from '../adapters/sql-process.ts';
import type { AggregatorConfig } from '../config.ts';
import { type Full, StatementQueue } from '../decide/statement-queue.ts';

/** Of one caller: one statement runs, and so many wait. */
const WAITING_PER_CALLER = 2;
const WAITING = 8;

interface Question {
  sql: string;
  /** Whom the places are counted for: as the gateway says, else who is answered. */
  caller?: string | undefined;
  /** Where the answer goes. */
  reply?: string | undefined;
  /** Of the reply. */
  max_bytes: number;
}

/** Answers statements that people wrote: in a queue of their own, by processes that can be killed (adapters/sql-process.ts). */
export class SqlAnswers {
  readonly #queue: StatementQueue;
  readonly #free: SqlProcess[];
  readonly #all: readonly SqlProcess[];
  readonly #nats: NatsConnection;
  readonly #max_seconds: number;
  readonly #stopping = new AbortController();

  constructor(options: { nats: NatsConnection; database: Database; config: AggregatorConfig }) {
    const { nats, database, config } = options;
    const running = config.SQL_MAX_RUNNING;
    this.#nats = nats;
    this.#max_seconds = config.SQL_MAX_SECONDS;
    this.#all = Array.from({ length: running }, () => new SqlProcess(database, config));
    this.#free = [...this.#all];
    this.#queue = new StatementQueue({
      ...{ running, running_per_caller: 1, waiting: WAITING, waiting_per_caller: WAITING_PER_CALLER },
    });
  }

  async answer({ sql, caller, reply, max_bytes }: Question): Promise<QueryReply> {
    const over = new AbortController();
    const given_up = new AbortController();
    const signal = AbortSignal.any([given_up.signal, this.#stopping.signal]);
    void watchRequester(this.#nats, reply, AbortSignal.any([over.signal, signal]), () => given_up.abort());
    try {
      const place = await this.#queue.enter(caller ?? addressOf(reply), signal);
      if (place === undefined) return this.#noAnswer({ no_answer: 'given_up' });
      if (typeof place === 'object') return this.#full(place);
      const process = this.#free.pop();
      if (process === undefined) throw new Error('more statements run than there are processes');
      try {
        const answer = await process.run(sql, max_bytes, signal);
        return 'no_answer' in answer ? this.#noAnswer(answer) : answer;
      } finally {
        this.#free.push(process);
        place();
      }
    } finally {
      over.abort();
    }
  }

  /** Ends what runs and what waits. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#all.map((process) => process.stop()));
  }

  #full({ full }: Full): QueryReply {
    const why =
      full === 'caller'
        ? `one statement of yours runs and ${WAITING_PER_CALLER} wait: at most so many are possible`
        : `${WAITING} statements wait already`;
    return {
      ok: false,
      retry_after_seconds: this.#max_seconds,
      issues: [{ path: 'sql', code: 'busy', message: `${why}: try again when one has ended` }],
    };
  }

  #noAnswer({ no_answer, message }: NoAnswer): QueryReply {
    const limit = `${this.#max_seconds} s`;
    const text = {
      time: `the statement was ended, since it did not end within ${limit}: make it read less, or its functions do less (limit SQL_MAX_SECONDS)`,
      given_up: this.#stopping.signal.aborted
        ? 'the statement was ended, since the aggregator stops: try again'
        : 'the statement was ended, since its caller no longer waits',
      ended: `the process that ran the statement ended${message === undefined ? ', perhaps for lack of memory' : `: ${message}`}: try again, or ask for less`,
    }[no_answer];
    return {
      ok: false,
      issues: [{ path: 'sql', code: no_answer === 'time' ? 'timeout_exceeded' : no_answer, message: text }],
    };
  }
}
