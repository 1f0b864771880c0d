import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nuid } from '@nats-io/transport-node';
import { closeWhenSilent, IDLE_HEARTBEAT_MS } from './close-when-silent.ts';
import { onStatus } from './connection-status.ts';
import { pause } from './lifecycle.ts';
import type { NatsConnection } from './nats.ts';
import { violationOf } from './permission-violation.ts';

/** A connection with its clients of JetStream. */
export interface JetStream {
  nats: NatsConnection;
  client: JetStreamClient;
  manager: JetStreamManager;
}

/** Where reading begins: behind a sequence (0: with the first message there is), or with the first message since a time. */
export type TailStart = { after: number } | { since: Date };

export interface TailOptions {
  stream: string;
  filter: string;
  from: TailStart;
  /** Messages that may wait here for a slow reader; the rest waits on the server. */
  max_buffered: number;
  signal: AbortSignal;
  /** Gets what is wrong while reading. Reading goes on after it, or ends with what this throws. */
  onError: (error: unknown) => void;
  /** What was read is not what the stream holds now: it is another stream, or has lost its end in a crash. */
  onLoss?: () => void;
}

/** What a source says: the next item, or only how it stands. */
export interface Step<T> {
  item: T | undefined;
  /** There is more behind it, as far as is known. */
  behind: boolean;
}

interface Opened {
  messages: ConsumerMessages;
  /** Whether the server says that it has messages for it. A hint, for the order of a replay: the count may be too high. */
  has_more: boolean;
  /** Where they begin. */
  position: TailStart;
  /** When the stream was created. */
  created: string;
}

const AGAIN_MS = 300;
/** The server forgets what was read with, once nobody has asked for more for so long. */
const FORGET_MS = 30_000;

/**
 * Reads a stream from the side, the one way to do so: each message once, in the stream's order; leaves nothing behind on the server, and goes
 * on where it was after a lost connection or a restarted server. Iterate it once; it ends when its signal aborts, or at
 * `endAt`.
 *
 * A consumer lives in the server's memory, and what was on its way when a connection broke is lost with it. The NATS
 * client's own recovery can stay silent for ever after a server's death, and does not miss the last message on a broken
 * connection. So this one recovers in one way only, whatever happened: it begins anew behind the last message it gave out.
 * @throws what `onError` throws
 */
export class Tail implements AsyncIterable<Step<JsMsg>> {
  readonly #jetstream: JetStream;
  readonly #options: TailOptions;
  /** Nothing before it is left to give out. */
  #position: TailStart;
  #end = Number.POSITIVE_INFINITY;
  /** When the stream was created that was read last. */
  #created: string | undefined;
  #violation: Error | undefined;
  /** Ends the reading under way. */
  #interrupt: () => void = () => {};

  constructor(jetstream: JetStream, options: TailOptions) {
    this.#jetstream = jetstream;
    this.#options = options;
    this.#position = options.from;
  }

  /** The sequence behind which reading begins or goes on; undefined until the server has said where a time begins. */
  get after(): number | undefined {
    return 'after' in this.#position ? this.#position.after : undefined;
  }

  /** Everything up to the end was given out. */
  get ended(): boolean {
    return this.#end === 0 || ('after' in this.#position && this.#position.after >= this.#end);
  }

