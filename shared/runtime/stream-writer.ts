import {
  type ApiError,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamPublishOptions,
  type PubAck,
} from '@nats-io/jetstream';
import {
  ClosedConnectionError,
  createInbox,
  headers,
  type Msg,
  type NatsConnection,
  NoRespondersError,
  type Status,
  TimeoutError,
} from '@nats-io/transport-node';
import { onStatus } from './connection-status.ts';

/** Whatever can store a message in a stream: the official client, or `StreamWriter` on a hot path. */
export interface StreamPublisher {
  publish(subject: string, payload?: Uint8Array | string, options?: Partial<JetStreamPublishOptions>): Promise<PubAck>;
}

interface Waiting {
  resolve(ack: PubAck): void;
  reject(error: Error): void;
  deadline_ms: number;
}

const KNOWN_OPTIONS: ReadonlySet<string> = new Set(['msgID', 'headers', 'timeout']);

/** Makes a client publish through a writer, but for what the writer does not know: conditions and the like. */
export function publishThrough(client: JetStreamClient, writer: StreamPublisher): JetStreamClient {
  const publish = client.publish.bind(client);
  client.publish = (subject, payload, options = {}) =>
    Object.keys(options).every((name) => KNOWN_OPTIONS.has(name))
      ? writer.publish(subject, payload, options)
      : publish(subject, payload, options);
  return client;
}

const DEFAULT_TIMEOUT_MS = 5000;
const SWEEP_MS = 500;

/**
 * Publishes to JetStream with half the processor time of the official client's `publish`, which makes a timer and an
 * error object (with its stack trace) for each message. Here one inbox takes all acks and one timer watches all
 * deadlines. Knows the options
 * `msgID`, `headers` and `timeout`; conditions (`expect`) belong to the official client.
 * Acks that a reconnect has lost fail at once instead of after their timeout; the caller tries again.
 */
export class StreamWriter implements StreamPublisher {
  readonly #nats: NatsConnection;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #stopSubscription: () => void;
  readonly #leave: () => void;
  #next = 0;

  /** @param inbox_prefix - where this user may receive answers, if not in the usual place */
  constructor(nats: NatsConnection, inbox_prefix?: string) {
    this.#nats = nats;
    this.#inbox = createInbox(inbox_prefix);
    const prefix = this.#inbox.length + 1;
    const subscription = nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#settle(message.subject.slice(prefix), message);
      },
    });
    this.#stopSubscription = () => subscription.unsubscribe();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
    this.#leave = onStatus(nats, (status) => this.#failWithConnection(status));
  }

  publish(
    subject: string,
    payload: Uint8Array | string = '',
    options: Partial<JetStreamPublishOptions> = {},
  ): Promise<PubAck> {
    const token = (this.#next++).toString(36);
    return new Promise((resolve, reject) => {
      let head = options.headers;
      if (options.msgID !== undefined) {
        head ??= headers();
        head.set('Nats-Msg-Id', options.msgID);
      }
      this.#nats.publish(subject, payload, {
        reply: `${this.#inbox}.${token}`,
        ...(head === undefined ? {} : { headers: head }),
      });
      const deadline_ms = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT_MS);
      this.#waiting.set(token, { resolve, reject, deadline_ms });
    });
  }

  /** Ends the waits that are left; the messages may have been stored. */
  stop(): void {
    clearInterval(this.#sweeper);
    this.#leave();
    if (!this.#nats.isClosed()) this.#stopSubscription();
    this.#failAll(() => new ClosedConnectionError());
  }

  #settle(token: string, message: Msg): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return;
    this.#waiting.delete(token);
    if (message.data.length === 0 && message.headers?.code === 503) {
      waiting.reject(new NoRespondersError(message.subject));
      return;
    }
    try {
      const answer = message.json<PubAck & { error?: ApiError }>();
      if (answer.error !== undefined) waiting.reject(new JetStreamApiError(answer.error));
      else {
        answer.duplicate ??= false;
        waiting.resolve(answer);
      }
    } catch (error) {
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (const [token, waiting] of this.#waiting) {
      if (waiting.deadline_ms > now) continue;
      this.#waiting.delete(token);
      waiting.reject(new TimeoutError());
    }
  }

  #failWithConnection({ type }: Status): void {
    if (type === 'reconnect') this.#failAll(() => new TimeoutError());
    if (type === 'close') this.#failAll(() => new ClosedConnectionError());
  }

  #failAll(error: () => Error): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting) each.reject(error());
  }
}
