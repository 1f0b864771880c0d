import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatNumber } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';

/** The series of one metric, batch size and setting, by fingerprint. */
interface Line {
  key: string;
  of: SeriesRow;
  by_hardware: ReadonlyMap<string, SeriesRow>;
}

const keyOf = ({ metric, batch_size, precision, executor, benchmark, scenario, variant }: SeriesRow): string =>
  JSON.stringify([metric, batch_size, precision, executor, benchmark, scenario, variant]);

/** Metrics and batch sizes of a model by hardware: the newest value of each series. */
export function ModelValues({
  rows,
  nameOf,
}: {
  rows: readonly SeriesRow[];
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const lines = [...Map.groupBy(rows, keyOf)].flatMap(([key, of_line]): Line[] => {
    const [of] = of_line;
    // The rows come newest first, so the newest of each is set last.
    const by_hardware = new Map(of_line.toReversed().map((row) => [row.fingerprint, row]));
    return of === undefined ? [] : [{ key, of, by_hardware }];
  });
  const text = (key: 'metric' | 'precision' | 'executor' | 'benchmark' | 'scenario', title: string): Column<Line> => ({
    key,
    title,
    wide: key !== 'metric' && key !== 'precision',
    value: ({ of }) => of[key],
  });
  const varies = (key: 'precision' | 'executor' | 'benchmark' | 'scenario'): boolean =>
    new Set(rows.map((row) => row[key])).size > 1;
  const hardware = [...new Set(rows.map(({ fingerprint }) => fingerprint))].sort((a, b) =>
    nameOf(a).localeCompare(nameOf(b)),
  );
  const columns: Column<Line>[] = [
    text('metric', 'Metric'),
    { key: 'batch_size', title: 'Batch', numeric: true, value: ({ of }) => of.batch_size },
    ...(varies('precision') ? [text('precision', 'Precision')] : []),
    ...(varies('executor') ? [text('executor', 'Executor')] : []),
    ...(varies('benchmark') ? [text('benchmark', 'Benchmark')] : []),
    ...(varies('scenario') ? [text('scenario', 'Scenario')] : []),
    ...hardware.map(
      (id): Column<Line> => ({
        key: id,
        title: nameOf(id),
        hint: id,
        numeric: true,
        value: ({ by_hardware }) => by_hardware.get(id)?.last_value ?? null,
        cell: ({ by_hardware }) => <Value row={by_hardware.get(id)} />,
      }),
    ),
  ];
  return (
    <DataTable
      label="Values"
      columns={columns}
      rows={lines.toSorted((a, b) => compare(a.of, b.of))}
      rowKey={({ key }) => key}
      maxHeight={420}
    />
  );
}

function compare(a: SeriesRow, b: SeriesRow): number {
  return a.metric.localeCompare(b.metric) || (a.batch_size ?? 0) - (b.batch_size ?? 0);
}

function Value({ row }: { row: SeriesRow | undefined }): ReactNode {
  if (row === undefined) return <span title="not measured">–</span>;
  return (
    <Link href={`/series/${row.series_id}`} title={`${row.points} runs, the newest ${formatWholeTime(row.last_at)}`}>
      {formatNumber(row.last_value)} <span className="bw-unit">{row.unit}</span>
    </Link>
  );
}
