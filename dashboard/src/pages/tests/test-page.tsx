import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { TestCaseRow, TestRow } from '@benchwire/shared/contracts/rows.ts';
import { testCaseInWords } from '@benchwire/shared/format/test-case-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount, formatSeconds } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PoolName, WorkerName } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { shortId } from '../../parts/run-link.tsx';
import { Answer } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';
import { Log } from '../runs/log.tsx';
import { HistoryStrip } from './history-strip.tsx';
import { failuresInWords, flakinessInWords } from './reliability.ts';

const MAX_EXECUTIONS = 200;

const taskOf = ({ run_id, task_id }: TestCaseRow): string => withQuery(`/runs/${run_id}`, { task: task_id });

const COLUMNS: readonly Column<TestCaseRow>[] = [
  { key: 'state', title: 'State', value: ({ state }) => state },
  {
    ...{ key: 'finished_at', title: 'Ended', value: ({ finished_at }: TestCaseRow) => finished_at },
    cell: ({ finished_at }) => <At at={finished_at} />,
  },
  {
    ...{ key: 'run_id', title: 'Run', value: ({ run_id }: TestCaseRow) => run_id },
    cell: (row) => (
      <Link href={taskOf(row)} title={row.run_id} className="bw-mono">
        {shortId(row.run_id)}
      </Link>
    ),
  },
  { key: 'task_id', title: 'Task', wide: true, value: ({ task_id }) => task_id },
  {
    ...{ key: 'commit', title: 'Commit', value: ({ commit }: TestCaseRow) => commit },
    cell: ({ commit }) => <span className="bw-mono">{commit.slice(0, 10) || '–'}</span>,
  },
  { key: 'branch', title: 'Branch', wide: true, value: ({ branch }) => branch || null },
  {
    ...{ key: 'seconds', title: 'Duration', unit: 's', numeric: true },
    value: ({ seconds }) => seconds,
    cell: ({ seconds }) => formatSeconds(seconds),
  },
  {
    ...{ key: 'pool', title: 'Pool', wide: true, value: ({ pool }: TestCaseRow) => pool },
    cell: ({ pool }) => (pool === '' ? '–' : <PoolName pool={pool} />),
  },
  {
    ...{ key: 'worker_id', title: 'Worker', wide: true, value: ({ worker_id }: TestCaseRow) => worker_id },
    cell: ({ worker_id }) => (worker_id === '' ? '–' : <WorkerName worker_id={worker_id} />),
  },
];

/** One test case: how far it can be relied on, and each of its executions. */
export default function TestPage({ case_id }: { case_id: string }): ReactNode {
  useRefresh('events', ['/api/tests']);
  const test = useGet(call('GET /api/tests/:case_id', { params: { case_id }, query: { limit: MAX_EXECUTIONS } }));
  return (
    <Answer of={test} height={300}>
      {({ history, ...row }) => (
        <div className="bw-stack">
          <PageHead title={testCaseInWords(row)} note={`${row.benchmark}, case ${case_id}`} />
          <Panel title="Reliability">
            <Facts row={row} />
          </Panel>
          <Panel title="History" aside={<span className="bw-dim">the newest at the right; a mark opens its task</span>}>
            <HistoryStrip newest_first={history.map((each) => ({ state: each.state, link: linkOf(each) }))} />
          </Panel>
          <Panel title="Executions">
            <DataTable
              label="Executions"
              columns={COLUMNS}
              rows={history}
              rowKey={({ run_id, task_id, attempt }) => `${run_id} ${task_id} ${attempt}`}
              most={50}
            />
          </Panel>
        </div>
      )}
    </Answer>
  );
}

function linkOf(row: TestCaseRow): { href: string; title: string } {
  const commit = row.commit === '' ? '' : `, commit ${row.commit.slice(0, 10)}`;
  return { href: taskOf(row), title: `${row.state} in run ${shortId(row.run_id)}${commit}, ${row.finished_at}` };
}

function Facts({ row }: { row: TestRow }): ReactNode {
  const flakiness = flakinessInWords(row);
  return (
    <>
      <dl className="bw-pairs">
        <dt>Last</dt>
        <dd>{row.last_state}</dd>
        <dt>Failed</dt>
        <dd>{failuresInWords(row)}</dd>
        <dt>Flaky</dt>
        <dd>
          {flakiness === ''
            ? 'no'
            : `${flakiness}: both passed and failed on ${formatCount(row.flaky_programs)} of ${formatCount(row.programs)} commits or settings`}
        </dd>
        <dt>Median duration</dt>
        <dd>{formatSeconds(row.seconds)}</dd>
        <dt>Class</dt>
        <dd>{row.class || '–'}</dd>
        <dt>File</dt>
        <dd>{row.file || '–'}</dd>
      </dl>
      {row.last_message !== '' && <Log>{row.last_message}</Log>}
    </>
  );
}
