import type { MetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { shortRunId } from '../connection/find-run.ts';
import { count, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine } from '../terminal/text-width.ts';

interface Seen {
  run_id: string;
  task_id: string;
  metric: string;
  unit: string | null;
  batch_size: number | null;
  points: number;
  last: number;
  at: string;
}

/** Lines of one summary; the rest of a busy second is counted. */
const MAX_LINES = 20;

/** Collects metric points between two summaries: a person reads one line a second, not a hundred thousand points. */
export class MetricSummary {
  #seen = new Map<string, Seen>();

  add(batch: MetricBatch, at: string): void {
    const { run_id, task_id } = batch;
    for (const { metric, unit, batch_size, values } of batch.columns) {
      const last = values.at(-1);
      if (last === undefined) continue;
      const key = `${run_id} ${task_id} ${batch_size} ${metric}`;
      const points = (this.#seen.get(key)?.points ?? 0) + values.length;
      this.#seen.set(key, { run_id, task_id, metric, unit, batch_size, points, last, at });
    }
  }

  /** The lines for what came since the last call. */
  take(style: Style, withRun: boolean): Array<{ at: string; line: string }> {
    const all = [...this.#seen.values()];
    this.#seen.clear();
    const lines = all.slice(0, MAX_LINES).map((seen) => {
      const run = withRun ? `${shortRunId(seen.run_id)}  ` : '';
      const batch = seen.batch_size === null ? '' : ` at batch ${seen.batch_size}`;
      const value = `${formatNumber(seen.last)}${seen.unit === null ? '' : ` ${oneLine(seen.unit)}`}`;
      const line = `${style.dim('metrics ')}  ${run}${seen.task_id}  ${oneLine(seen.metric)}${batch}: ${count(seen.points, 'point')}, last ${value}`;
      return { at: seen.at, line };
    });
    const [first] = all;
    if (all.length > MAX_LINES && first !== undefined)
      lines.push({
        at: first.at,
        line: `${style.dim('metrics ')}  and ${count(all.length - MAX_LINES, 'other metric')}`,
      });
    return lines;
  }
}
