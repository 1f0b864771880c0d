import type { LiveFrame, LiveRequest } from '@benchwire/shared/contracts/http.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, problemOf } from '../problem.ts';
import { openTopic } from './topics.ts';

/** What @fastify/websocket gives of `ws`. */
interface Socket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
}

/** More than this unsent, and a client is too slow. */
const MOST_UNSENT_BYTES = 4e6;
const MOST_SUBSCRIPTIONS = 64;
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

  say(frame: LiveFrame): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
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
    for (const each of this.#subscriptions.values()) each.abort();
    this.#subscriptions.clear();
    this.#socket.close(1001);
  }

  async #subscribe({ id, topic, from }: Extract<LiveRequest, { op: 'subscribe' }>): Promise<void> {
    const stopping = new AbortController();
    const { signal } = stopping;
    try {
      if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS)
        throw new HttpProblem(429, 'TOO_MANY_TOPICS', `A connection has at most ${MOST_SUBSCRIPTIONS} topics.`);
      this.#subscriptions.set(id, stopping);
      let dropped = 0;
      const messages = await openTopic(this.#gateway.client, topic, from, signal, () => {
        dropped += 1;
      });
      this.say({ op: 'subscribed', id });
      for await (const message of messages) {
        // What a stream keeps waits there for a slow client; the rest is dropped above, and told.
        while (this.#socket.bufferedAmount > MOST_UNSENT_BYTES && !signal.aborted) await pause(20, signal);
        if (signal.aborted) return;
        if (dropped > 0) this.say({ op: 'lagging', id, dropped });
        dropped = 0;
        this.say({ id, topic, ...message });
      }
    } catch (error) {
      if (!signal.aborted) this.say({ op: 'error', id, problem: problemOf(error, this.#request_id) });
    } finally {
      if (this.#subscriptions.get(id) === stopping) this.#subscriptions.delete(id);
    }
  }
}
