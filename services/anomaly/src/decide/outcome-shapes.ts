import type { FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { SeriesPoint } from '@benchwire/shared/contracts/series.ts';
import type { SeriesKind } from '@benchwire/shared/contracts/series-key.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import { type Unusualness, unusualness } from '../detect/multivariate.ts';

/** What the measurements of one outcome say together. */
export interface Unusual {
  score: number;
  limit: number;
  contributions: FindingEvidence['contributions'];
  /** The result that is furthest off: the finding is about its series. */
  foremost: { point: SeriesPoint; center: number; scale: number };
}

interface Shape {
  names: string;
  rows: number[][];
  /** The outcome before was unusual as well. */
  wasUnusual: boolean;
  /** It was told, and is not over yet. */
  isTold: boolean;
}

/** Outcomes that a new one is held against. */
const MAX_ROWS = 60;
const MAX_COLUMNS = 12;
/** The hardware's readings are columns already, and one slow load makes no unusual result. */
const BESIDE: ReadonlySet<SeriesKind> = new Set(['phase', 'energy']);
/** Things that are remembered; beyond, the ones that were measured longest ago go. */
const MAX_THINGS = 20_000;

/**
 * The measurements of the last outcomes of each thing that is measured: results, and what the hardware did meanwhile.
 * Two unusual outcomes in a row are told once, until a usual one comes.
 */
export class OutcomeShapes {
  #shapes = new Map<string, Shape>();

  /** Takes the next outcome of a thing. */
  add(outcome: Outcome, points: readonly SeriesPoint[]): Unusual | undefined {
    const columns = columnsOf(outcome, points);
    if (columns.length < 3) return undefined;
    const names = columns.map(([name]) => name).join(' ');
    const row = columns.map(([, value]) => value);
    const thing = [
      outcome.benchmark,
      outcome.model,
      outcome.precision,
      outcome.scenario,
      outcome.variant,
      outcome.fingerprint,
    ];
    const key = thing.join('\n');
    const known = this.#shapes.get(key);
    // What else is measured makes another shape.
    const shape = known?.names === names ? known : { names, rows: [], wasUnusual: false, isTold: false };
    this.#shapes.delete(key);
    this.#shapes.set(key, shape);
    forgetOldest(this.#shapes, MAX_THINGS);
    const found = unusualness(shape.rows, row);
    const isUnusual = found !== undefined && found.score > found.limit;
    const isNews = isUnusual && shape.wasUnusual && !shape.isTold;
    shape.isTold = isUnusual && (shape.isTold || isNews);
    shape.wasUnusual = isUnusual;
    shape.rows.push(row);
    if (shape.rows.length > MAX_ROWS) shape.rows.shift();
    if (found === undefined || !isNews) return undefined;
    const foremost = foremostOf(columns, points, found);
    if (foremost === undefined) return undefined;
    const contributions = columns.map(([name, value], i) => ({ name, value, z_score: found.z_scores[i] as number }));
    contributions.sort((a, b) => Math.abs(b.z_score) - Math.abs(a.z_score));
    return { score: found.score, limit: found.limit, contributions, foremost };
  }
}

function foremostOf(
  columns: ReadonlyArray<readonly [name: string, value: number]>,
  points: readonly SeriesPoint[],
  { z_scores, centers, scales }: Unusualness,
): Unusual['foremost'] | undefined {
  let best: (Unusual['foremost'] & { z: number }) | undefined;
  for (const point of points) {
    const at = columns.findIndex(([name]) => name === columnName(point));
    const z = Math.abs(z_scores[at] ?? -1);
    if (at < 0 || z <= (best?.z ?? -1)) continue;
    best = { point, center: centers[at] as number, scale: scales[at] as number, z };
  }
  return best;
}

function columnName({ key }: SeriesPoint): string {
  return key.batch_size === null ? key.metric : `${key.metric} at batch ${key.batch_size}`;
}

function columnsOf(outcome: Outcome, points: readonly SeriesPoint[]): Array<[name: string, value: number]> {
  const measured = points
    .filter(({ key }) => key.metric !== 'throughput_items_per_second' && !BESIDE.has(key.series_kind ?? 'result'))
    .map((point): [string, number] => [columnName(point), point.value]);
  const hardware = Object.entries(outcome.hardware_metrics ?? {}).flatMap(
    ([name, value]): Array<[string, number]> => (typeof value === 'number' ? [[name, value]] : []),
  );
  // The hardware first: it must not fall off where many batch sizes are measured.
  return [...hardware, ...measured].slice(0, MAX_COLUMNS);
}
