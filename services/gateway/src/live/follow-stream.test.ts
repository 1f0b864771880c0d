import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { Backlog, type BacklogLimits } from './backlog.ts';
import { followStream } from './follow-stream.ts';
import type { Listener, Listening, SharedTopics, StreamTopic } from './shared-topics.ts';
import type { Position, Told } from './told.ts';

const topic: StreamTopic = { name: 'run:a', streams: ['events', 'outcomes'], run_id: 'a' };

/** Two streams in memory, with what SharedTopics does with real ones. */
class Streams {
  readonly stored: Told[] = [];
  readings = 0;
  readonly #listeners = new Set<Listener>();
  readonly #limits: BacklogLimits;
  #open: { backlog: Backlog; left: AbortController } | undefined;

  constructor(limits: BacklogLimits = { messages: 1000, characters: 1000 }) {
    this.#limits = limits;
  }

  add(stream: 'events' | 'outcomes'): void {
    const sequence = this.stored.filter((each) => each.stream === stream).length + 1;
    const told = { stream, sequence, tail: 'x' };
    this.stored.push(told);
    this.#open?.backlog.add(told);
    for (const each of this.#listeners) each.hear(told);
  }

  end(): void {
    for (const each of this.#listeners) each.end(undefined);
  }

  async listen(_: StreamTopic, listener: Listener): Promise<Listening> {
    await setImmediate();
    this.#listeners.add(listener);
    if (this.#open === undefined) {
      const left = new AbortController();
      const read = (after: Position, signal: AbortSignal) => this.#read(after, signal);
      this.#open = { backlog: new Backlog(this.#position(), read, left.signal, this.#limits), left };
    }
    const { backlog, left } = this.#open;
    const leave = (): void => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      left.abort();
      this.#open = undefined;
    };
    return { position: this.#position(), stored: (after, signal) => backlog.after(after, signal), leave };
  }

  async *#read(after: Position, signal: AbortSignal) {
    this.readings += 1;
    const end = this.stored.length;
    for (const told of this.stored.slice(0, end)) {
      await setImmediate();
      if (signal.aborted) return;
      if (told.sequence > (after[told.stream] ?? 0)) yield told;
    }
  }

  #position(): Position {
    return Object.fromEntries(
      topic.streams.map((stream) => [stream, this.stored.filter((each) => each.stream === stream).length]),
    );
  }
}

/** A client of the streams, and what it has heard. */
function follow(streams: Streams, from: number | undefined) {
  const stopping = new AbortController();
  const begun = Promise.withResolvers<void>();
  const heard: Told[] = [];
  const client = { heard, is_behind: false, known: 0 };
  const position = from === undefined ? undefined : { events: from, outcomes: from };
  const follower = {
    begin: () => {
      client.known = streams.stored.length;
      begun.resolve();
    },
    send: (told: Told) => void heard.push(told),
    isBehind: () => client.is_behind,
  };
  const following = followStream(streams as unknown as SharedTopics, topic, position, follower, stopping.signal);
  const wanted = (): Told[] =>
    streams.stored.filter(({ sequence }, at) => (from === undefined ? at >= client.known : sequence > from));
  const stop = async (): Promise<void> => {
    stopping.abort();
    await following;
  };
  return { client, begun: begun.promise, wanted, stop };
}

const perStream = (list: readonly Told[]): number[][] =>
  topic.streams.map((stream) => list.filter((each) => each.stream === stream).map(({ sequence }) => sequence));

/** What happens meanwhile: a message, a turn of the event loop, or the client's becoming slow or fast again. */
const happening = fc.constantFrom('events', 'outcomes', 'turn', 'slow', 'fast', 'join');

it('each message once and in order, no matter who joins when, however slow they are and however little is kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ messages: fc.integer({ min: 1, max: 30 }), characters: fc.integer({ min: 1, max: 30 }) }),
      fc.nat({ max: 12 }),
      fc.array(fc.option(fc.nat({ max: 12 }), { nil: undefined }), { minLength: 1, maxLength: 6 }),
      fc.array(happening, { maxLength: 60 }),
      async (limits, before, from, happenings) => {
        const streams = new Streams(limits);
        for (let i = 0; i < before; i++) streams.add(i % 3 === 0 ? 'outcomes' : 'events');
        const coming = [...from];
        const followers = [follow(streams, coming.shift())];
        for (const each of happenings) {
          if (each === 'turn') await setImmediate();
          else if (each === 'join') followers.push(...coming.splice(0, 1).map((place) => follow(streams, place)));
          else if (each === 'slow') (followers.at(-1) as (typeof followers)[0]).client.is_behind = true;
          else if (each === 'fast') for (const { client } of followers) client.is_behind = false;
          else streams.add(each);
        }
        for (const { client } of followers) client.is_behind = false;
        await Promise.all(followers.map(({ begun }) => begun));
        for (const { client, wanted } of followers) {
          await vi.waitFor(() => expect(client.heard.length).toBeGreaterThanOrEqual(wanted().length), {
            timeout: 5000,
            interval: 1,
          });
        }
        streams.end();
        for (const { client, wanted, stop } of followers) {
          await stop();
          expect(perStream(client.heard)).toEqual(perStream(wanted()));
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('many who come back at once cost one reading of the streams, and later ones none', async () => {
  const streams = new Streams();
  for (let i = 0; i < 50; i++) streams.add('events');
  const first = Array.from({ length: 20 }, () => follow(streams, 10));
  for (const { client } of first) await vi.waitFor(() => expect(client.heard).toHaveLength(40), 5000);
  for (let i = 0; i < 5; i++) streams.add('outcomes');
  const later = [follow(streams, 20), follow(streams, undefined)];
  await vi.waitFor(() => expect(later[0]?.client.heard).toHaveLength(30), 5000);
  expect(streams.readings).toBe(1);
  await Promise.all([...first, ...later].map(({ stop }) => stop()));
});
