import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runMessage, runSubject } from '@benchwire/shared/contracts/run.ts';
import { RUNS } from '@benchwire/shared/contracts/streams.ts';
import { Beside } from '@benchwire/shared/runtime/beside.ts';
import { closeWhenSilent, IDLE_HEARTBEAT_MS } from '@benchwire/shared/runtime/close-when-silent.ts';
import { onStatus } from '@benchwire/shared/runtime/connection-status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { contentHashIssues } from '@benchwire/shared/runtime/content-hash.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { type Parsed, parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { HeldLease } from '@benchwire/shared/runtime/lease.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { LimitedLog } from '@benchwire/shared/runtime/limited-log.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { type Reader, untilRead } from '@benchwire/shared/runtime/read-to-end.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { Slice } from '@benchwire/shared/runtime/slices.ts';
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { isLaterEpoch } from '../lead/epoch.ts';

/** Messages that are rejected at once. */
const MAX_REJECTING = 64;
const CONSUMER_PREFIX = 'scheduler-';
/** Messages stay unacked for as long as their run is open; redelivery in between would only repeat what is known. */
const ACK_WAIT_MS = 24 * 3_600_000;

export interface RunMessages extends Running, Reader {
  /** Resolves when everything has been folded that was in the stream at the start; rejects when it is stopped before. */
  caughtUp: Promise<void>;
  /** Takes a run's messages out of the stream: it is over. */
  ack(run_id: string): void;
}

export interface RunSink {
  /**
   * @param as_written - the message before defaults were filled in, which is smaller
   * @returns issues when the message cannot stand for a run
   */
  apply(message: RunMessage, as_written: () => unknown): Issue[];
  isOpen(run_id: string): boolean;
  /** The state may be half changed, so that it has to be folded anew; what spoiled it is gone from the stream by then. */
  spoiled(reason: string): void;
}

interface ReadRunsOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  lease: Pick<HeldLease, 'epoch' | 'newestEpoch' | 'valid'>;
  log: Log;
}

/**
 * Reads RUNS from its beginning. A fresh consumer gets every message that is not acked, which is exactly the open runs;
 * and taking the consumer away from a predecessor ends the predecessor's reading. A work queue has room for one, named
 * by its leader's epoch, so what a predecessor acks late is acked nowhere.
 * @throws BenchwireError FENCED when a later leader reads already
 */
export async function readRuns(options: ReadRunsOptions, sink: RunSink): Promise<RunMessages> {
  const { manager, lease, log } = options;
  await deletePredecessors(manager, lease, log);
  const reading = new RunReading(options, sink);
  await reading.start();
  return reading;
}

class RunReading implements RunMessages {
  readonly stream = RUNS.name;
  caughtUp: Promise<void> = Promise.resolve();
  readonly #options: ReadRunsOptions;
  readonly #sink: RunSink;
  readonly #limited: LimitedLog;
  readonly #rejecting = new Beside(MAX_REJECTING);
  readonly #consumer: string;
  readonly #unacked = new Map<string, JsMsg[]>();
  readonly #stopping = new AbortController();
  #messages: ConsumerMessages | undefined;
  #position = 0;
  #reading: Promise<void> = Promise.resolve();
  #leave = (): void => {};

  constructor(options: ReadRunsOptions, sink: RunSink) {
    this.#options = options;
    this.#sink = sink;
    this.#limited = new LimitedLog(options.log);
    this.#consumer = `${CONSUMER_PREFIX}${options.lease.epoch}`;
  }

  readonly position = (): number => this.#position;

