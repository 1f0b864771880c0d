import type { WatchedStream } from '@benchwire/shared/client/watched.ts';
import type { Position, Told } from './told.ts';

/** What is kept of a topic for those who come back, at most. */
export interface BacklogLimits {
  messages: number;
  characters: number;
}

const LIMITS: BacklogLimits = { messages: 10_000, characters: 4e6 };

/** What the streams hold of a topic behind a position, up to what they hold when it is called. */
export type ReadStored = (after: Position, signal: AbortSignal) => AsyncIterable<Told>;

/**
 * What a topic told already, for those who want more than what is new. What came since the topic was opened is in memory;
 * what came before is read from the streams once for all who want it at about the same time. Neither is kept beyond
 * the limits: then the streams are asked again.
 */
export class Backlog {
  readonly #read: ReadStored;
  readonly #closing: AbortSignal;
  readonly #limits: BacklogLimits;
  /** Everything behind `from`, up to the newest message. */
  #recent: { from: Position; messages: Told[]; characters: number };
  readonly #newest: Position;
  #earlier: SharedReading | undefined;

  /**
   * @param from - everything behind it will be added
   * @param closing - ends the readings that are shared
   */
  constructor(from: Position, read: ReadStored, closing: AbortSignal, limits = LIMITS) {
    this.#read = read;
    this.#closing = closing;
    this.#limits = limits;
    this.#newest = { ...from };
    this.#recent = { from: { ...from }, messages: [], characters: 0 };
  }

  add(message: Told): void {
    const { messages } = this.#recent;
    messages.push(message);
    this.#recent.characters += message.tail.length;
    this.#newest[message.stream] = message.sequence;
    if (messages.length <= this.#limits.messages && this.#recent.characters <= this.#limits.characters) return;
    this.#recent = { from: { ...this.#newest }, messages: [], characters: 0 };
    this.#earlier = undefined;
  }

  /** Everything behind a position, up to what was added when it ends; each stream in its order. */
  async *after(position: Position, signal: AbortSignal): AsyncGenerator<Told, void, undefined> {
    const reached = { ...position };
    let is_alone = false;
    while (!signal.aborted) {
      if (isBehind(this.#recent.from, reached)) {
        yield* behind(this.#recent.messages.slice(), reached);
        return;
      }
      const known = { ...this.#newest };
      const shared: SharedReading | undefined = is_alone ? undefined : this.#readingBehind(reached, known);
      const messages: AsyncIterable<Told> =
        shared === undefined ? this.#read({ ...reached }, signal) : shared.after(reached, signal);
      for await (const message of messages) {
        reached[message.stream] = message.sequence;
        yield message;
      }
      is_alone = shared?.isCut === true;
      if (!is_alone) advance(reached, shared?.known ?? known);
    }
  }

  /** The reading that is shared where it began early enough, else a new one. */
  #readingBehind(from: Position, known: Position): SharedReading {
    if (this.#earlier === undefined || !isBehind(this.#earlier.from, from) || this.#earlier.isOver) {
      this.#earlier = new SharedReading({ ...from }, known, this.#read({ ...from }, this.#closing), this.#limits);
    }
    return this.#earlier;
  }
}

/** One reading of the streams for all who want what it reads. */
class SharedReading {
  readonly from: Position;
  /** The newest of the topic when it began: the streams had it. */
  readonly known: Position;
  /** More came than is kept: who listens has to go on alone. */
  isCut = false;
  readonly #messages: Told[] = [];
  #has_ended = false;
  #failure: { error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(from: Position, known: Position, messages: AsyncIterable<Told>, limits: BacklogLimits) {
    this.from = from;
    this.known = known;
    void this.#keep(messages, limits);
  }

  /** Nobody can join it any more. */
  get isOver(): boolean {
    return this.isCut || this.#failure !== undefined;
  }

  /** @throws what the reading failed with */
  async *after(position: Position, signal: AbortSignal): AsyncGenerator<Told, void, undefined> {
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (let at = 0; !signal.aborted; ) {
        const changed = this.#changed.promise;
        const has_ended = this.#has_ended;
        const next = this.#messages.slice(at);
        at += next.length;
        yield* behind(next, position);
        if (this.#failure !== undefined) throw this.#failure.error;
        if (has_ended) return;
        await Promise.race([changed, stopped.promise]);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #keep(messages: AsyncIterable<Told>, limits: BacklogLimits): Promise<void> {
    let characters = 0;
    try {
      for await (const message of messages) {
        characters += message.tail.length;
        this.isCut = this.#messages.length >= limits.messages || characters > limits.characters;
        if (this.isCut) break;
        this.#messages.push(message);
        this.#tell();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#has_ended = true;
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

const sequenceOf = (position: Position, stream: string): number => position[stream as WatchedStream] ?? 0;

/** Whether everything behind `position` is behind `from`, too. */
function isBehind(from: Position, position: Position): boolean {
  return Object.keys(from).every((stream) => sequenceOf(from, stream) <= sequenceOf(position, stream));
}

function advance(position: Position, to: Position): void {
  for (const [stream, sequence] of Object.entries(to) as Array<[WatchedStream, number]>) {
    position[stream] = Math.max(position[stream] ?? 0, sequence);
  }
}

function* behind(messages: readonly Told[], position: Position): Generator<Told, void, undefined> {
  for (const message of messages) if (message.sequence > (position[message.stream] ?? 0)) yield message;
}
