import type {
  ComparedBy,
  ComparedCell,
  ComparedDifference,
  ComparedRow,
  Comparison,
  Verdict,
} from '../contracts/comparison.ts';
import { type Direction, directionOf } from '../contracts/direction.ts';
import type { SideRow } from '../contracts/rows.ts';
import { titleOfNote } from '../format/note-titles.ts';
import { adjustForMany } from '../stats/adjust-p.ts';
import { medianInterval } from '../stats/median-interval.ts';
import { median } from '../stats/quantile.ts';
import { type Judged, judgeDifference } from './judge-difference.ts';
import { type Matched, matchRows } from './match-rows.ts';
import { summarize } from './summarize.ts';
import { describeDifference } from './words.ts';

/** Differences less likely than this by noise alone, after the adjustment for many rows, are more than noise. */
const SIGNIFICANCE = 0.05;

export interface Compared {
  by: ComparedBy;
  /** At least two. */
  values: readonly string[];
  /** For people, one a side. */
  labels: readonly string[];
  rows: readonly SideRow[];
  /** Newest values of each series, by its id. */
  history: ReadonlyMap<string, readonly number[]>;
}

/** Holds every side against the first one, row by row, and says of each difference whether it is more than noise. */
export function compare({ by, values, labels, rows, history }: Compared): Comparison {
  const { matched, ignored } = matchRows(by, values, rows);
  const lines = matched.map((one) => lineOf(one, history)).sort(byWhatIsMeasured);
  const judged = values.map((_, side) => (side === 0 ? [] : judgeSide(lines, side)));
  const compared = lines.map(
    (line, at): ComparedRow => ({
      ...line.row,
      differences: values.map((_, side) => (side === 0 ? null : (judged[side]?.[at] ?? null))),
    }),
  );
  const sidesOf = (of: SideRow[][]): string[] => unique(of.flat().map(({ side }) => side));
  return {
    by,
    sides: values.map((value, side) => {
      const own = rows.filter((row) => row.side === value);
      const of_row = <T>(get: (row: SideRow) => T[]): T[] => [...new Set(own.flatMap(get))];
      return {
        value,
        label: labels[side] ?? value,
        rows: compared.filter(({ cells }) => cells[side] != null).length,
        commits: of_row(({ commits }) => commits).slice(0, 20),
        pools: of_row(({ pool }) => [pool]).slice(0, 20),
        summary: side === 0 ? [] : summarize(compared, side),
      };
    }),
    rows: compared,
    notes: notesOn({ by, values, labels }, matched, ignored, sidesOf),
  };
}

interface Line {
  row: Omit<ComparedRow, 'differences'>;
  measured: Array<{
    values: number[];
    ci_low: number | null;
    ci_high: number | null;
    history: readonly number[];
  } | null>;
}

function lineOf({ first, sides }: Matched, history: Compared['history']): Line {
  const {
    benchmark,
    model,
    executor,
    precision,
    batch_size,
    scenario,
    variant,
    pool,
    metric,
    unit,
    is_simulated,
    series_kind,
  } = first;
  const cells = sides.map(cellOf);
  return {
    row: {
      ...{
        benchmark,
        model,
        executor,
        precision,
        batch_size,
        scenario,
        variant,
        pool,
        metric,
        unit,
        is_simulated,
        series_kind,
      },
      direction: whichWay(first, sides),
      cells,
    },
    measured: sides.map((side, at) => {
      const newest = newestOf(side);
      const cell = cells[at];
      if (newest === undefined || cell == null) return null;
      return {
        values: side.flatMap(({ values }) => values),
        ci_low: newest.ci_low,
        ci_high: newest.ci_high,
        history: history.get(newest.series_id) ?? [],
      };
    }),
  };
}

