import type { ComparedRow } from '@benchwire/shared/contracts/comparison.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';

const PARTS: ReadonlyArray<(row: ComparedRow) => string> = [
  ({ model, benchmark }) => modelName(model) || benchmark,
  ({ batch_size }) => (batch_size === null ? '' : `batch ${batch_size}`),
  ({ model, benchmark }) => (model === '' ? '' : benchmark),
  ({ precision }) => precision,
  ({ scenario }) => scenario,
  ({ pool }) => pool,
  ({ variant }) => variant,
  // Two files of one name.
  ({ model }) => (modelName(model) === model ? '' : model),
];

/** What each row is about, with as little as tells them apart: `resnet50, batch 8, cpu-x`. */
export function rowNames(rows: readonly ComparedRow[]): string[] {
  let names = rows.map(() => '');
  for (const [at, part] of PARTS.entries()) {
    const of_rows = rows.map(part);
    const is_told = at < 2 || (new Set(of_rows).size > 1 && new Set(names).size < rows.length);
    if (is_told) names = names.map((name, i) => [name, of_rows[i] ?? ''].filter((text) => text !== '').join(', '));
  }
  return names;
}

/** Names a row in the page's address. */
export const keyOf = ({
  benchmark,
  model,
  precision,
  batch_size,
  scenario,
  variant,
  pool,
  metric,
}: ComparedRow): string => [benchmark, model, precision, batch_size ?? '', scenario, variant, pool, metric].join('~');

/** The metrics that are there, those of most rows first. */
export function metricsOf(rows: readonly ComparedRow[]): string[] {
  const counts = Map.groupBy(rows, ({ metric }) => metric);
  return [...counts].sort(([, a], [, b]) => b.length - a.length).map(([metric]) => metric);
}
