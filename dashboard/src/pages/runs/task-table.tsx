import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { distinctModelNames } from '@benchwire/shared/format/model-name.ts';
import { Button, Select, TextInput, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { usePages } from '../../api/use-api.ts';
import { formatSeconds } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
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

/** Every task of a run with its life on the run's time axis. */
export function TaskTable({ run, onPick }: { run: RunRow; onPick: (task_id: string) => void }): ReactNode {
  const [{ state, find }, change] = useUrlState(DEFAULTS);
  const tasks = usePages(
    call('GET /api/runs/:run_id/tasks', {
      params: { run_id: run.run_id },
      query: { state: oneOf(STATES, state), search: find, limit: 500 },
    }),
  );
  return (
    <>
      <search className="bw-filters">
        <Select
          aria-label="State"
          placeholder="every state"
          data={STATES.map((value) => ({ value, label: value.replace('_', ' ') }))}
          value={state || null}
          onChange={(next) => change({ state: next ?? '' })}
          clearable
          w={150}
        />
        <TextInput
          data-search
          aria-label="Search for tasks"
          placeholder="task, model, worker, pool"
          leftSection={<IconSearch size={15} />}
          value={find}
          onChange={(event) => change({ find: event.currentTarget.value })}
        />
      </search>
      <Answer of={tasks} height={300}>
        {(rows) => <Rows run={run} rows={rows} onPick={onPick} />}
      </Answer>
      {tasks.hasNextPage && (
        <Button variant="subtle" size="compact-sm" mt={6} onClick={() => void tasks.fetchNextPage()}>
          Load more tasks
        </Button>
      )}
    </>
  );
}

function Rows({ run, rows, onPick }: { run: RunRow; rows: TaskRow[]; onPick: (task_id: string) => void }): ReactNode {
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
        <UnstyledButton className="bw-link" onClick={() => onPick(task_id)}>
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
      key: 'error_message',
      title: 'Reason',
      wide: true,
      value: ({ error_message, note }) => error_message || note,
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
        sorted={{ key: 'started_at', descending: false }}
      />
    </>
  );
}

const lastEnd = (rows: readonly TaskRow[]): number =>
  Math.max(0, ...rows.map(({ finished_at }) => (finished_at === null ? 0 : Date.parse(finished_at))));
