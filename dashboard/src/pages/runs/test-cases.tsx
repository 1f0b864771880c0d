import { call } from '@benchwire/shared/client/http-client.ts';
import type { TestCaseRow } from '@benchwire/shared/contracts/rows.ts';
import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useGet } from '../../api/use-api.ts';
import { formatSeconds } from '../../format/numbers.ts';
import { Log } from './log.tsx';

const SHOWN = 50;
const isBad = ({ state }: TestCaseRow): boolean => state === 'failed' || state === 'error';

/** How the test cases of a task ended: those that did not pass with the reason. Nothing for a task without any. */
export function TestCases({ run_id, task_id }: { run_id: string; task_id: string }): ReactNode {
  const { data } = useGet(call('GET /api/runs/:run_id/tests', { params: { run_id }, query: { task_id, limit: 5000 } }));
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  const bad = items.filter(isBad);
  const skipped = items.filter(({ state }) => state === 'skipped').length;
  return (
    <>
      <h3>Tests</h3>
      <Text size="sm">
        {items.length - bad.length - skipped} passed, {bad.length} failed, {skipped} skipped
      </Text>
      <ul className="bw-list">
        {bad.slice(0, SHOWN).map((row) => (
          <li key={row.case_id}>
            <Group gap="sm">
              <b>{row.name}</b>
              <span className="bw-dim">{row.class || row.file}</span>
              <span>{formatSeconds(row.seconds)}</span>
            </Group>
            {row.message !== '' && <Log>{row.message}</Log>}
          </li>
        ))}
      </ul>
      {bad.length > SHOWN && <Text size="sm">and {bad.length - SHOWN} more failed tests</Text>}
    </>
  );
}
