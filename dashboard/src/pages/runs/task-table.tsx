import { call } from '@benchwire/shared/client/http-client.ts';
import type { TaskSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { RunRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { distinctModelNames } from '@benchwire/shared/format/model-name.ts';
import { UnstyledButton } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { allPages } from '../../api/all-pages.ts';
import { usePages } from '../../api/use-api.ts';
import { formatSeconds } from '../../format/numbers.ts';
import { type Column, DataTable, type TableOrder } from '../../parts/data-table.tsx';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { ShowMore } from '../../parts/list/server-list.tsx';
import { type Direction, useOrder } from '../../parts/list/use-order.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { useNow } from '../../parts/use-now.ts';
import { type Stretch, timelineOf } from './timeline.ts';
import { TimelineBar } from './timeline-bar.tsx';
import { TimelineLegend } from './timeline-legend.tsx';
import { useRetriedAttempts } from './use-retried-attempts.ts';

const DEFAULTS = { state: '', find: '' };
const STATES = ['waiting', 'running', 'completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;

const FILTERS: readonly Filter[] = [
  {
    ...{ name: 'state', kind: 'choice', label: 'State', placeholder: 'every state' },
    choices: STATES.map((value) => ({ value, label: value.replace('_', ' ') })),
  },
  { name: 'find', kind: 'search', label: 'Search for tasks', placeholder: 'task, model, worker, pool', width: 240 },
];
/** Each with the direction that it begins with. */
const ORDERS = {
  ...{ started_at: 'ascending', task_id: 'ascending', state: 'ascending', execution_time_seconds: 'descending' },
  ...{ model: 'ascending', worker_id: 'ascending', reason: 'descending' },
} as const satisfies Record<TaskSort, Direction>;

/** Every task of a run with its life on the run's time axis. */
export function TaskTable({ run, onPick }: { run: RunRow; onPick: (task_id: string) => void }): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  const { sort, descending, order } = useOrder(ORDERS);
  const asked = call('GET /api/runs/:run_id/tasks', {
    params: { run_id: run.run_id },
    query: { state: oneOf(STATES, filters.state), search: filters.find, sort, descending, limit: 500 },
  });
  const tasks = usePages(asked);
  return (
    <>
      <FilterBar
        list="tasks"
        filters={FILTERS}
        state={filters}
        defaults={DEFAULTS}
        change={change}
        not_saved={['task']}
      />
      <Answer of={tasks} height={300}>
        {(rows) => <Rows run={run} rows={rows} onPick={onPick} order={order} all={() => allPages(asked)} />}
      </Answer>
      <ShowMore of={tasks} />
    </>
  );
}

interface RowsProps {
  run: RunRow;
  rows: TaskRow[];
  onPick: (task_id: string) => void;
  order: TableOrder;
  all: () => Promise<readonly TaskRow[]>;
}

function Rows({ run, rows, onPick, order, all }: RowsProps): ReactNode {
  const now = useNow(run.finished_at === null ? 1000 : null);
  const attempts = useRetriedAttempts(rows);
  const { accepted_at, finished_at } = run;
  const span = useMemo(
    () => ({
      from_ms: Date.parse(accepted_at),
      to_ms: finished_at === null ? now : Math.max(Date.parse(finished_at), lastEnd(rows)),
    }),
    [accepted_at, finished_at, now, rows],
  );
  const lifeOf = (row: TaskRow): Stretch[] => timelineOf(accepted_at, row, attempts.get(row.task_id) ?? [], span.to_ms);
  const nameOf = distinctModelNames(rows.map(({ model }) => model));
  const timeline: Column<TaskRow> = {
    key: 'started_at',
    title: `Timeline, ${formatSeconds((span.to_ms - span.from_ms) / 1000)}`,
    value: ({ started_at }) => started_at,
    cell: (row) => <TimelineBar stretches={lifeOf(row)} span={span} />,
  };
  const columns: Column<TaskRow>[] = [
    {
      key: 'task_id',
      title: 'Task',
      value: ({ task_id }) => task_id,
      cell: ({ task_id }) => (
        <UnstyledButton className="bw-link bw-name" title={task_id} onClick={() => onPick(task_id)}>
          {task_id}
        </UnstyledButton>
      ),
    },
    {
      key: 'state',
      title: 'State',
      value: ({ state }) => state,
      cell: ({ state, attempt }) => (
        <>
          <Status state={state} />
          {attempt > 1 && <span className="bw-dim"> attempt {attempt}</span>}
        </>
      ),
    },
    timeline,
    {
      key: 'execution_time_seconds',
      title: 'Duration',
      numeric: true,
      value: ({ execution_time_seconds }) => execution_time_seconds,
      cell: ({ execution_time_seconds }) => formatSeconds(execution_time_seconds),
    },
    {
      key: 'model',
      title: 'Model',
      wide: true,
      value: ({ model }) => model,
      cell: ({ model }) => (
        <span className="bw-name" title={model}>
          {nameOf(model)}
        </span>
      ),
    },
    { key: 'worker_id', title: 'Worker', wide: true, value: ({ worker_id }) => worker_id || null },
    {
      key: 'reason',
      title: 'Reason',
      wide: true,
      value: ({ error_class, error_message, note }) => (error_class === '' ? note : `${error_class}: ${error_message}`),
      cell: ({ error_class, error_message, note }) => (
        <span className="bw-clip" title={error_message || note}>
          {error_class === '' ? note : `${error_class}: ${error_message}`}
        </span>
      ),
    },
  ];
  if (rows.length === 0) return <Empty title="No tasks match these filters" />;
  return (
    <>
      <TimelineLegend span={span} lives={() => rows.map((row) => ({ task_id: row.task_id, stretches: lifeOf(row) }))} />
      <DataTable
        label="Tasks"
        columns={columns}
        rows={rows}
        rowKey={({ task_id }) => task_id}
        most={rows.length}
        order={order}
        choosable
        all={all}
      />
    </>
  );
}

const lastEnd = (rows: readonly TaskRow[]): number =>
  Math.max(0, ...rows.map(({ finished_at }) => (finished_at === null ? 0 : Date.parse(finished_at))));
