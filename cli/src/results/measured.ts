import type { Better } from '@benchwire/shared/contracts/direction.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';
import { notesOfRow } from '@benchwire/shared/format/footnotes.ts';
import { convert } from '@benchwire/shared/metric/convert.ts';
import type { KeptOutcome } from '../progress/run-progress.ts';

/** One measured value as tables show it. */
export interface MeasuredValue {
  metric: string;
  unit: string;
  value: number;
  ci_low: number | null;
  ci_high: number | null;
  samples: number;
  /** Which way is better, where it was said. */
  better: '' | Better;
  /** What limits the meaning of the value. */
  notes: ReadonlyArray<{ code: string; text: string }>;
}

/** What one task measured at one batch size (or apart from any). */
export interface Measured {
  task_id: string;
  model: string;
  executor: string;
  precision: string;
  scenario: string;
  batch_size: number | null;
  pool: string;
  steady: boolean | null;
  is_simulated: boolean;
  values: Map<string, MeasuredValue>;
}

/** From outcomes, in their order: the same points that the aggregator stores. */
export function measuredOfOutcomes(outcomes: readonly KeptOutcome[]): Measured[] {
  const rows = outcomes.flatMap((outcome) =>
    pointsOf({ ...outcome, logs: null }).map((point) => ({
      ...point.key,
      ...point,
      task_id: outcome.task_id,
      attempt: outcome.attempt,
      pool: outcome.pool ?? '',
      unit: point.unit ?? '',
      better: point.better ?? ('' as const),
      printed_value: point.printed?.value ?? null,
      printed_unit: point.printed?.unit ?? '',
    })),
  );
  return collect(rows);
}

/** From rows of the query `results`. */
export function measuredOfRows(rows: readonly ResultRow[]): Measured[] {
  return collect(rows.map((row) => ({ ...row, notes: notesOfRow(row) })));
}

type Point = Pick<
  ResultRow,
  | 'task_id'
  | 'attempt'
  | 'model'
  | 'executor'
  | 'precision'
  | 'scenario'
  | 'batch_size'
  | 'pool'
  | 'steady'
  | 'is_simulated'
  | 'metric'
  | 'unit'
  | 'value'
  | 'ci_low'
  | 'ci_high'
  | 'samples'
  | 'better'
  | 'printed_value'
  | 'printed_unit'
> & { notes: ReadonlyArray<{ code: string; text: string }> };

function collect(points: readonly Point[]): Measured[] {
  const found = new Map<string, Measured>();
  const tasks = new Map<string, number>();
  for (const point of points) {
    if (!tasks.has(point.task_id)) tasks.set(point.task_id, tasks.size);
    const key = `${point.task_id}.${point.attempt}.${point.batch_size}`;
    let row = found.get(key);
    if (row === undefined) {
      const { task_id, model, executor, precision, scenario, batch_size, pool, steady, is_simulated } = point;
      row = {
        task_id,
        model,
        executor,
        precision,
        scenario,
        batch_size,
        pool,
        steady,
        is_simulated,
        values: new Map(),
      };
      found.set(key, row);
    }
    const { metric, samples, better, notes } = point;
    // Of two units that do not convert each is a value of its own.
    const name = row.values.has(metric) ? `${metric} [${point.unit}]` : metric;
    row.values.set(name, { metric, samples, better, notes, ...asPrinted(point) });
  }
  const order = (row: Measured): number => tasks.get(row.task_id) ?? 0;
  return [...found.values()].sort((a, b) => order(a) - order(b) || (a.batch_size ?? 0) - (b.batch_size ?? 0));
}

/** A value as its program printed it; a history may be kept in another unit. */
function asPrinted({
  value,
  unit,
  ci_low,
  ci_high,
  printed_value,
  printed_unit,
}: Point): Pick<MeasuredValue, 'value' | 'unit' | 'ci_low' | 'ci_high'> {
  if (printed_value === null) return { value, unit, ci_low, ci_high };
  const back = (number: number | null): number | null =>
    number === null ? null : (convert(number, unit, printed_unit) ?? null);
  return { value: printed_value, unit: printed_unit, ci_low: back(ci_low), ci_high: back(ci_high) };
}
