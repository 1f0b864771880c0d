import { call } from '@benchwire/shared/client/http-client.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { distinctModelNames } from '@benchwire/shared/format/model-name.ts';
import { convert } from '@benchwire/shared/metric/convert.ts';
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { formatCount, formatNumber } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { NoteList, NoteMark } from '../../parts/note-mark.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { type BATCH_METRICS, type BatchLine, pivotResults } from './pivot-results.ts';

const interval = ({ ci_low, ci_high }: Pick<ResultRow, 'ci_low' | 'ci_high'>): string =>
  ci_low === null || ci_high === null ? '–' : `${formatNumber(ci_low)} – ${formatNumber(ci_high)}`;

/** In the unit that the value stands in. */
const printedInterval = (row: ResultRow): string => {
  if (row.printed_value === null) return interval(row);
  const back = (value: number | null): number | null =>
    value === null ? null : (convert(value, row.unit, row.printed_unit) ?? null);
  return interval({ ci_low: back(row.ci_low), ci_high: back(row.ci_high) });
};

const measured = (
  metric: (typeof BATCH_METRICS)[number],
  title: string,
  unit: string,
  wide = false,
): Column<BatchLine> => ({
  key: metric,
  title,
  unit,
  numeric: true,
  wide,
  value: ({ metrics }) => metrics[metric]?.value ?? null,
  cell: ({ metrics }) => {
    const row = metrics[metric];
    return row === undefined ? (
      '–'
    ) : (
      <>
        <Link href={`/series/${row.series_id}`}>{formatNumber(row.value)}</Link>
        <NoteMark row={row} />
      </>
    );
  },
});

/** The whole path is in the tooltip. */
const modelColumn = (lines: readonly BatchLine[]): Column<BatchLine> => {
  const nameOf = distinctModelNames(lines.map(({ first }) => first.model));
  return {
    key: 'model',
    title: 'Model',
    value: ({ first }) => first.model || first.task_id,
    cell: ({ first }) => (
      <span className="bw-name" title={first.model}>
        {nameOf(first.model) || first.task_id}
      </span>
    ),
  };
};

const LINE_COLUMNS: readonly Column<BatchLine>[] = [
  { key: 'batch_size', title: 'Batch', numeric: true, value: ({ batch_size }) => batch_size },
  { key: 'precision', title: 'Precision', wide: true, value: ({ first }) => first.precision },
  measured('latency_ms', 'Median', 'ms'),
  {
    key: 'ci_low',
    title: '95 % CI',
    unit: 'ms',
    numeric: true,
    wide: true,
    value: ({ metrics }) => metrics.latency_ms?.ci_low ?? null,
    cell: ({ metrics }) => (metrics.latency_ms === undefined ? '–' : interval(metrics.latency_ms)),
  },
  measured('latency_p90_ms', 'p90', 'ms', true),
  measured('latency_p99_ms', 'p99', 'ms', true),
  measured('throughput_items_per_second', 'Throughput', 'items/s'),
  measured('memory_mb', 'Memory', 'MB', true),
  {
    key: 'samples',
    title: 'Samples',
    numeric: true,
    wide: true,
    value: ({ first }) => first.samples,
    cell: ({ first }) => formatCount(first.samples),
  },
  {
    key: 'steady',
    title: 'Steady',
    value: ({ first }) => first.steady,
    cell: ({ first }) =>
      first.steady === null ? (
        '–'
      ) : first.steady ? (
        'yes'
      ) : (
        <b title="The value was still drifting or switching levels during the measurement.">no</b>
      ),
  },
  { key: 'pool', title: 'Pool', wide: true, value: ({ first }) => first.pool },
];

const OTHER_COLUMNS: readonly Column<ResultRow>[] = [
  { key: 'task_id', title: 'Task', value: ({ task_id }) => task_id },
  {
    key: 'metric',
    title: 'Metric',
    value: ({ metric }) => metric,
    cell: ({ metric, series_id }) => <Link href={`/series/${series_id}`}>{metric}</Link>,
  },
  {
    key: 'value',
    title: 'Value',
    numeric: true,
    value: ({ value }) => value,
    cell: (row) => (
      <>
        {formatNumber(row.printed_value ?? row.value)}{' '}
        <span className="bw-unit">{row.printed_value === null ? row.unit : row.printed_unit}</span>
        <NoteMark row={row} />
      </>
    ),
  },
  { key: 'ci_low', title: '95 % CI', numeric: true, value: ({ ci_low }) => ci_low, cell: printedInterval },
  {
    key: 'samples',
    title: 'Samples',
    numeric: true,
    value: ({ samples }) => samples,
    cell: ({ samples }) => formatCount(samples),
  },
  { key: 'pool', title: 'Pool', wide: true, value: ({ pool }) => pool },
];

/** What a run measured. */
export function RunResults({ run_id }: { run_id: string }): ReactNode {
  const results = usePages(call('GET /api/runs/:run_id/results', { params: { run_id }, query: { limit: 2000 } }));
  return (
    <Answer of={results} height={300}>
      {(rows) => {
        if (rows.length === 0) return <Empty title="No results yet">Results appear as tasks complete.</Empty>;
        const { lines, others } = pivotResults(rows);
        return (
          <>
            {rows.some(({ is_simulated }) => is_simulated) && (
              <p className="bw-note bw-first">Some of these values are simulated, as reported by their executor.</p>
            )}
            {lines.length > 0 && (
              <DataTable
                label="Results by model and batch size"
                columns={[modelColumn(lines), ...LINE_COLUMNS]}
                rows={lines}
                rowKey={({ task_id, batch_size, first }) => `${task_id} ${batch_size} ${first.pool}`}
              />
            )}
            {others.length > 0 && (
              <DataTable
                label="Other metrics"
                columns={OTHER_COLUMNS}
                rows={others}
                rowKey={({ task_id, series_id }) => `${task_id} ${series_id}`}
              />
            )}
            <NoteList rows={rows} />
            {results.hasNextPage && (
              <Button variant="subtle" size="compact-sm" mt={6} onClick={() => void results.fetchNextPage()}>
                Load more results
              </Button>
            )}
          </>
        );
      }}
    </Answer>
  );
}
