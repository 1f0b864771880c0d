import type { Direction } from '@benchwire/shared/contracts/direction.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { bestHardware, isBetter, type Line, type Matrix, type Shown } from './matrix.ts';
import { modelHref } from './model-href.ts';

export interface MatrixTableProps {
  matrix: Matrix;
  as_percent: boolean;
  nameOf: (fingerprint: string) => string;
}

/** Models by hardware: the newest value in each place, or its change against the baseline. */
export function MatrixTable({ matrix, as_percent, nameOf }: MatrixTableProps): ReactNode {
  const { lines, unit, direction } = matrix;
  const executors = new Set(lines.map(({ executor }) => executor));
  const hardware = matrix.hardware.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true }));
  const columns: Column<Line>[] = [
    {
      key: 'model',
      title: 'Model',
      value: ({ model }) => model,
      cell: ({ model }) => (
        <Link className="bw-name" href={modelHref(model)} title={model}>
          {modelName(model) || 'without a model'}
        </Link>
      ),
    },
    { key: 'precision', title: 'Precision', value: ({ precision }) => precision },
    ...(executors.size > 1
      ? [{ key: 'executor', title: 'Executor', wide: true, value: ({ executor }: Line) => executor }]
      : []),
    ...hardware.map(
      (id): Column<Line> => ({
        key: as_percent ? `${id}_percent` : id,
        title: nameOf(id),
        hint: id,
        unit: as_percent ? '%' : unit,
        numeric: true,
        value: ({ shown }) => {
          const here = shown.get(id);
          return (as_percent ? here?.change_percent : here?.cell.value) ?? null;
        },
        cell: ({ shown }) => (
          <Place
            shown={shown.get(id)}
            as_percent={as_percent}
            direction={direction}
            is_best={bestHardware(shown, direction) === id}
          />
        ),
      }),
    ),
  ];
  return <DataTable label="Matrix" columns={columns} rows={lines} rowKey={({ key }) => key} most={300} choosable />;
}

function Place({
  shown,
  as_percent,
  direction,
  is_best,
}: {
  shown: Shown | undefined;
  as_percent: boolean;
  direction: Direction;
  is_best: boolean;
}): ReactNode {
  if (shown === undefined) {
    return (
      <span className="bw-dim" title="not measured">
        –
      </span>
    );
  }
  const { cell, change_percent, is_baseline } = shown;
  const better = isBetter(change_percent, direction);
  const tone = better === null ? undefined : better ? 'completed' : 'failed';
  return (
    <Link href={`/series/${cell.series_id}`} title={placeText(shown)}>
      {!as_percent ? (
        formatNumber(cell.value)
      ) : is_baseline ? (
        'baseline'
      ) : (
        <span className="bw-status" data-tone={tone}>
          {formatPercentChange(change_percent)} {better === null ? '' : better ? 'better' : 'worse'}
        </span>
      )}
      {cell.batch_size !== null && <span className="bw-dim"> b{cell.batch_size}</span>}
      {is_best && (
        <>
          {' '}
          <span className="bw-status" data-tone="completed">
            best
          </span>
        </>
      )}
    </Link>
  );
}

function placeText({ cell, others }: Shown): string {
  const { value, unit, ci_low, ci_high, batch_size, benchmark, measured_at, samples } = cell;
  return [
    `${formatNumber(value)} ${unit}`,
    ci_low === null || ci_high === null ? '' : `95 % CI ${formatNumber(ci_low)} to ${formatNumber(ci_high)}`,
    `${samples} samples${batch_size === null ? '' : `, batch ${batch_size}`}, ${benchmark}`,
    formatWholeTime(measured_at),
    others === 0 ? '' : `the newest of ${others + 1} series with other settings or of other benchmarks`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