  /** Gives out nothing behind a sequence, and ends with it. Of several ends the first one holds. */
  endAt(sequence: number): void {
    this.#end = Math.min(this.#end, sequence);
    if (this.ended) this.#interrupt();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Step<JsMsg>, void, undefined> {
    const { nats } = this.#jetstream;
    const { signal, onError } = this.#options;
    let connected = Promise.withResolvers<void>();
    connected.resolve();
    const interrupt = (): void => {
      connected.resolve();
      this.#interrupt();
    };
    signal.addEventListener('abort', interrupt);
    const leave = onStatus(nats, (status) => {
      if (status.type === 'error') this.#checkViolation(status.error);
      if (status.type === 'disconnect') connected = Promise.withResolvers();
      if (status.type === 'disconnect' || status.type === 'close') this.#interrupt();
      if (status.type === 'reconnect' || status.type === 'close') connected.resolve();
    });
    try {
      while (!signal.aborted && !this.ended) {
        try {
          yield* this.#readOnce();
        } catch (error) {
          if (signal.aborted) return;
          onError(error);
        }
        if (this.#violation !== undefined) onError(this.#violation);
        this.#violation = undefined;
        if (signal.aborted || this.ended) return;
        yield { item: undefined, behind: false };
        await pause(AGAIN_MS, signal);
        // What is asked before is lost, and only missed after a timeout.
        await connected.promise;
      }
    } finally {
      leave();
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** Reads until something is wrong, or the end. */
  async *#readOnce(): AsyncGenerator<Step<JsMsg>, void, undefined> {
    const { signal } = this.#options;
    const interrupted = Promise.withResolvers<undefined>();
    this.#interrupt = () => interrupted.resolve(undefined);
    const opening = this.#open();
    const opened = await Promise.race([opening, interrupted.promise]);
    if (opened === undefined) {
      opening.then(({ messages }) => messages.close()).catch(() => undefined); // too late to matter
      return;
    }
    const { messages, has_more } = opened;
    const close = (): void => void messages.close();
    this.#interrupt = close;
    closeWhenSilent(messages, close);
    this.#position = opened.position;
    this.#created = opened.created;
    try {
      if (signal.aborted || this.ended) return;
      yield { item: undefined, behind: has_more };
      let expected = 1;
      for await (const message of messages) {
        // A number is missing: something was lost on the way.
        if (message.info.deliverySequence !== expected++) return;
        if (signal.aborted || this.ended) return;
        if ('after' in this.#position && message.seq <= this.#position.after) continue;
        this.#position = { after: message.seq };
        // The last message may have gone from the stream before it was read; then one behind it comes first.
        if (message.seq <= this.#end) yield { item: message, behind: message.info.pending > 0 && !this.ended };
        if (this.ended) return;
      }
    } finally {
      close();
      this.#interrupt = () => {};
    }
  }

  async #open(): Promise<Opened> {
    const { client, manager } = this.#jetstream;
    const { stream, filter, max_buffered, onLoss } = this.#options;
    const { created, state } = await manager.streams.info(stream);
    let position = this.#position;
    const is_other = this.#created !== undefined && this.#created !== created;
    if (is_other || ('after' in position && position.after > state.last_seq)) {
      // Of another stream under the same name nothing was read. A server that has lost the stream's last messages in a
      // crash gives their sequences to other ones.
      position = { after: is_other ? 0 : state.last_seq };
      if (this.#created !== undefined) onLoss?.();
    }

    const consumer = await manager.consumers.add(stream, {
      // With a name the server's permissions apply to the filter, too.
      name: nuid.next(),
      ...('since' in position
        ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: position.since.toISOString() }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: position.after + 1 }),
      filter_subject: filter,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: FORGET_MS * 1_000_000,
    });
    // What it begins behind; a replica that lags may begin earlier than it was told.
    const { stream_seq } = consumer.delivered;
    position = { after: 'after' in position ? Math.max(position.after, stream_seq) : stream_seq };
    const messages = await client.consumers.getConsumerFromInfo(consumer).consume({
      max_messages: max_buffered,
      expires: 5000,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    return { messages, has_more: consumer.num_pending > 0, position, created };
  }

  /** The server tells of a forbidden subject only beside the answer, and a pull has none. */
  #checkViolation(error: unknown): void {
    const violation = violationOf(error);
    if (!violation?.subject.includes(`.CONSUMER.MSG.NEXT.${this.#options.stream}.`)) return;
    this.#violation = violation;
    this.#interrupt();
  }
}
