import type { SqlAnswer } from '@benchwire/shared/contracts/api/measurements.ts';
import { Select } from '@mantine/core';
import { type ReactNode, useCallback, useMemo } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/states.tsx';
import { type ChartChoice, chartOf, type Kind, numericColumns, reportOption } from './report-chart.ts';

const KINDS: Array<{ value: Kind; label: string }> = [
  { value: 'none', label: 'no chart' },
  { value: 'line', label: 'line' },
  { value: 'bar', label: 'bars' },
  { value: 'scatter', label: 'points' },
];

export const isKind = (text: string): text is Kind => KINDS.some(({ value }) => value === text);

/** An answer as a chart, as it was chosen, and as a table. */
export function SqlResult({
  answer,
  name,
  chosen,
  onChoose,
}: {
  answer: SqlAnswer;
  name: string;
  chosen: ChartChoice;
  /** Without, nothing can be chosen. */
  onChoose?: (change: Partial<ChartChoice>) => void;
}): ReactNode {
  const choice = chartOf(answer, chosen);
  const columns = useMemo(
    () =>
      answer.columns.map((column): Column<Record<string, unknown>> => {
        const value = (row: Record<string, unknown>): string | number | boolean | null => {
          const held = row[column] ?? null;
          return typeof held === 'object' && held !== null
            ? JSON.stringify(held)
            : (held as string | number | boolean | null);
        };
        const numeric = answer.rows.every((row) => row[column] === null || typeof row[column] === 'number');
        return {
          key: column,
          title: column,
          numeric,
          value,
          cell: (row) => <span className="bw-cell">{String(value(row) ?? '–')}</span>,
        };
      }),
    [answer],
  );
  const numbered = useMemo(() => new Map(answer.rows.map((row, at) => [row, String(at)])), [answer]);
  if (answer.rows.length === 0) return <Empty title="No rows">The query ran, and no rows match.</Empty>;
  const data = (names: readonly string[]): string[] => [...names];
  return (
    <>
      {onChoose !== undefined && (
        <div className="bw-filters">
          <Select
            label="Chart"
            data={KINDS}
            value={choice.kind}
            onChange={(kind) => onChoose({ kind: (kind ?? 'none') as Kind })}
            allowDeselect={false}
            w={130}
          />
          {choice.kind !== 'none' && (
            <>
              <Select
                label="X axis"
                data={data(answer.columns)}
                value={choice.x}
                onChange={(x) => onChoose({ x: x ?? '' })}
                w={170}
              />
              <Select
                label="Value"
                data={data(numericColumns(answer))}
                value={choice.y}
                onChange={(y) => onChoose({ y: y ?? '' })}
                w={170}
              />
              <Select
                label="Group by"
                placeholder="nothing"
                data={data(answer.columns)}
                value={choice.by || null}
                onChange={(by) => onChoose({ by: by ?? '-' })}
                clearable
                w={170}
              />
            </>
          )}
        </div>
      )}
      {choice.kind !== 'none' && <ReportChart answer={answer} choice={choice} name={name} />}
      <DataTable
        label={name}
        columns={columns}
        rows={answer.rows}
        rowKey={(row) => numbered.get(row) ?? ''}
        most={100}
        maxHeight={520}
      />
      {answer.truncated && (
        <p className="bw-note">Truncated: the server returns no more rows at once. Add a LIMIT or narrow the query.</p>
      )}
    </>
  );
}

function ReportChart({ answer, choice, name }: { answer: SqlAnswer; choice: ChartChoice; name: string }): ReactNode {
  const { kind, x, y, by } = choice;
  const option = useCallback(
    (colours: ChartColours) => reportOption(answer, { kind, x, y, by }, colours),
    [answer, kind, x, y, by],
  );
  if (y === '') return <Empty title="No numeric column to draw" />;
  return (
    <Chart option={option} height={320} exported={name} description={`${y} by ${x}: ${answer.rows.length} rows`} />
  );
}
