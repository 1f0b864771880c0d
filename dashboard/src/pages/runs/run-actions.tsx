import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { Button } from '@mantine/core';
import { IconBan, IconGitCompare, IconRepeat } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useMay } from '../../api/session.ts';
import { useChange } from '../../api/use-api.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';
import { ReportMenu } from '../../parts/report-menu.tsx';
import { DecideRuns } from './decide-runs.tsx';
import { FilesDialog } from './files-dialog.tsx';

/** What can be done with a run. */
export function RunActions({ run }: { run: RunRow }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  const may_submit = useMay('submitter');
  const params = { run_id: run.run_id };
  const cancel = useChange(
    (body: { reason: string }) => call('POST /api/runs/:run_id/cancel', { params, body }),
    ['/api/runs'],
  );
  const [differing, setDiffering] = useState<ApiProblem>();
  const repeat = useChange(
    (files: '' | 'as_they_are') => call('POST /api/runs/:run_id/repeat', { params, query: { files } }),
    ['/api/runs'],
  );
  const start = (files: '' | 'as_they_are'): void =>
    repeat.mutate(files, {
      onSuccess: ({ run_id }) => {
        setDiffering(undefined);
        navigate(`/runs/${run_id}`);
      },
      onError: (error) =>
        error instanceof ApiProblem && error.code === 'FILES_DIFFER' ? setDiffering(error) : notifyFailure(error),
    });
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
      <ReportMenu path={call('GET /api/runs/:run_id/report', { params }).path} />
      {may_submit && (
        <Button
          variant="default"
          leftSection={<IconRepeat size={16} />}
          loading={repeat.isPending}
          onClick={() => start('')}
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
      {run.finished_at !== null && (
        <DecideRuns runs={[run]} onDone={(decision) => decision === 'delete' && navigate('/runs')} />
      )}
      <FilesDialog
        problem={differing}
        busy={repeat.isPending}
        onClose={() => setDiffering(undefined)}
        onRepeat={() => start('as_they_are')}
      />
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
