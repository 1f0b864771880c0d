import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { Button } from '@mantine/core';
import { IconBan, IconFileText, IconGitCompare, IconRepeat } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useMay } from '../../api/session.ts';
import { useSend } from '../../api/use-api.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';

/** What can be done with a run. */
export function RunActions({ run }: { run: RunRow }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  const may_submit = useMay('submitter');
  const path = `/api/runs/${run.run_id}`;
  const cancel = useSend<{ reason: string }, unknown>('POST', () => `${path}/cancel`, ['/api/runs']);
  const repeat = useSend<Record<string, never>, { run_id: string }>('POST', () => `${path}/repeat`, ['/api/runs']);
  return (
    <>
      <Button
        component={Link}
        href={`/compare?run=${run.run_id}`}
        variant="default"
        leftSection={<IconGitCompare size={16} />}
      >
        Compare
      </Button>
      <Button component="a" href={`${path}/report`} download variant="default" leftSection={<IconFileText size={16} />}>
        Report
      </Button>
      {may_submit && (
        <Button
          variant="default"
          leftSection={<IconRepeat size={16} />}
          loading={repeat.isPending}
          onClick={() =>
            repeat.mutate({}, { onSuccess: ({ run_id }) => navigate(`/runs/${run_id}`), onError: notifyFailure })
          }
        >
          Repeat
        </Button>
      )}
      {may_submit && run.finished_at === null && (
        <Button
          variant="default"
          leftSection={<IconBan size={16} />}
          disabled={run.state === 'cancelling'}
          onClick={() => setAsking(true)}
        >
          Cancel
        </Button>
      )}
      <ReasonDialog
        opened={asking}
        title={`Cancel ${run.name || 'this run'}`}
        note="Waiting tasks are not started and running tasks are stopped. Results so far are kept."
        action="Cancel run"
        onClose={() => setAsking(false)}
        onSay={(reason) => cancel.mutateAsync({ reason })}
      />
    </>
  );
}
