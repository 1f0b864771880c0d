import { nextSequence, type Reader } from '@benchwire/shared/runtime/read-to-end.ts';
import type { JetStreamManager } from '@nats-io/jetstream';

/** How far a leader is. */
export interface LeaderProgress {
  is_leading: boolean;
  /** What it does, for a person. */
  phase: string;
  readers: readonly Reader[];
  /** Grows with what it does where no reader moves. */
  steps: number;
  redis_answers: boolean;
}

/** A leader that stands still for so long while there is work does not lead. */
const STUCK_MS = 10_000;

/**
 * Tells whether a leader is stuck: its start does not get on, a stream holds messages that it does not fold, or Redis is
 * away. It then gives the lease to others, who may not have what it has.
 */
export class Watchdog {
  readonly #manager: JetStreamManager;
  #marker = '';
  #marked_at = 0;
  #redis_seen_at: number | undefined;
  /** By stream: where its reader stood, and since when there is more. */
  readonly #waiting = new Map<string, { position: number; since: number }>();

  constructor(manager: JetStreamManager) {
    this.#manager = manager;
  }

  /**
   * @param now - monotonic, milliseconds
   * @returns what the leader is stuck with, for a person
   */
  async look(progress: LeaderProgress, now: number): Promise<string | undefined> {
    const { is_leading, phase, readers, steps, redis_answers } = progress;
    if (redis_answers) this.#redis_seen_at = now;
    this.#redis_seen_at ??= now;
    if (now - this.#redis_seen_at >= STUCK_MS) return `no answer from Redis for ${seconds(now - this.#redis_seen_at)}`;
    if (is_leading) {
      for (const reader of readers) {
        const since = await this.#waitingSince(reader, now);
        if (now - since >= STUCK_MS)
          return `${reader.stream} goes on behind ${reader.position()}, and nothing of it has arrived for ${seconds(now - since)}`;
      }
      return undefined;
    }
    const marker = [phase, steps, ...readers.map(({ position }) => position())].join(' ');
    if (marker !== this.#marker) {
      this.#marker = marker;
      this.#marked_at = now;
    }
    const still_ms = now - this.#marked_at;
    return still_ms < STUCK_MS ? undefined : `no progress for ${seconds(still_ms)} while ${describe(progress)}`;
  }

  async #waitingSince(reader: Reader, now: number): Promise<number> {
    const { stream, filter, position } = reader;
    const at = position();
    const before = this.#waiting.get(stream);
    const next = await nextSequence(this.#manager, stream, at, filter);
    if (next === undefined) {
      this.#waiting.delete(stream);
      return now;
    }
    if (before?.position === at) return before.since;
    this.#waiting.set(stream, { position: at, since: now });
    return now;
  }
}

/** What a leader does, and how far it is with it. */
export function describe({ phase, readers }: LeaderProgress): string {
  const reader = readers.at(-1);
  return reader === undefined ? phase : `${phase} (${reader.stream} is read up to ${reader.position()})`;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
