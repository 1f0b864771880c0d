import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { Button, type ButtonProps } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArchive, IconArchiveOff, IconTrash } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange } from '../../api/use-api.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';

type Decision = 'archive' | 'restore' | 'delete';

const WORDS: Record<Decision, { label: string; note: string; past: string; icon: ReactNode }> = {
  archive: {
    label: 'Archive',
    note: 'Archived runs are left out of lists, the overview and the findings. They can be restored, and their points stay in the histories of their series.',
    past: 'archived',
    icon: <IconArchive size={16} />,
  },
  restore: {
    label: 'Restore',
    note: 'They are back in the lists, the overview and the findings.',
    past: 'restored',
    icon: <IconArchiveOff size={16} />,
  },
  delete: {
    label: 'Delete',
    note: 'Tasks, outcomes, results and samples are deleted for good, and their points no longer count in histories. Findings that nothing else shows are withdrawn.',
    past: 'deleted',
    icon: <IconTrash size={16} />,
  },
};

/** Of one request; as the contract has it. */
const MAX_CHOSEN = 500;

export interface DecideRunsProps {
  runs: ReadonlyArray<Pick<RunRow, 'run_id' | 'name' | 'archived_at'>>;
  /** Says how many on the buttons. */
  counted?: boolean;
  size?: ButtonProps['size'];
  /** Gets what became of them, once all is done. */
  onDone: (decision: Decision) => void;
}

const ROUTES = {
  archive: 'POST /api/archived-runs',
  restore: 'POST /api/restored-runs',
  delete: 'POST /api/deleted-runs',
} as const satisfies Record<Decision, string>;

/** Archives, restores or deletes finished runs, with one reason. */
export function DecideRuns({ runs, counted = false, size, onDone }: DecideRunsProps): ReactNode {
  const [asking, setAsking] = useState<Decision>();
  const may = { archive: useMay('operator'), restore: useMay('operator'), delete: useMay('admin') };
  const decide = useChange(
    ({ decision, reason }: { decision: Decision; reason: string }) =>
      call(ROUTES[decision], {
        body: { run_ids: runs.slice(0, MAX_CHOSEN).map(({ run_id }) => run_id), reason },
      }),
    ['/api/runs', '/api/findings', '/api/incidents', '/api/overview', '/api/series'],
  );
  if (runs.length === 0) return null;
  const archived = runs.filter(({ archived_at }) => archived_at !== null).length;
  const offered = (['archive', 'restore', 'delete'] as const).filter(
    (decision) =>
      may[decision] && (decision === 'delete' || (decision === 'restore' ? archived > 0 : archived < runs.length)),
  );
  const act = async (decision: Decision, reason: string): Promise<void> => {
    const { done, refused } = await decide.mutateAsync({ decision, reason });
    const what = done.length === 1 ? '1 run' : `${done.length} runs`;
    if (done.length > 0) notifications.show({ message: `${what} ${WORDS[decision].past}.` });
    for (const { message } of refused.slice(0, 3)) notifications.show({ color: 'orange', message });
    if (done.length > 0) onDone(decision);
  };
  const what = runs.length === 1 ? runs[0]?.name || 'this run' : `${runs.length} runs`;
  const { label, note } = WORDS[asking ?? 'archive'];
  return (
    <>
      {offered.map((decision) => (
        <Button
          key={decision}
          variant="default"
          {...(size === undefined ? {} : { size })}
          leftSection={WORDS[decision].icon}
          onClick={() => setAsking(decision)}
        >
          {WORDS[decision].label}
          {counted ? ` ${runs.length}` : ''}
        </Button>
      ))}
      <ReasonDialog
        opened={asking !== undefined}
        title={`${label} ${what}`}
        note={note}
        action={label}
        onClose={() => setAsking(undefined)}
        onSay={(reason) => act(asking ?? 'archive', reason)}
      />
    </>
  );
}
