import {
  encodeMetricBatch,
  type MetricColumns,
  metricBatchId,
  metricsSubject,
} from '@benchwire/shared/contracts/metrics.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { StreamPublisher } from '@benchwire/shared/runtime/stream-writer.ts';

/** A point is two 64-bit floats with a tag each: 18 bytes. 10,000 of them stay far below a message of 1 MiB. */
const MAX_BATCH_POINTS = 10_000;
/** Names are at most 256 characters, so this many columns are at most 200 KB of names. */
const MAX_BATCH_COLUMNS = 256;
const MAX_IN_FLIGHT = 4;
/** Points wait this long for others to share a message with. */
const LINGER_MS = 100;

export interface MetricStreamOptions {
  client: StreamPublisher;
  run_id: string;
  task_id: string;
  attempt: number;
  worker_id: string;
  onPublished: (points: number) => void;
}

/**
 * The metric points of one attempt on their way to METRICS: merged per metric into columnar batches with increasing
 * sequence. At most `MAX_IN_FLIGHT` batches are under way and one is being filled; `add` waits while both are full, so
 * a slow server slows the attempt instead of filling the memory.
 */
export class MetricStream {
  readonly #options: MetricStreamOptions;
  #pending = new Map<string, MetricColumns>();
  #pendingPoints = 0;
  #sequence = 0;
  readonly #inFlight = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #refused: { points: number; reason: string } | undefined;

  constructor(options: MetricStreamOptions) {
    this.#options = options;
  }

  /** Takes points; resolves when there is room for more. The arrays stay the caller's. */
  async add(columns: MetricColumns): Promise<void> {
    let from = 0;
    while (from < columns.values.length) {
      while (this.#isFull()) {
        if (this.#inFlight.size < MAX_IN_FLIGHT) this.#send();
        else await Promise.race(this.#inFlight);
      }
      from += this.#merge(columns, from);
    }
    if (this.#isFull() && this.#inFlight.size < MAX_IN_FLIGHT) this.#send();
    else this.#timer ??= setTimeout(() => this.#linger(), LINGER_MS);
  }

  /** Resolves once the server has everything. Gives back what it refused, if anything. */
  async flush(): Promise<string | undefined> {
    if (this.#pendingPoints > 0) this.#send();
    clearTimeout(this.#timer);
    while (this.#inFlight.size > 0) await Promise.race(this.#inFlight);
    return this.#refused === undefined
      ? undefined
      : `${this.#refused.points} metric points could not be stored: ${this.#refused.reason}`;
  }

  #isFull(): boolean {
    return this.#pendingPoints >= MAX_BATCH_POINTS || this.#pending.size >= MAX_BATCH_COLUMNS;
  }

  #merge(columns: MetricColumns, from: number): number {
    const { metric, unit, batch_size } = columns;
    const key = `${metric}\u0000${unit ?? ''}\u0000${batch_size ?? ''}`;
    let target = this.#pending.get(key);
    if (target === undefined) {
      target = { metric, unit, batch_size, times_ms: [], values: [] };
      this.#pending.set(key, target);
    }
    const count = Math.min(columns.values.length - from, MAX_BATCH_POINTS - this.#pendingPoints);
    for (let i = from; i < from + count; i++) {
      target.times_ms.push(columns.times_ms[i] ?? 0);
      target.values.push(columns.values[i] ?? 0);
    }
    this.#pendingPoints += count;
    return count;
  }

  #linger(): void {
    this.#timer = undefined;
    if (this.#pendingPoints === 0) return;
    // Full house: the next add, or the flush, sends what waits.
    if (this.#inFlight.size >= MAX_IN_FLIGHT) this.#timer = setTimeout(() => this.#linger(), LINGER_MS);
    else this.#send();
  }

  #send(): void {
    const { client, onPublished, run_id, task_id, attempt, worker_id } = this.#options;
    const points = this.#pendingPoints;
    const batch = {
      v: 1 as const,
      run_id,
      task_id,
      attempt,
      worker_id,
      sequence: this.#sequence++,
      columns: [...this.#pending.values()],
    };
    this.#pending = new Map();
    this.#pendingPoints = 0;
    const sending = publish(client, metricsSubject(batch), encodeMetricBatch(batch), { id: metricBatchId(batch) })
      .then(
        () => onPublished(points),
        (error: unknown) => {
          this.#refused = { points: (this.#refused?.points ?? 0) + points, reason: messageOf(error) };
        },
      )
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }
}
