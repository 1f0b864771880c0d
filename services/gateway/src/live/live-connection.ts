import type { LiveMessage, LiveNotice, LiveRequest } from '@benchwire/shared/contracts/api/live.ts';
import { MAX_TOPICS } from '@benchwire/shared/contracts/limits.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, problemOf } from '../problem.ts';
import { followStream } from './follow-stream.ts';
import type { StreamTopic } from './shared-topics.ts';
import type { Told } from './told.ts';
import { hearPlain, type PlainTopic, positionOf, readTopic } from './topics.ts';

/** What @fastify/websocket gives of `ws`. */
interface Socket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
}

/** A message whose data is passed on as it came. */
type Unread = Omit<LiveMessage, 'data'> & { data: unknown };

/** More than this unsent, and a client is too slow. */
const MAX_UNSENT_BYTES = 4e6;
const OPEN = 1;

/** One client: its subscriptions, and what is sent to it. */
export class LiveConnection {
  readonly #gateway: Gateway;
  readonly #socket: Socket;
  readonly #request_id: string;
  readonly #subscriptions = new Map<string, AbortController>();

  constructor(gateway: Gateway, socket: Socket, request_id: string) {
    this.#gateway = gateway;
    this.#socket = socket;
    this.#request_id = request_id;
  }

  say(notice: LiveNotice): void {
    this.#write(notice);
  }

  receive(request: LiveRequest): void {
    if (request.op === 'ping') {
      this.say({ op: 'pong' });
      return;
    }
    this.#subscriptions.get(request.id)?.abort();
    this.#subscriptions.delete(request.id);
    if (request.op === 'subscribe') void this.#subscribe(request);
  }

  close(): void {
    this.leave();
    this.#socket.close(1001);
  }

  /** Ends every subscription. */
  leave(): void {
    for (const each of this.#subscriptions.values()) each.abort();
    this.#subscriptions.clear();
  }

  #write(frame: LiveNotice | Unread): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
  }

  async #subscribe({ id, topic, from }: Extract<LiveRequest, { op: 'subscribe' }>): Promise<void> {
    const stopping = new AbortController();
    const { signal } = stopping;
    try {
      if (this.#subscriptions.size >= MAX_TOPICS)
        throw new HttpProblem(429, 'TOO_MANY_TOPICS', `A connection has at most ${MAX_TOPICS} topics.`);
      this.#subscriptions.set(id, stopping);
      const asked = readTopic(topic);
      if ('subject' in asked) await this.#hear(id, asked, signal);
      else await this.#follow(id, asked, from, signal);
    } catch (error) {
      if (!signal.aborted) this.say({ op: 'error', id, problem: problemOf(error, this.#request_id) });
    } finally {
      if (this.#subscriptions.get(id) === stopping) this.#subscriptions.delete(id);
    }
  }

  async #follow(
    id: string,
    topic: StreamTopic,
    from: Record<string, number> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const head = `{"id":${JSON.stringify(id)},`;
    const follower = {
      begin: () => this.say({ op: 'subscribed', id }),
      send: ({ tail }: Told) => {
        if (!signal.aborted && this.#socket.readyState === OPEN) this.#socket.send(head + tail);
      },
      isBehind: () => this.#socket.bufferedAmount > MAX_UNSENT_BYTES,
    };
    const position = from === undefined ? undefined : positionOf(topic, from);
    await followStream(this.#gateway.topics, topic, position, follower, signal);
  }

  /** What no stream keeps is left out where the client is too slow, and told. */
  async #hear(id: string, topic: PlainTopic, signal: AbortSignal): Promise<void> {
    let dropped = 0;
    const messages = hearPlain(this.#gateway.client, topic, signal, () => {
      dropped += 1;
    });
    this.say({ op: 'subscribed', id });
    for await (const data of messages) {
      while (this.#socket.bufferedAmount > MAX_UNSENT_BYTES && !signal.aborted) await pause(20, signal);
      if (signal.aborted) return;
      if (dropped > 0) this.say({ op: 'lagging', id, dropped });
      dropped = 0;
      this.#write({ id, topic: topic.name, kind: topic.kind, sequence: null, data });
    }
  }
}
