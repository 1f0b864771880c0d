import { type SeriesKey, seriesId } from '@benchwire/shared/contracts/series.ts';
import { seriesUnit } from '@benchwire/shared/metric/series-unit.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { Database } from '../adapters/database.ts';
import { type ResultRow, results } from '../tables/results.ts';
import { SERIES_FIELDS } from '../tables/series-columns.ts';
import { columnsOf, insertRows } from '../tables/table.ts';

type Stored = ResultRow & { metric: string; unit: string; series_id: string };
/** Rows that are read and written at once. */
const PAGE = 20_000;

const SERIES = ['series_id', ...SERIES_FIELDS, 'unit'].join(', ');

/**
 * Brings points that were stored before units counted into the unit of their series, and into the series that their unit and
 * the one form of their model's path name, so that a history goes on. What was printed is kept beside it. Running it again
 * finds nothing to do.
 */
export async function convertStoredUnits(database: Database, log: Log): Promise<void> {
  // Metrics of batch sizes have one unit each, always; a path of their model may be written in several ways.
  const found = await database.query<Stored & SeriesKey>(
    `SELECT ${SERIES}
     FROM results FINAL
     WHERE (batch_size IS NULL AND printed_value IS NULL) OR match(model, '^\\\\./|//|/\\\\./')
     GROUP BY ${SERIES}`,
  );
  let moved = 0;
  for (const series of found) {
    const kept =
      series.batch_size === null
        ? seriesUnit(series.metric, series.unit === '' ? null : series.unit)
        : { unit: series.unit, convert: (value: number) => value, family: '' };
    const id = seriesId({ ...series, ...(kept.family === '' ? {} : { unit_family: kept.family }) });
    if (id === series.series_id && (kept.unit ?? '') === series.unit) continue;
    moved += await convertSeries(database, series, id, kept);
  }
  if (moved > 0) log.info({ points: moved }, 'brought stored points into the units of their series');
}

async function convertSeries(
  database: Database,
  { series_id, unit }: Stored,
  id: string,
  kept: ReturnType<typeof seriesUnit>,
): Promise<number> {
  for (let moved = 0; ; ) {
    // What is done is under another id or in another unit, so the first page is always what is left.
    const rows = await database.query<Record<keyof ResultRow, unknown>>(
      `SELECT ${columnsOf(results).join(', ')} FROM results FINAL
       WHERE series_id = {series_id:String} AND unit = {unit:String}
       LIMIT ${PAGE}`,
      { series_id, unit },
    );
    if (rows.length === 0) return moved;
    const convert = (value: unknown): number | null => (value === null ? null : kept.convert(Number(value)));
    const isOther = (kept.unit ?? '') !== unit;
    await insertRows(
      database,
      results,
      rows.map((row) => ({
        ...row,
        series_id: id,
        unit: kept.unit ?? '',
        value: convert(row.value),
        ci_low: convert(row.ci_low),
        ci_high: convert(row.ci_high),
        // A unit that was never printed (`load_ms` without one) is named by the metric alone.
        printed_value: isOther && unit !== '' ? row.value : row.printed_value,
        printed_unit: isOther ? unit : row.printed_unit,
      })),
    );
    // Under the old name the points go.
    if (id !== series_id)
      await insertRows(
        database,
        results,
        rows.map((row) => ({ ...row, is_deleted: 1 })),
      );
    moved += rows.length;
  }
}
