import type { Finding } from '../contracts/finding.ts';
import type { QueryName, QueryParameters, QueryRow } from '../contracts/query.ts';
import type { RunRow } from '../contracts/rows.ts';
import type { RunVerdict } from '../contracts/verdict.ts';
import { closeNats, connectNats, type NatsConnection, type NatsOptions } from '../runtime/nats.ts';
import { cancel } from './cancel.ts';
import { finished } from './finished.ts';
import { type Answer, type PagedQuery, query, queryRows } from './query.ts';
import { settled } from './settled.ts';
import { type RequestInput, type SubmitOptions, type Submitted, submit, submitWritten } from './submit.ts';
import { verdict } from './verdict.ts';
import { type WatchOptions, watch } from './watch.ts';
import type { Watched, WatchedStream } from './watched.ts';

/** What a program needs to use a Benchwire stack. It speaks NATS only; `connectClient` makes one. */
export class Client {
  /** For what has no method here; the contracts in shared/contracts name the subjects. */
  readonly nats: NatsConnection;
  readonly #closing = new AbortController();

  /** Over a connection that the caller keeps; `close` closes it. */
  constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  /** See submit.ts. */
  submit(request: RequestInput, options: SubmitOptions = {}): Promise<Submitted> {
    return submit(this.nats, request, options);
  }

  /** See submit.ts. */
  submitWritten(written: unknown, options: SubmitOptions = {}): Promise<Submitted> {
    return submitWritten(this.nats, written, options);
  }

  /** See cancel.ts. */
  cancel(run_id: string, reason?: string, task_id?: string): Promise<void> {
    return cancel(this.nats, run_id, reason, task_id);
  }

  /** See finished.ts. */
  finished(run_id: string, signal?: AbortSignal): Promise<RunRow> {
    return finished(this.nats, run_id, signal);
  }

  /** See query.ts. */
  query<N extends QueryName>(
    name: N,
    parameters: QueryParameters<N>,
    signal?: AbortSignal,
  ): Promise<Answer<QueryRow<N>>> {
    return query(this.nats, name, parameters, signal);
  }

  /** See query.ts. */
  rows<N extends PagedQuery>(name: N, parameters: QueryParameters<N>): AsyncGenerator<QueryRow<N>, void, undefined> {
    return queryRows(this.nats, name, parameters);
  }

  /** Everything that a run measured, by task id: a value per task, metric and batch size. See query.ts. */
  results(run_id: string): AsyncGenerator<QueryRow<'results'>, void, undefined> {
    return this.rows('results', { run_id });
  }

  /** See watch.ts. Ends, as by its signal, when the client is closed. */
  watch<S extends WatchedStream = WatchedStream>(options: WatchOptions<S> = {}): Promise<AsyncIterable<Watched<S>>> {
    const closing = this.#closing.signal;
    const signal = options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
    return watch(this.nats, { ...options, signal });
  }

  /** See settled.ts. */
  settled(run_id: string, stream_sequence: number): Promise<Finding[]> {
    return settled(this.nats, run_id, stream_sequence);
  }

  /** See verdict.ts. */
  verdict(run_id: string, base_run_id?: string): Promise<RunVerdict> {
    return verdict(this.nats, { run_id, ...(base_run_id === undefined ? {} : { base_run_id }) });
  }

  /** Ends the connection after what was written last has left. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await closeNats(this.nats);
  }
}

/**
 * Connects, and reconnects for as long as it is not closed.
 * @param name - of the program, for the server's list of connections
 * @throws UnreachableError when nobody answers at first, or the login is refused
 */
export async function connectClient(options: NatsOptions, name = 'benchwire-client'): Promise<Client> {
  return new Client(await connectNats(name, options, false));
}
