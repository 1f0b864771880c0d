import { call } from '@benchwire/shared/client/http-client.ts';
import type { TestCase } from '@benchwire/shared/contracts/test-results.ts';
import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useGet } from '../../api/use-api.ts';
import { formatCount, formatSeconds } from '../../format/numbers.ts';
import { Log } from './log.tsx';

const SHOWN = 50;
const isBad = ({ state }: TestCase): boolean => state === 'failed' || state === 'error';

/** How the test cases of a task that is over ended: those that did not pass with the reason. Nothing for a task without any. */
export function TestCases({ run_id, task_id }: { run_id: string; task_id: string }): ReactNode {
  const { data } = useGet(call('GET /api/tasks/:run_id/:task_id/outcome', { params: { run_id, task_id }, query: {} }));
  const tests = data?.results.tests;
  if (tests === undefined) return null;
  const bad = tests.failed + tests.errors;
  // Of more cases than an outcome holds those that failed are there first.
  const shown = tests.cases.filter(isBad).slice(0, SHOWN);
  return (
    <>
      <h3>Tests</h3>
      <Text size="sm">
        {formatCount(tests.passed)} passed, {formatCount(bad)} failed, {formatCount(tests.skipped)} skipped
        {tests.seconds !== null && `, ${formatSeconds(tests.seconds)} in all`}
      </Text>
      <ul className="bw-list">
        {shown.map((each) => (
          <li key={`${each.class} ${each.file} ${each.name}`}>
            <Group gap="sm">
              <b>{each.name}</b>
              <span className="bw-dim">{each.class || each.file}</span>
              {each.seconds !== null && <span>{formatSeconds(each.seconds)}</span>}
            </Group>
            {each.message !== undefined && <Log>{each.message}</Log>}
          </li>
        ))}
      </ul>
      {bad > shown.length && (
        <Text size="sm">
          and {formatCount(bad - shown.length)} more failed tests: <code>bw show --json</code> lists them
        </Text>
      )}
    </>
  );
}
