import type { Client } from '@benchwire/shared/client/client.ts';
import { READERS, type Watched, type WatchedStream } from '@benchwire/shared/client/watched.ts';
import type { LiveKind } from '@benchwire/shared/contracts/api/live.ts';
import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { Backlog } from './backlog.ts';
import type { Position, Told } from './told.ts';

/** What is told of the streams: of one run, or of everything. */
export interface StreamTopic {
  /** As clients name it. */
  name: string;
  streams: readonly WatchedStream[];
  run_id: string | undefined;
}

export interface Listener {
  hear(message: Told): void;
  /** No more will come: the run is over, or (with an error) the reading failed. */
  end(error: Error | undefined): void;
}

/** A listener's place in a topic. */
export interface Listening {
  /** What is behind it will be heard. */
  position: Position;
  /** What the topic told, or the streams hold, behind a position, up to what is heard by then. */
  stored(after: Position, signal: AbortSignal): AsyncIterable<Told>;
  leave(): void;
}

const KINDS = {
  outcomes: 'outcome',
  events: 'event',
  findings: 'finding',
  metrics: 'metrics',
} as const satisfies Record<WatchedStream, LiveKind>;

/** Reads each topic once for all who listen to it, and what it told before once for those who come at the same time. */
export class SharedTopics {
  readonly #client: Client;
  readonly #manager: JetStreamManager;
  readonly #open = new Map<string, SharedTopic>();

  constructor(client: Client, manager: JetStreamManager) {
    this.#client = client;
    this.#manager = manager;
  }

  /**
   * Hears everything that is stored from the returned position on. Leaving the last listener ends the reading.
   * @throws as `watch` does
   */
  async listen(topic: StreamTopic, listener: Listener): Promise<Listening> {
    let shared = this.#open.get(topic.name);
    if (shared === undefined) {
      shared = new SharedTopic(this.#client, this.#manager, topic, () => {
        if (this.#open.get(topic.name) === shared) this.#open.delete(topic.name);
      });
      this.#open.set(topic.name, shared);
    }
    return await shared.listen(listener);
  }
}

class SharedTopic {
  readonly #topic: StreamTopic;
  readonly #listeners = new Set<Listener>();
  readonly #stopping = new AbortController();
  readonly #ended: () => void;
  readonly #started: Promise<Backlog>;
  readonly #position: Position = {};
  /** Nobody listens any more: what is read for them may stop. */
  readonly #left = new AbortController();

  constructor(client: Client, manager: JetStreamManager, topic: StreamTopic, ended: () => void) {
    this.#topic = topic;
    this.#ended = ended;
    this.#started = this.#start(client, manager);
    // Every listener gets it; there may be none left.
    this.#started.catch(() => undefined);
  }

  async listen(listener: Listener): Promise<Listening> {
    this.#listeners.add(listener);
    const leave = (): void => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop();
      this.#left.abort();
    };
    try {
      const backlog = await this.#started;
      return { position: { ...this.#position }, stored: (after, signal) => backlog.after(after, signal), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #start(client: Client, manager: JetStreamManager): Promise<Backlog> {
    const { streams, run_id } = this.#topic;
    try {
      await Promise.all(
        streams.map(async (stream) => {
          this.#position[stream] = await lastSequence(manager, READERS[stream].name);
        }),
      );
      const read = (after: Position, signal: AbortSignal) => readStored(client, this.#topic, after, signal);
      const backlog = new Backlog(this.#position, read, this.#left.signal);
      const { signal } = this.#stopping;
      const watched = await client.watch({ streams, run_id, signal, from: { after: { ...this.#position } } });
      void this.#read(watched, backlog);
      return backlog;
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  async #read(watched: AsyncIterable<Watched>, backlog: Backlog): Promise<void> {
    let failure: Error | undefined;
    try {
      for await (const message of watched) {
        const told = toldOf(this.#topic, message);
        if (told === undefined) continue;
        this.#position[told.stream] = told.sequence;
        backlog.add(told);
        for (const each of this.#listeners) each.hear(told);
      }
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#stop();
    for (const each of this.#listeners) each.end(failure);
  }

  #stop(): void {
    this.#ended();
    this.#stopping.abort();
  }
}

/** What the streams hold of a topic behind a position, up to what they hold now. */
async function* readStored(
  client: Client,
  topic: StreamTopic,
  after: Position,
  signal: AbortSignal,
): AsyncGenerator<Told, void, undefined> {
  const { streams, run_id } = topic;
  const from = { after: Object.fromEntries(streams.map((stream) => [stream, after[stream] ?? 0])) };
  for await (const message of await client.watch({ streams, run_id, signal, from, until: 'caught_up' })) {
    const told = toldOf(topic, message);
    if (told !== undefined) yield told;
  }
}

function toldOf({ name }: StreamTopic, message: Watched): Told | undefined {
  if (message.stream === 'unreadable') return undefined;
  const { stream, sequence, value } = message;
  const rest = { topic: name, kind: KINDS[stream], sequence: `${READERS[stream].name}:${sequence}`, data: value };
  return { stream, sequence, tail: JSON.stringify(rest).slice(1) };
}

async function lastSequence(manager: JetStreamManager, stream: string): Promise<number> {
  try {
    return (await manager.streams.info(stream)).state.last_seq;
  } catch (error) {
    // Not there yet: everything will be new.
    if (error instanceof JetStreamApiError && error.status === 404) return 0;
    throw error;
  }
}
