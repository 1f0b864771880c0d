import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { ReactNode } from 'react';
import { formatNumber } from '../../format/numbers.ts';
import { CommitLink, RangeLink } from '../../parts/commit-link.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { At } from '../../parts/time.tsx';

/** A point and the one of another commit before it. */
type Listed = ResultRow & { before: ResultRow | undefined };

const LISTED = 20;

const COLUMNS: readonly Column<Listed>[] = [
  {
    key: 'measured_at',
    title: 'When',
    value: ({ measured_at }) => measured_at,
    cell: (row) => <At at={row.measured_at} />,
  },
  {
    key: 'value',
    title: 'Value',
    numeric: true,
    value: ({ value }) => value,
    cell: ({ value, unit }) => (
      <>
        {formatNumber(value)} <span className="bw-unit">{unit}</span>
      </>
    ),
  },
  {
    key: 'interval',
    title: '95 % CI',
    wide: true,
    value: ({ ci_low, ci_high }) => (ci_low === null || ci_high === null ? null : `${ci_low} to ${ci_high}`),
    cell: ({ ci_low, ci_high }) =>
      ci_low === null || ci_high === null ? '–' : `${formatNumber(ci_low)} to ${formatNumber(ci_high)}`,
  },
  {
    key: 'commit',
    title: 'Commit',
    value: ({ commit }) => commit,
    cell: ({ source }) => <CommitLink source={source} />,
  },
  {
    key: 'changes',
    title: 'Changes since the commit before',
    wide: true,
    value: ({ before, commit }) => (before === undefined ? '' : `${before.commit}..${commit}`),
    cell: ({ before, source }) => (before === undefined ? '–' : <RangeLink from={before.source} to={source} />),
  },
  { key: 'branch', title: 'Branch', wide: true, value: ({ branch }) => branch },
  {
    key: 'run_id',
    title: 'Run',
    value: ({ run_id }) => run_id,
    cell: ({ run_id }) => <RunLink run_id={run_id} />,
  },
];

/** The points with their runs and commits, the newest first. */
export function PointTable({ points }: { points: readonly ResultRow[] }): ReactNode {
  // A re-run of an older commit has the one that was before it at first.
  const befores = new Map<string, ResultRow | undefined>();
  let newest: ResultRow | undefined;
  const listed = points.map((point): Listed => {
    if (point.commit === '') return { ...point, before: undefined };
    if (!befores.has(point.commit)) {
      befores.set(point.commit, newest);
      newest = point;
    }
    return { ...point, before: befores.get(point.commit) };
  });
  return (
    <DataTable
      label="Points"
      columns={COLUMNS}
      rows={listed.reverse()}
      rowKey={({ run_id, task_id, attempt }) => `${run_id} ${task_id} ${attempt}`}
      most={LISTED}
    />
  );
}
