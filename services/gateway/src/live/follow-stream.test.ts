import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { followStream } from './follow-stream.ts';
import type { Listener, Position, SharedTopics, StreamTopic, Told } from './shared-topics.ts';

const topic: StreamTopic = { name: 'run:a', streams: ['events', 'outcomes'], run_id: 'a' };

/** Two streams in memory, with what SharedTopics does with real ones. */
class Streams {
  readonly stored: Told[] = [];
  readonly #listeners = new Set<Listener>();

  add(stream: 'events' | 'outcomes'): void {
    const sequence = this.stored.filter((each) => each.stream === stream).length + 1;
    const told = { stream, sequence, tail: '' };
    this.stored.push(told);
    for (const each of this.#listeners) each.hear(told);
  }

  end(): void {
    for (const each of this.#listeners) each.end(undefined);
  }

  async listen(_: StreamTopic, listener: Listener) {
    await setImmediate();
    this.#listeners.add(listener);
    return { position: this.#position(), leave: () => void this.#listeners.delete(listener) };
  }

  async *readStored(_: StreamTopic, after: Position) {
    const end = this.stored.length;
    for (const told of this.stored.slice(0, end)) {
      await setImmediate();
      if (told.sequence > (after[told.stream] ?? 0)) yield told;
    }
  }

  #position(): Position {
    return Object.fromEntries(
      topic.streams.map((stream) => [stream, this.stored.filter((each) => each.stream === stream).length]),
    );
  }
}

/** What happens meanwhile: a message, a turn of the event loop, or the client's becoming slow or fast again. */
const happening = fc.constantFrom('events', 'outcomes', 'turn', 'slow', 'fast');

it('each message once and in order, whoever joins when and however slow they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 12 }),
      fc.option(fc.nat({ max: 12 }), { nil: undefined }),
      fc.array(happening, { maxLength: 60 }),
      async (before, from, happenings) => {
        const streams = new Streams();
        for (let i = 0; i < before; i++) streams.add(i % 3 === 0 ? 'outcomes' : 'events');
        const heard: Told[] = [];
        let is_behind = false;
        const stopping = new AbortController();
        const begun = Promise.withResolvers<void>();
        const position = from === undefined ? undefined : { events: from, outcomes: from };
        const follower = {
          begin: () => begun.resolve(),
          send: (told: Told) => void heard.push(told),
          isBehind: () => is_behind,
        };
        const following = followStream(streams as unknown as SharedTopics, topic, position, follower, stopping.signal);
        await begun.promise;
        const known = from === undefined ? streams.stored.length : 0;
        for (const each of happenings) {
          if (each === 'turn') await setImmediate();
          else if (each === 'slow') is_behind = true;
          else if (each === 'fast') is_behind = false;
          else streams.add(each);
        }
        is_behind = false;
        const wanted = streams.stored.filter(({ sequence }, at) =>
          from === undefined ? at >= known : sequence > from,
        );
        await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(wanted.length), {
          timeout: 5000,
          interval: 1,
        });
        streams.end();
        stopping.abort();
        await following;
        for (const stream of topic.streams) {
          const of = (list: Told[]): number[] =>
            list.filter((each) => each.stream === stream).map(({ sequence }) => sequence);
          expect(of(heard)).toEqual(of(wanted));
        }
      },
    ),
    { numRuns: 150 },
  );
});
