import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus } from '@benchwire/shared/contracts/run-status.ts';
import { formatBetween, secondsBetween } from '../../format/times.ts';
import type { Column } from '../../parts/data-table.tsx';
import { RunProgress } from '../../parts/progress.tsx';
import { RunLink, shortId } from '../../parts/run-link.tsx';
import { sourceText } from '../../parts/source.ts';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { VerdictMark } from '../../parts/verdict-mark.tsx';

const troubles = (run: RunRow): number => run.failed + run.timed_out + run.lost;

/** The keys of those that can be sorted by are the server's. */
export const RUN_COLUMNS: readonly Column<RunRow>[] = [
  {
    key: 'name',
    title: 'Run',
    value: ({ name }) => name,
    cell: ({ run_id, name, archived_at }) => (
      <>
        <span className="bw-name">
          <RunLink run_id={run_id} name={name || 'unnamed'} />
        </span>{' '}
        <span className="bw-mono bw-dim bw-wide-inline">{shortId(run_id)}</span>
        {archived_at !== null && <span className="bw-dim"> archived</span>}
      </>
    ),
  },
  { key: 'status', title: 'Status', value: runStatus, cell: (run) => <Status state={runStatus(run)} /> },
  {
    key: 'verdict',
    title: 'Verdict',
    value: ({ verdict }) => verdict?.outcome ?? null,
    cell: ({ verdict }) => <VerdictMark verdict={verdict} />,
  },
  {
    key: 'progress',
    title: 'Tasks done',
    value: (run) => (run.total - run.waiting - run.running) / Math.max(1, run.total),
    cell: (run) => <RunProgress counts={run} />,
  },
  {
    key: 'not_completed',
    title: 'Failed',
    numeric: true,
    wide: true,
    value: troubles,
    cell: (run) => (troubles(run) === 0 ? <span className="bw-dim">0</span> : <b>{troubles(run)}</b>),
  },
  {
    key: 'accepted_at',
    title: 'Submitted',
    numeric: true,
    value: ({ accepted_at }) => accepted_at,
    cell: ({ accepted_at }) => <Ago at={accepted_at} />,
  },
  {
    key: 'duration_seconds',
    title: 'Duration',
    numeric: true,
    value: ({ accepted_at, finished_at }) => (finished_at === null ? null : secondsBetween(accepted_at, finished_at)),
    cell: ({ accepted_at, finished_at }) => (finished_at === null ? '–' : formatBetween(accepted_at, finished_at)),
  },
  {
    key: 'source',
    title: 'Source',
    hint: 'sorted by branch, then commit',
    wide: true,
    value: ({ source }) => sourceText(source),
  },
  {
    key: 'tags',
    title: 'Tags',
    wide: true,
    value: ({ tags }) =>
      Object.entries(tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
  },
];
