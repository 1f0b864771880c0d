import { Code, List, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failure } from '../../parts/states.tsx';
import type { Checked } from './dry-run.ts';

/** Reasons that are listed one by one. */
const MAX_REASONS = 6;

/** What the server would do with the request, or what is wrong with it. */
export function DryRunAnswer({
  of: { data, error },
  asked,
  settled,
}: {
  of: UseQueryResult<Checked, Error>;
  asked: boolean;
  settled: boolean;
}): ReactNode {
  if (!asked) return <Text c="dimmed">Fill in a model, or write the request in YAML.</Text>;
  if (!settled) return <Text c="dimmed">Checking …</Text>;
  if (error !== null) return <Failure error={error} />;
  if (data === undefined) return <Text c="dimmed">Checking …</Text>;
  if (data.issues.length === 0) {
    return (
      <>
        <span className="bw-status" data-tone="completed" role="status">
          <IconCircleCheck size={16} aria-hidden />
          Valid: {data.task_count} {data.task_count === 1 ? 'task' : 'tasks'}
          {/* Tasks with `placement: each` become one per pool when the scheduler takes the run. */}
        </span>
        <Waiting of={data} />
      </>
    );
  }
  return (
    <>
      <Text fw={600} size="sm" role="status">
        {data.issues.length === 1 ? '1 problem' : `${data.issues.length} problems`}
      </Text>
      <List size="sm" spacing={6} mt={6}>
        {data.issues.map((issue) => (
          <List.Item key={`${issue.path} ${issue.message}`}>
            {issue.path !== '' && <Code>{issue.path}</Code>} {issue.message}
          </List.Item>
        ))}
      </List>
    </>
  );
}

/** What of a run of models will wait for a worker, by reason, and what is left out since it was measured. */
function Waiting({ of: { waiting = [], fresh_count = 0 } }: { of: Checked }): ReactNode {
  const by_reason = [...Map.groupBy(waiting, ({ reason }) => reason)];
  return (
    <>
      {fresh_count > 0 && (
        <Text size="sm" mt={6}>
          Left out, measured already: {fresh_count}
        </Text>
      )}
      {by_reason.length > 0 && (
        <List size="sm" spacing={6} mt={6}>
          {by_reason.slice(0, MAX_REASONS).map(([reason, models]) => (
            <List.Item key={reason}>
              {models.length === 1 ? models[0]?.model : `${models.length} models`} will wait: {reason}
            </List.Item>
          ))}
          {by_reason.length > MAX_REASONS && <List.Item>and {by_reason.length - MAX_REASONS} other reasons</List.Item>}
        </List>
      )}
    </>
  );
}
