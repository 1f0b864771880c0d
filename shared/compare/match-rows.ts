import type { ComparedBy } from '../contracts/comparison.ts';
import type { SideRow } from '../contracts/rows.ts';

/** The results of all sides that stand in one row. */
export interface Matched {
  /** What the row is about; fields that differ by what is compared are empty. */
  first: SideRow;
  /** One a side: every series of that side that belongs here. */
  sides: SideRow[][];
}

const EMPTY = {
  model: '',
  pool: '',
  batch_size: null,
  benchmark: '',
  executor: '',
  precision: '',
  scenario: '',
  variant: '',
};

const FIELDS = [
  ...(['benchmark', 'model', 'executor', 'precision', 'batch_size', 'scenario', 'variant', 'pool'] as const),
  ...(['metric', 'unit', 'is_simulated', 'series_kind'] as const),
];
type Field = (typeof FIELDS)[number];

/** Fields that differ by what is compared, so they can't tie results together. */
const APART: Record<ComparedBy, readonly Field[]> = {
  run: [],
  commit: [],
  period: [],
  model: ['model'],
  hardware: ['pool'],
  batch_size: ['batch_size'],
  series: FIELDS.filter((field) => field !== 'metric' && field !== 'unit'),
};

/** Let go of one after the other, as long as nothing is measured on two sides. */
const LET_GO: ReadonlyArray<readonly Field[]> = [
  [],
  ['variant'],
  ['benchmark'],
  ['pool'],
  ['benchmark', 'variant'],
  ['benchmark', 'pool'],
  ['benchmark', 'variant', 'pool'],
];

/**
 * Puts results of all sides that measured the same thing into one row, by their benchmark, model, settings, pool and
 * metric. Where nothing is the same on two sides, the first of these that has to be ignored for it is told in `ignored`.
 * @param values - the sides, in order; a row of another side is left out
 */
export function matchRows(
  by: ComparedBy,
  values: readonly string[],
  rows: readonly SideRow[],
): { matched: Matched[]; ignored: Field[] } {
  let exact: Matched[] | undefined;
  for (const let_go of LET_GO) {
    const ignored = let_go.filter((field) => !APART[by].includes(field));
    if (ignored.length < let_go.length) continue;
    const matched = matchBy(
      FIELDS.filter((field) => !APART[by].includes(field) && !ignored.includes(field)),
      values,
      rows,
    );
    exact ??= matched;
    if (matched.some(({ sides }) => sides.filter((side) => side.length > 0).length > 1)) return { matched, ignored };
  }
  return { matched: exact ?? [], ignored: [] };
}

function matchBy(fields: readonly Field[], values: readonly string[], rows: readonly SideRow[]): Matched[] {
  const empty = Object.fromEntries(Object.entries(EMPTY).filter(([field]) => !fields.includes(field as Field)));
  const matched = new Map<string, Matched>();
  for (const row of rows) {
    const side = values.indexOf(row.side);
    if (side < 0) continue;
    const key = JSON.stringify(fields.map((field) => row[field]));
    const one = matched.get(key) ?? { first: { ...row, ...empty }, sides: values.map(() => []) };
    one.sides[side]?.push(row);
    matched.set(key, one);
  }
  return [...matched.values()];
}
