import type { MetricSeries } from '../../api/types.ts';

/** So many of the newest samples of one thing are kept; older ones are in the result. */
const MOST_POINTS = 4000;

/** The newest samples of a run by task, metric and batch size, from what is stored and what comes in live. */
export class SampleStore {
  #series = new Map<string, MetricSeries>();
  #version = 0;

  /** Differs whenever something was added. */
  get version(): number {
    return this.#version;
  }

  get metrics(): string[] {
    return [...new Set([...this.#series.values()].map(({ metric }) => metric))].sort();
  }

  /** Series of one metric, by task and batch size. */
  of(metric: string): MetricSeries[] {
    return [...this.#series.values()]
      .filter((series) => series.metric === metric)
      .toSorted(
        (a, b) =>
          a.task_id.localeCompare(b.task_id, 'en', { numeric: true }) || (a.batch_size ?? 0) - (b.batch_size ?? 0),
      );
  }

  /** Appends what is newer than the last sample there is, so that a message and the stored history may overlap. */
  add(columns: MetricSeries): void {
    if (columns.times_ms.length === 0) return;
    const key = `${columns.task_id} ${columns.metric} ${columns.batch_size}`;
    const known = this.#series.get(key) ?? { ...columns, times_ms: [], values: [] };
    const last_ms = known.times_ms.at(-1) ?? Number.NEGATIVE_INFINITY;
    const first = columns.times_ms.findIndex((time) => time > last_ms);
    if (first < 0) return;
    known.times_ms.push(...columns.times_ms.slice(first));
    known.values.push(...columns.values.slice(first));
    const surplus = known.times_ms.length - MOST_POINTS;
    if (surplus > 0) {
      known.times_ms.splice(0, surplus);
      known.values.splice(0, surplus);
    }
    this.#series.set(key, known);
    this.#version += 1;
  }
}
