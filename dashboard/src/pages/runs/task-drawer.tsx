import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, Drawer, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { formatSeconds } from '../../format/numbers.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { At } from '../../parts/time.tsx';
import { LiveLog } from './live-log.tsx';
import { Log } from './log.tsx';
import { logText } from './log-text.ts';
import { TestCases } from './test-cases.tsx';

/** One task beside the run: why it is where it is, its attempts with their logs, and what can be done. */
export function TaskDrawer({
  run_id,
  task_id,
  onClose,
}: {
  run_id: string;
  task_id: string;
  onClose: () => void;
}): ReactNode {
  return (
    <Drawer opened={task_id !== ''} onClose={onClose} position="right" size="lg" title={<b>{task_id}</b>}>
      {task_id !== '' && <Task run_id={run_id} task_id={task_id} />}
    </Drawer>
  );
}

interface TaskPlace {
  run_id: string;
  task_id: string;
}

function Task({ run_id, task_id }: TaskPlace): ReactNode {
  const task = useGet(call('GET /api/tasks/:run_id/:task_id', { params: { run_id, task_id } }));
  const is_open = task.data?.state === 'waiting' || task.data?.state === 'running';
  return (
    <Answer of={task}>
      {(row) => (
        <div className="bw-stack">
          <Group justify="space-between">
            <Status state={row.state} />
            <TaskActions run_id={run_id} task_id={task_id} is_open={is_open} />
          </Group>
          <dl className="bw-pairs">
            <Pair name="Model" value={row.model} />
            <Pair name="Executor" value={row.executor} />
            <Pair name="Pool" value={row.pool} />
            <Pair name="Worker" value={row.worker_id} />
            <Pair name="Attempt" value={row.attempt === 0 ? '' : String(row.attempt)} />
            <Pair name="Duration" value={formatSeconds(row.execution_time_seconds)} />
          </dl>
          {row.error_message !== '' && (
            <Text size="sm">
              <b>
                {row.error_class} {row.error_code}
              </b>
              : {row.error_message}
            </Text>
          )}
          {row.note !== '' && <Text size="sm">{row.note}</Text>}
          {is_open && <Why run_id={run_id} task_id={task_id} />}
          {row.type === 'test' && row.finished_at !== null && <TestCases run_id={run_id} task_id={task_id} />}
          {row.state === 'running' && <LiveLog run_id={run_id} task_id={task_id} attempt={row.attempt} />}
          <h3>Attempts</h3>
          <Attempts run_id={run_id} task_id={task_id} shown={row.error_message} />
        </div>
      )}
    </Answer>
  );
}

function Pair({ name, value }: { name: string; value: string }): ReactNode {
  if (value === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function TaskActions({ is_open, ...params }: TaskPlace & { is_open: boolean }): ReactNode {
  const may_submit = useMay('submitter');
  const act = useChange(
    ({ action }: { action: 'cancel' | 'retry' }) => call(`POST /api/tasks/:run_id/:task_id/${action}`, { params }),
    [`/api/runs/${params.run_id}`, `/api/tasks/${params.run_id}`],
  );
  if (!may_submit) return null;
  const action = is_open ? 'cancel' : 'retry';
  return (
    <Button
      variant="default"
      size="compact-sm"
      loading={act.isPending}
      onClick={() => act.mutate({ action }, { onError: notifyFailure })}
    >
      {is_open ? 'Cancel task' : 'Retry task'}
    </Button>
  );
}

function Why(params: TaskPlace): ReactNode {
  const why = useGet(call('GET /api/tasks/:run_id/:task_id/why', { params }), { every_ms: 3000 });
  return (
    <>
      <h3>Placement</h3>
      <Answer of={why} height={40}>
        {(task) => (
          <>
            <Text size="sm">{task.explanation}</Text>
            <ul className="bw-list">
              {task.pools.map((pool) => (
                <li key={pool.pool}>
                  <span className="bw-mono">{pool.pool}</span>{' '}
                  {pool.reason ??
                    `free in ${formatSeconds(pool.wait_seconds)}, then ${formatSeconds(pool.run_seconds)}`}
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </>
  );
}

/** @param shown - the task's error, which its only attempt does not repeat */
function Attempts({ shown, ...params }: TaskPlace & { shown: string }): ReactNode {
  const attempts = useGet(call('GET /api/tasks/:run_id/:task_id/attempts', { params }));
  return (
    <Answer of={attempts} height={60}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No finished attempts yet" />
        ) : (
          <ul className="bw-list">
            {items.map((attempt) => (
              <li key={attempt.attempt}>
                <Group gap="sm">
                  <b>{attempt.attempt}</b>
                  <Status state={attempt.status} />
                  <span>{formatSeconds(attempt.execution_time_seconds)}</span>
                  <span className="bw-dim">
                    {attempt.worker_id}, <At at={attempt.finished_at} />
                  </span>
                </Group>
                {attempt.error_message !== '' && (items.length > 1 || attempt.error_message !== shown) && (
                  <Text size="sm">{attempt.error_message}</Text>
                )}
                {attempt.logs !== '' && <Log>{logText(attempt.logs)}</Log>}
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}
