import { aggregateOf } from '@benchwire/shared/compare/series-aggregate.ts';
import {
  AGGREGATED_POINTS,
  MAX_AGGREGATES_PER_SECOND,
  seriesAggregateSubject,
} from '@benchwire/shared/contracts/series-aggregate.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Queries } from '../adapters/database.ts';
import { findAggregates } from '../tables/results.ts';

/** Series that may wait. Beyond that the longest waiting ones are left out: their next points bring them again. */
const MAX_WAITING = 20_000;
const EVERY_MS = 1000;

export interface SeriesAggregatesOptions {
  nats: Pick<NatsConnection, 'publish'>;
  database: Queries;
  log: Log;
}

/**
 * Publishes what series come to after they got new points. A series that gets many is published once a second with what it is then,
 * and never more than MAX_AGGREGATES_PER_SECOND in all: the writing of points never waits for it.
 */
export class SeriesAggregates {
  readonly #options: SeriesAggregatesOptions;
  /** In the order in which they changed. */
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #publishing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SeriesAggregatesOptions) {
    this.#options = options;
  }

  /** These series got points that are stored. */
  changed(series_ids: Iterable<string>): void {
    if (this.#stopped) return;
    for (const series_id of series_ids) this.#waiting.add(series_id);
    let excess = this.#waiting.size - MAX_WAITING;
    for (const series_id of this.#waiting) {
      if (excess-- <= 0) break;
      this.#waiting.delete(series_id);
    }
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#publishing;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#stopped || this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#publishing = this.#publishSome().finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, EVERY_MS);
  }

  async #publishSome(): Promise<void> {
    const { nats, database, log } = this.#options;
    const series_ids = [...this.#waiting].slice(0, MAX_AGGREGATES_PER_SECOND);
    // Points that come while the database is asked make it wait again.
    for (const series_id of series_ids) this.#waiting.delete(series_id);
    try {
      for (const row of await findAggregates(database, { series_ids, points: AGGREGATED_POINTS }))
        nats.publish(seriesAggregateSubject(row.series_id), JSON.stringify(aggregateOf(row)));
    } catch (error) {
      // A live view: the next point brings it, and what is stored is asked for with a query.
      log.warn({ err: error, series: series_ids.length }, 'aggregates of series were not published');
    }
  }
}
