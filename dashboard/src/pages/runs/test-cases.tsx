import { call } from '@benchwire/shared/client/http-client.ts';
import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { formatCount, formatSeconds } from '../../format/numbers.ts';
import { Failure } from '../../parts/states.tsx';
import { Log } from './log.tsx';

const SHOWN = 50;
const BAD = ['failed', 'error'] as const;

/** How the test cases of a task that is over ended: those that did not pass with the reason. Nothing for a task without any. */
export function TestCases({ run_id, task_id }: { run_id: string; task_id: string }): ReactNode {
  const { data } = useGet(call('GET /api/tasks/:run_id/:task_id/outcome', { params: { run_id, task_id }, query: {} }));
  const failed = { task_id, state: [...BAD], limit: SHOWN };
  const rows = useGet(call('GET /api/runs/:run_id/tests', { params: { run_id }, query: failed }));
  const tests = data?.results.tests;
  if (tests === undefined) return null;
  const bad = tests.failed + tests.errors;
  const shown = rows.data?.items ?? [];
  return (
    <>
      <h3>Tests</h3>
      <Text size="sm">
        {formatCount(tests.passed)} passed, {formatCount(bad)} failed, {formatCount(tests.skipped)} skipped
        {tests.seconds !== null && `, ${formatSeconds(tests.seconds)} in all`}
      </Text>
      <ul className="bw-list">
        {shown.map((each) => (
          <li key={each.case_id}>
            <Group gap="sm">
              <Link href={`/tests/${each.case_id}`} title="Its history">
                <b>{each.name}</b>
              </Link>
              <span className="bw-dim">{each.class || each.file}</span>
              {each.seconds !== null && <span>{formatSeconds(each.seconds)}</span>}
            </Group>
            {each.message !== '' && <Log>{each.message}</Log>}
          </li>
        ))}
      </ul>
      {rows.error !== null && <Failure error={rows.error} retry={() => void rows.refetch()} />}
      {rows.data !== undefined && bad > shown.length && (
        <Text size="sm">
          and {formatCount(bad - shown.length)} more failed tests: <code>bw show --json</code> lists them
        </Text>
      )}
    </>
  );
}
