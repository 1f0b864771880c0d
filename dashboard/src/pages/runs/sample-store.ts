import type { SamplesRow } from '@benchwire/shared/contracts/rows.ts';

/** With more samples of one thing than this, they are thinned: a picture has no room for more. */
const MAX_POINTS = 4000;

/** The samples of a run by task, metric and batch size, from what is stored and what comes in live, thinned to what a picture shows. */
export class SampleStore {
  #series = new Map<string, SamplesRow>();
  #version = 0;

  /** Differs whenever something was added. */
  get version(): number {
    return this.#version;
  }

  get metrics(): string[] {
    return [...new Set([...this.#series.values()].map(({ metric }) => metric))].sort();
  }

  /** Series of one metric, by task and batch size. */
  of(metric: string): SamplesRow[] {
    return [...this.#series.values()]
      .filter((series) => series.metric === metric)
      .toSorted(
        (a, b) =>
          a.task_id.localeCompare(b.task_id, 'en', { numeric: true }) || (a.batch_size ?? 0) - (b.batch_size ?? 0),
      );
  }

  /** Puts what is stored in place of what came in live at that time; what is newer than all that is stored stays. */
  fill(stored: readonly SamplesRow[]): void {
    const live = [...this.#series.values()];
    this.#series.clear();
    this.#version += 1;
    for (const series of [...stored, ...live]) this.add(series);
  }

  /** Appends what is newer than the last sample there is, so that a message and the stored history may overlap. */
  add(columns: SamplesRow): void {
    if (columns.times_ms.length === 0) return;
    const key = `${columns.task_id} ${columns.metric} ${columns.batch_size}`;
    const known = this.#series.get(key) ?? { ...columns, times_ms: [], values: [] };
    const last_ms = known.times_ms.at(-1) ?? Number.NEGATIVE_INFINITY;
    const first = columns.times_ms.findIndex((time) => time > last_ms);
    if (first < 0) return;
    known.times_ms.push(...columns.times_ms.slice(first));
    known.values.push(...columns.values.slice(first));
    this.#series.set(key, thinned(known));
    this.#version += 1;
  }
}

/** Of every four samples the lowest and the highest, in their order, until few enough are left: peaks stay, and so does the whole time. */
function thinned(series: SamplesRow): SamplesRow {
  let { times_ms, values } = series;
  while (times_ms.length > MAX_POINTS) {
    const kept: number[] = [];
    for (let from = 0; from < values.length; from += 4) {
      let [low, high] = [from, from];
      for (let index = from + 1; index < Math.min(from + 4, values.length); index++) {
        if ((values[index] ?? 0) < (values[low] ?? 0)) low = index;
        if ((values[index] ?? 0) >= (values[high] ?? 0)) high = index;
      }
      kept.push(Math.min(low, high));
      if (low !== high) kept.push(Math.max(low, high));
    }
    times_ms = kept.map((index) => times_ms[index] ?? 0);
    values = kept.map((index) => values[index] ?? 0);
  }
  return { ...series, times_ms, values };
}
