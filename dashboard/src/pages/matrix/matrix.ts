import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { type Direction, directionOf } from '@benchwire/shared/contracts/direction.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';

/** What is shown of all newest values of a metric; empty text filters nothing. */
export interface MatrixChoice {
  /** A hardware class. */
  class: string;
  family: string;
  precision: string;
  /** `best` takes each model's best batch size on each hardware, `none` values without one; a number that size. */
  batch: string;
  search: string;
  /** `hardware:FINGERPRINT`, `model:LINE`, or empty for absolute values. */
  against: string;
}

/** One value of the matrix. */
export interface Shown {
  cell: MatrixCell;
  /** Series that could stand here too: of other benchmarks, scenarios or settings. The newest is shown. */
  others: number;
  /** Against the baseline, in percent; null without one, or where it has no value here. */
  change_percent: number | null;
  is_baseline: boolean;
}

export interface Line {
  key: string;
  model: string;
  executor: string;
  precision: string;
  /** By the fingerprint of the hardware, which series are kept by. */
  shown: ReadonlyMap<string, Shown>;
}

export interface Matrix {
  lines: Line[];
  /** Fingerprints with a value in some line. */
  hardware: string[];
  unit: string;
  direction: Direction;
}

const lineKey = ({ model, executor, precision }: MatrixCell): string => [model, executor, precision].join('|');

/** What a model is called up to its version or variant: `bert-base-uncased` is `bert`, `silero-vad-v5` is `silero`, `pp-ocrv4-detection` is `pp-ocr`. */
export function familyOf(model: string): string {
  const name = modelName(model).toLowerCase();
  return /^[a-z]{1,2}[-_][a-z]+?(?=v?\d|[-_./]|$)|^[a-z]+?(?=v?\d|[-_./]|$)/.exec(name)?.[0] ?? name;
}

/** Models by hardware, filtered, one value in each place, with its change against the baseline. Pure. */
export function matrixOf(cells: readonly MatrixCell[], choice: MatrixChoice): Matrix {
  const wanted = cells.filter((cell) => isWanted(cell, choice));
  const direction = cells[0] === undefined ? 'unknown' : directionOf(cells[0]);
  const lines = [...Map.groupBy(wanted, lineKey)]
    .map(([key, of_line]) => lineOf(key, of_line, direction))
    .sort(
      (a, b) =>
        modelName(a.model).localeCompare(modelName(b.model), 'en', { numeric: true }) || (a.key < b.key ? -1 : 1),
    );
  const hardware = [...new Set(wanted.map(({ fingerprint }) => fingerprint))];
  return { lines: compared(lines, choice.against), hardware, unit: cells[0]?.unit ?? '', direction };
}

/** The hardware with a line's best value; undefined for fewer than two, and where no direction is better. Pure. */
export function bestHardware(shown: Line['shown'], direction: Direction): string | undefined {
  const sign = direction === 'lower_is_better' ? 1 : direction === 'higher_is_better' ? -1 : 0;
  if (sign === 0 || shown.size < 2) return undefined;
  return [...shown].reduce((best, each) => (sign * each[1].cell.value < sign * best[1].cell.value ? each : best))[0];
}

/** Whether the filters let a value through. */
export function isWanted(cell: MatrixCell, { class: kind, family, precision, batch, search }: MatrixChoice): boolean {
  return (
    (kind === '' || cell.class === kind) &&
    (family === '' || familyOf(cell.model) === family) &&
    (precision === '' || cell.precision === precision) &&
    (batch === 'best' || (batch === 'none' ? cell.batch_size === null : cell.batch_size === Number(batch))) &&
    (search === '' || `${cell.model} ${cell.benchmark}`.toLowerCase().includes(search.toLowerCase()))
  );
}

function lineOf(key: string, cells: readonly MatrixCell[], direction: Direction): Line {
  const [{ model = '', executor = '', precision = '' } = {}] = cells;
  const shown = new Map<string, Shown>();
  for (const [id, here] of Map.groupBy(cells, (cell) => cell.fingerprint)) {
    // Of each batch size the newest series, then the best batch size.
    const newest = [...Map.groupBy(here, ({ batch_size }) => batch_size).values()].flatMap((same) => {
      const [first] = same.toSorted((a, b) => (a.measured_at < b.measured_at ? 1 : -1));
      return first === undefined ? [] : [{ cell: first, others: same.length - 1 }];
    });
    const [best] = newest.toSorted((a, b) => byValue(a.cell, b.cell, direction));
    if (best !== undefined) shown.set(id, { ...best, change_percent: null, is_baseline: false });
  }
  return { key, model, executor, precision, shown };
}

/** The better first; where no way is better, the smaller batch size. */
function byValue(a: MatrixCell, b: MatrixCell, direction: Direction): number {
  if (direction === 'lower_is_better') return a.value - b.value;
  if (direction === 'higher_is_better') return b.value - a.value;
  return (a.batch_size ?? 0) - (b.batch_size ?? 0);
}

function compared(lines: Line[], against: string): Line[] {
  const [by = '', ...rest] = against.split(':');
  const id = rest.join(':');
  if (by !== 'hardware' && by !== 'model') return lines;
  const baseline = lines.find(({ key }) => key === id);
  return lines.map((line) => ({
    ...line,
    shown: new Map(
      [...line.shown].map(([place, each]) => {
        const base = by === 'hardware' ? line.shown.get(id) : baseline?.shown.get(place);
        const is_baseline = base?.cell.series_id === each.cell.series_id;
        return [place, { ...each, is_baseline, change_percent: changeOf(each.cell, base?.cell) }];
      }),
    ),
  }));
}

function changeOf({ value, unit }: MatrixCell, base: MatrixCell | undefined): number | null {
  if (base === undefined || base.value === 0 || base.unit !== unit) return null;
  return (100 * (value - base.value)) / Math.abs(base.value);
}

/** Whether a change is for the better; null where no way is better, or nothing changed. */
export function isBetter(change_percent: number | null, direction: Direction): boolean | null {
  if (change_percent === null || change_percent === 0) return null;
  if (direction === 'lower_is_better') return change_percent < 0;
  return direction === 'higher_is_better' ? change_percent > 0 : null;
}
