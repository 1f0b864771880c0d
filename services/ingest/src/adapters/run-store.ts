import { type BenchEvent, benchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { type RunMessage, runMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import { EVENTS, RUNS } from '@benchwire/shared/contracts/streams.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** How long a caller waits for a NATS that is away. */
const STORE_DEADLINE_MS = 8000;

/** How long a failure is held against the stream while nothing else is stored. */
const FAILURE_COUNTS_MS = 30_000;

/** The second one is what newer servers say in some cases. */
const WRONG_SEQUENCE: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

/** What the streams say of a run. */
export interface StoredRun {
  sequence: number;
  kind: RunMessage['kind'] | undefined;
}

/** RUNS, as ingest writes it and looks things up in it. */
export class RunStore {
  #nats: NatsConnection;
  #client: JetStreamClient;
  #manager: JetStreamManager;
  /** Of the last message that was to be stored. */
  #failure: { at_ms: number; reason: string } | undefined;

  constructor(nats: NatsConnection, client: JetStreamClient, manager: JetStreamManager) {
    this.#nats = nats;
    this.#client = client;
    this.#manager = manager;
  }

  /** The largest message that the server takes. */
  get max_payload(): number {
    return this.#nats.info?.max_payload ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Stores a message of a run; resolves once RUNS has it.
   * @param last_sequence - sequence that the run's last message in RUNS must have, 0 for none
   * @returns `moved` when another message stands there, `duplicate` when this one had been stored before
   */
  async store(
    message: Pick<RunMessage, 'run_id' | 'kind'>,
    payload: Uint8Array | string,
    last_sequence?: number,
  ): Promise<'stored' | 'duplicate' | 'moved'> {
    try {
      const ack = await publish(this.#client, runSubject(message.run_id), payload, {
        id: runMessageId(message as RunMessage),
        with_hash: true,
        signal: AbortSignal.timeout(STORE_DEADLINE_MS),
        ...(last_sequence === undefined ? {} : { expect: { lastSubjectSequence: last_sequence } }),
      });
      this.#failure = undefined;
      return ack.duplicate ? 'duplicate' : 'stored';
    } catch (error) {
      if (isMoved(error)) return 'moved';
      this.#failure = { at_ms: performance.now(), reason: messageOf(error) };
      throw error;
    }
  }

  /** @throws BenchwireError RUNS_FULL, or whatever keeps a run from being stored */
  async checkWritable(): Promise<void> {
    if (this.#failure !== undefined && performance.now() - this.#failure.at_ms < FAILURE_COUNTS_MS) {
      throw new Error(`the last run could not be stored: ${this.#failure.reason}`);
    }
    const { config, state } = await this.#manager.streams.info(RUNS.name);
    if (config.max_bytes > 0 && state.bytes >= config.max_bytes) {
      throw new BenchwireError('RUNS_FULL', `RUNS is full (${state.bytes} bytes): open runs have to end first`);
    }
    if (config.max_msgs > 0 && state.messages >= config.max_msgs) {
      throw new BenchwireError('RUNS_FULL', `RUNS is full (${state.messages} messages): open runs have to end first`);
    }
  }

  /** The last message of a run in RUNS; undefined once the run is over, and for a run that never was. */
  async open(run_id: string): Promise<StoredRun | undefined> {
    const message = await this.#last(RUNS.name, runSubject(run_id));
    if (message === undefined) return undefined;
    const parsed = parseJson(runMessage, message.data);
    return { sequence: message.seq, kind: parsed.ok ? parsed.value.kind : undefined };
  }

  /** The last thing that was reported of a run; undefined when nobody has heard of it (EVENTS goes back 7 days). */
  async lastEvent(run_id: string): Promise<BenchEvent['kind'] | undefined> {
    const message = await this.#last(EVENTS.name, eventSubject({ entity: 'run', run_id }));
    if (message === undefined) return undefined;
    const parsed = parseJson(benchEvent, message.data);
    return parsed.ok ? parsed.value.kind : 'unknown';
  }

  async #last(stream: string, subject: string): Promise<StoredMsg | undefined> {
    try {
      return (await this.#manager.streams.getMessage(stream, { last_by_subj: subject })) ?? undefined;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}

function isMoved(error: unknown): boolean {
  if (!(error instanceof BenchwireError) || error.code !== 'PUBLISH_REFUSED') return false;
  const { cause } = error;
  return cause instanceof JetStreamApiError && WRONG_SEQUENCE.has(cause.code);
}