  async start(): Promise<void> {
    const { nats, manager } = this.#options;
    await this.#addConsumer();
    this.#reading = this.#keepReading();
    this.#leave = onStatus(nats, ({ type }) => {
      if (type === 'reconnect') void this.#messages?.close();
    });
    this.caughtUp = untilRead(manager, this, this.#stopping.signal);
    // A rejection after the stop is no error: then nothing waits for it.
    this.caughtUp.catch(() => undefined);
  }

  ack(run_id: string): void {
    for (const message of this.#unacked.get(run_id) ?? []) message.ack();
    this.#unacked.delete(run_id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#leave();
    await this.#messages?.close();
    await this.#reading;
    await this.#rejecting.settled();
  }

  async #keepReading(): Promise<void> {
    const { signal } = this.#stopping;
    for (let is_first = true; !signal.aborted; is_first = false) {
      try {
        if (!is_first) await this.#beginAnew();
        await this.#readOnce();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.warn({ err: error }, 'reading RUNS failed, trying again');
      }
      await pause(300, signal);
    }
  }

  /** Reads until something is lost on the way, or wrong. */
  async #readOnce(): Promise<void> {
    const consumer = await this.#options.jetstream.consumers.get(RUNS.name, this.#consumer);
    const reading = await consumer.consume({
      max_messages: 1000,
      expires: 5000,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      // Else a consumer that somebody deleted would be waited for in silence.
      abort_on_missing_resource: true,
    });
    this.#messages = reading;
    closeWhenSilent(reading, () => void reading.close());
    if (this.#stopping.signal.aborted) await reading.close();
    let expected = 1;
    const slice = new Slice();
    for await (const message of reading) {
      if (message.info.deliverySequence !== expected++) break;
      await this.#handle(message);
      this.#position = Math.max(this.#position, message.seq);
      await slice.rest();
    }
    await reading.close();
  }

  /**
   * What was on its way when a connection broke waits for its ack until tomorrow. So reading begins anew with a fresh
   * consumer, which gets everything that is open once more; the fold knows it already.
   */
  async #beginAnew(): Promise<void> {
    const { lease, manager } = this.#options;
    if (!lease.valid()) return;
    await deleteConsumer(manager, this.#consumer);
    this.#unacked.clear();
    await this.#addConsumer();
  }

  async #addConsumer(): Promise<void> {
    await this.#options.manager.consumers.add(RUNS.name, {
      durable_name: this.#consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: ACK_WAIT_MS * 1_000_000,
      max_ack_pending: -1,
    });
  }

  async #handle(message: JsMsg): Promise<void> {
    const parsed = read(message);
    const issues = parsed.ok ? this.#applied(parsed.value, message) : parsed.issues;
    if (!parsed.ok || issues.length > 0) {
      await this.#reject(message, issues);
    } else if (this.#sink.isOpen(parsed.value.run_id)) {
      const list = this.#unacked.get(parsed.value.run_id) ?? [];
      list.push(message);
      this.#unacked.set(parsed.value.run_id, list);
    } else {
      // A decision about a run that is over.
      message.ack();
    }
  }

  /** A message that the fold fails on must not end every leader to come. */
  #applied(value: RunMessage, message: JsMsg): Issue[] {
    try {
      return this.#sink.apply(value, () => message.json());
    } catch (error) {
      this.#options.log.error({ err: error, subject: message.subject }, 'could not fold a message in RUNS');
      this.#sink.spoiled(`a message in RUNS could not be folded: ${messageOf(error)}`);
      return [{ path: '(message)', code: 'internal', message: messageOf(error) }];
    }
  }

  /** Beside the others, which must not wait for it; a message that cannot be kept stays in RUNS for the next leader. */
  async #reject(message: JsMsg, issues: readonly Issue[]): Promise<void> {
    const { subject, data: raw, seq } = message;
    this.#limited.error({ subject, issues: issues.slice(0, 3) }, 'a message in RUNS is not a run; rejected');
    const rejection = { subject, raw, id: `${RUNS.name}.${seq}` };
    await this.#rejecting.add(
      reject(this.#options.jetstream, 'run', rejection, issues, this.#stopping.signal).then(
        () => message.ack(),
        (error: unknown) => this.#limited.warn({ reason: messageOf(error) }, 'could not keep a rejected message'),
      ),
    );
  }
}

function read(message: JsMsg): Parsed<RunMessage> {
  const changed = contentHashIssues(message.data, (name) => message.headers?.get(name));
  if (changed.length > 0) return { ok: false, issues: changed };
  const parsed = parseJson(runMessage, message.data);
  if (!parsed.ok || runSubject(parsed.value.run_id) === message.subject) return parsed;
  const text = `it is about run ${parsed.value.run_id}, but was published on ${message.subject}`;
  return { ok: false, issues: [{ path: 'run_id', code: 'subject_mismatch', message: text }] };
}

async function deletePredecessors(manager: JetStreamManager, lease: ReadRunsOptions['lease'], log: Log): Promise<void> {
  for (const { name } of await Array.fromAsync(manager.consumers.list(RUNS.name))) {
    const other = name.startsWith(CONSUMER_PREFIX) ? name.slice(CONSUMER_PREFIX.length) : '';
    if (isLaterEpoch(other, lease.epoch)) {
      if (!isLaterEpoch(other, await lease.newestEpoch()))
        throw new BenchwireError('FENCED', `RUNS is read by a later leader (${other}) than this one (${lease.epoch})`);
      log.error({ consumer: name }, 'RUNS has a consumer that no scheduler can have made; it is removed');
    }
    await deleteConsumer(manager, name);
  }
}

async function deleteConsumer(manager: JetStreamManager, name: string): Promise<void> {
  try {
    await manager.consumers.delete(RUNS.name, name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.status !== 404) throw error;
  }
}