/** What one of the results says about it counts for the whole row. */
function whichWay({ metric, unit }: SideRow, sides: readonly SideRow[][]): Direction {
  return directionOf({ metric, unit, better: sides.flat().find(({ better }) => better)?.better });
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

const newestOf = (side: readonly SideRow[]): SideRow | undefined =>
  side.toSorted((a, b) => (a.measured_at < b.measured_at ? 1 : -1))[0];

function cellOf(side: readonly SideRow[]): ComparedCell | null {
  const newest = newestOf(side);
  if (newest === undefined) return null;
  const values = side.flatMap((row) => row.values);
  const over_runs = medianInterval(values);
  const within = values.length === 1 && newest.ci_low !== null && newest.ci_high !== null;
  const { samples, series_id, run_id, task_id, measured_at, fingerprint, pool, note_codes, notes } = newest;
  return {
    value: median(values),
    ci_low: over_runs?.low ?? (within ? newest.ci_low : null),
    ci_high: over_runs?.high ?? (within ? newest.ci_high : null),
    ci_from: over_runs !== null ? 'runs' : within ? 'samples' : null,
    runs: values.length,
    ...{ samples, series_id, run_id, task_id, measured_at, fingerprint, pool, note_codes, notes },
  };
}

function judgeSide(lines: readonly Line[], side: number): ComparedDifference[] {
  const judged = lines.map(({ measured }) => {
    const [first, other] = [measured[0], measured[side]];
    return first == null || other == null ? undefined : judgeDifference(first, other);
  });
  const adjusted = adjustForMany(judged.map((one) => one?.p_value ?? null));
  return lines.map(({ row }, at) => {
    const { noise_percent, ...one } = judged[at] ?? NOTHING;
    const adjusted_p_value = adjusted[at] ?? null;
    const difference = {
      verdict: verdictOf(row.direction, one, adjusted_p_value),
      ...one,
      adjusted_p_value,
    };
    const [first = null, cell = null] = [row.cells[0], row.cells[side]];
    return { ...difference, sentence: describeDifference(row, first, cell, difference, noise_percent) };
  });
}

const NOTHING: Judged = {
  ...{ basis: null, change_percent: null, change_low_percent: null, change_high_percent: null },
  ...{ p_value: null, noise_percent: null },
};

/** The samples of one run tell that nothing differs, but never that something does: the next run may differ as much. */
export function verdictOf(
  direction: Direction,
  { basis, change_percent }: Pick<Judged, 'basis' | 'change_percent'>,
  p: number | null,
): Verdict {
  if (p === null) return 'unknown';
  if (p >= SIGNIFICANCE || change_percent === 0) return 'same';
  if (basis === 'samples') return 'unknown';
  if (direction === 'unknown' || direction === 'neither' || change_percent === null) return 'different';
  return change_percent < 0 === (direction === 'lower_is_better') ? 'better' : 'worse';
}

function byWhatIsMeasured(a: Line, b: Line): number {
  const key = ({ row }: Line): string =>
    [row.model, row.benchmark, row.precision, row.pool, String(row.batch_size ?? 0).padStart(9, '0'), row.metric].join(
      '\n',
    );
  return key(a).localeCompare(key(b), 'en', { numeric: true });
}

function notesOn(
  { by, values, labels }: Pick<Compared, 'by' | 'values' | 'labels'>,
  matched: readonly Matched[],
  ignored: readonly string[],
  sidesOf: (of: SideRow[][]) => string[],
): string[] {
  const notes: string[] = [];
  const there = new Set(matched.flatMap(({ sides }) => sidesOf(sides)));
  for (const [at, value] of values.entries()) {
    if (!there.has(value)) notes.push(`Nothing was measured for ${by.replace('_', ' ')} ${labels[at] ?? value}.`);
  }
  if (ignored.length > 0)
    notes.push(
      `Nothing was measured alike on two sides, so these were ignored to compare at all: ${ignored.join(', ')}.`,
    );
  const alone = matched.filter(({ sides }) => sides.filter((side) => side.length > 0).length < 2).length;
  if (alone > 0 && alone < matched.length)
    notes.push(`${alone} of ${matched.length} values were measured on one side only.`);
  if (by !== 'hardware') {
    const moved = matched.filter(({ sides }) => new Set(sides.flat().map(({ fingerprint }) => fingerprint)).size > 1);
    if (moved.length > 0)
      notes.push(
        `${moved.length} of ${matched.length} values were measured in different environments (device, driver, runtime), so a difference may come from there.`,
      );
  }
  const limited = matched.filter(({ sides }) => sides.flat().some(({ note_codes = [] }) => note_codes.length > 0));
  if (limited.length > 0) {
    const codes = unique(limited.flatMap(({ sides }) => sides.flat().flatMap(({ note_codes = [] }) => note_codes)));
    notes.push(
      `${limited.length} of ${matched.length} values have a note that limits their meaning: ${codes.map(titleOfNote).join(', ')}.`,
    );
  }
  const undirected = unique(
    matched.filter((one) => whichWay(one.first, one.sides) === 'unknown').map(({ first }) => first.metric),
  );
  if (undirected.length > 0)
    notes.push(
      `Which way is better is not known for ${undirected.slice(0, 10).join(', ')}: a metric line or the task can say it with better: lower or higher.`,
    );
  if (matched.some(({ first }) => first.is_simulated))
    notes.push('Some of these values are simulated, as their executor says.');
  return notes;
}
