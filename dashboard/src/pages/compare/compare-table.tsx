import type { ComparedCell, ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import { UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { DifferenceMark } from '../../parts/difference-mark.tsx';
import { keyOf, rowNames } from './rows.ts';

/** Every row with each side's value, its interval, and how it differs from the first. */
export function CompareTable({
  comparison,
  rows,
  picked,
  onPick,
}: {
  comparison: Comparison;
  rows: readonly ComparedRow[];
  picked: string;
  onPick: (row: ComparedRow) => void;
}): ReactNode {
  const names = new Map(rowNames(rows).map((name, at) => [rows[at], name]));
  const name: Column<ComparedRow> = {
    key: 'what',
    title: 'Benchmark',
    value: (row) => names.get(row) ?? '',
    cell: (row) => (
      <UnstyledButton className="bw-pick" aria-pressed={keyOf(row) === picked} onClick={() => onPick(row)}>
        {names.get(row) || row.metric}
      </UnstyledButton>
    ),
  };
  const columns = [name, ...comparison.sides.flatMap((side, at) => columnsOf(side.label, at, rows[0]?.unit ?? ''))];
  return <DataTable label={`Compared: ${rows[0]?.metric}`} columns={columns} rows={rows} rowKey={keyOf} most={100} />;
}

function columnsOf(label: string, side: number, unit: string): Column<ComparedRow>[] {
  const value: Column<ComparedRow> = {
    key: `${label} (${side + 1})`,
    title: label,
    unit,
    numeric: true,
    value: ({ cells }) => cells[side]?.value ?? null,
    cell: ({ cells }) => <Value cell={cells[side] ?? null} />,
  };
  const bounds = (['ci_low', 'ci_high'] as const).map(
    (bound): Column<ComparedRow> => ({
      key: `${label} (${side + 1}) ${bound}`,
      title: bound === 'ci_low' ? '95 % CI low' : 'to',
      numeric: true,
      wide: true,
      value: ({ cells }) => cells[side]?.[bound] ?? null,
      cell: ({ cells }) => formatNumber(cells[side]?.[bound]),
    }),
  );
  if (side === 0) return [value, ...bounds];
  return [
    value,
    ...bounds,
    {
      key: `${label} (${side + 1}) change_percent`,
      title: 'Change',
      numeric: true,
      value: ({ differences }) => differences[side]?.change_percent ?? null,
      cell: ({ differences }) => formatPercentChange(differences[side]?.change_percent),
    },
    {
      key: `${label} (${side + 1}) verdict`,
      title: 'Verdict',
      value: ({ differences }) => differences[side]?.verdict ?? null,
      cell: ({ differences }) => <DifferenceMark difference={differences[side] ?? null} />,
    },
  ];
}

function Value({ cell }: { cell: ComparedCell | null }): ReactNode {
  return cell === null ? '–' : <Link href={`/series/${cell.series_id}`}>{formatNumber(cell.value)}</Link>;
}
