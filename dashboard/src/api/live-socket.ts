import type { LiveMessage, LiveNotice } from '@benchwire/shared/contracts/api/live.ts';
import { CLOSE_UNAUTHORIZED } from '@benchwire/shared/contracts/close-codes.ts';
import { LiveCursors } from './live-cursors.ts';
import { readJson } from './read-json.ts';

export type LiveState = 'connecting' | 'open' | 'waiting' | 'closed';
export type LiveListener = (message: LiveMessage) => void;

interface Subscription {
  id: string;
  topic: string;
  listeners: Set<LiveListener>;
  cursors: LiveCursors;
}

/** The server says something every 15 s; twice that without a word and the connection is dead. */
const SILENCE_MS = 35_000;
/** A server that takes a connection and says nothing is left after so long. */
const CONNECT_MS = 5000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;

/**
 * One WebSocket for all topics. It reconnects by itself, subscribes to everything again, and goes on after the last
 * message that was seen of each stream.
 */
export class LiveSocket {
  #url: string;
  #socket: WebSocket | undefined;
  #subscriptions = new Map<string, Subscription>();
  #stateListeners = new Set<() => void>();
  #state: LiveState = 'closed';
  readonly #onUnauthorized: () => void;
  readonly #connect_ms: number;
  #dropped = 0;
  #attempts = 0;
  #number = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, onUnauthorized: () => void = () => {}, connect_ms = CONNECT_MS) {
    this.#url = url;
    this.#onUnauthorized = onUnauthorized;
    this.#connect_ms = connect_ms;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Messages that the server had to leave out because this page was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  start(): void {
    if (this.#socket === undefined) this.#connect();
  }

  stop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#setState('closed');
  }

  /** Listens to a topic until the returned function is called. Several listeners of a topic share one subscription. */
  subscribe(topic: string, listener: LiveListener): () => void {
    const subscription = this.#subscriptions.get(topic) ?? this.#add(topic);
    subscription.listeners.add(listener);
    return () => {
      subscription.listeners.delete(listener);
      if (subscription.listeners.size > 0 || this.#subscriptions.get(topic) !== subscription) return;
      this.#subscriptions.delete(topic);
      this.#say({ op: 'unsubscribe', id: subscription.id });
    };
  }

  #add(topic: string): Subscription {
    this.#number += 1;
    const subscription = {
      id: `s${this.#number}`,
      topic,
      listeners: new Set<LiveListener>(),
      cursors: new LiveCursors(),
    };
    this.#subscriptions.set(topic, subscription);
    this.#ask(subscription);
    return subscription;
  }

  #ask({ id, topic, cursors }: Subscription): void {
    const from = cursors.from();
    this.#say({ op: 'subscribe', id, topic, ...(from === undefined ? {} : { from }) });
  }

  #say(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #connect(): void {
    this.#setState('connecting');
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#silence = setTimeout(() => socket.close(), this.#connect_ms);
    socket.onopen = () => {
      this.#attempts = 0;
      this.#setState('open');
      this.#heard();
      for (const subscription of this.#subscriptions.values()) this.#ask(subscription);
    };
    socket.onmessage = ({ data }) => {
      this.#heard();
      this.#receive(readFrame(String(data)));
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      // What let this page in has ended: the session is asked for again, and says who must sign in.
      if (code === CLOSE_UNAUTHORIZED) this.#onUnauthorized();
      this.#reconnect();
    };
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket?.close(), SILENCE_MS);
  }

  #reconnect(): void {
    clearTimeout(this.#silence);
    this.#setState('waiting');
    const wait = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #receive(frame: LiveNotice | LiveMessage): void {
    if ('op' in frame) {
      if (frame.op !== 'lagging') return;
      this.#dropped += frame.dropped;
      this.#tell();
      return;
    }
    const subscription = this.#subscriptions.get(frame.topic);
    if (subscription === undefined || !subscription.cursors.isNew(frame.sequence)) return;
    for (const listener of subscription.listeners) listener(frame);
  }

  #setState(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#stateListeners) listener();
  }
}

/** What comes is the gateway's, of the version of this page: it is not checked again. */
const readFrame = (text: string): LiveNotice | LiveMessage => readJson(text) as LiveNotice | LiveMessage;
