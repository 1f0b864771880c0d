import { call } from '@benchwire/shared/client/http-client.ts';
import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange } from '../../api/use-api.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';
import { NameDialog } from './name-dialog.tsx';
import { isThere } from './worker-facts.ts';

type Action = 'drain' | 'quarantine' | 'resume';

const ACTIONS: Record<Action, { label: string; note: string; possible: (state: string) => boolean }> = {
  drain: {
    label: 'Drain',
    note: 'It finishes its running tasks and takes no new ones until it is resumed or restarted.',
    possible: (state) => state === 'ready',
  },
  quarantine: {
    label: 'Quarantine',
    note: 'It takes no tasks, even after a restart, until someone releases it.',
    possible: (state) => state !== 'quarantined',
  },
  resume: {
    label: 'Resume',
    note: 'It takes tasks again, and its earlier failures no longer count.',
    possible: (state) => state === 'draining' || state === 'quarantined' || state === 'paused',
  },
};

/** What an operator can do with a worker; each asks for a reason, which is kept. */
export function WorkerActions({ worker }: { worker: WorkerNow }): ReactNode {
  const [asked, setAsked] = useState<Action>();
  const [naming, setNaming] = useState(false);
  const may_operate = useMay('operator');
  const act = useChange(
    ({ action, reason }: { action: Action; reason: string }) =>
      call(`POST /api/workers/:id/${action}`, { params: { id: worker.worker_id }, body: { reason } }),
    ['/api/workers'],
  );
  if (!may_operate || !isThere(worker)) return null;
  const possible = (Object.keys(ACTIONS) as Action[]).filter((action) => ACTIONS[action].possible(worker.state));
  const { label, note } = ACTIONS[asked ?? 'drain'];
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${worker.worker_id}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setNaming(true)}>Name …</Menu.Item>
          {possible.map((action) => (
            <Menu.Item key={action} onClick={() => setAsked(action)}>
              {ACTIONS[action].label} …
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {naming && <NameDialog kind="worker" id={worker.worker_id} onClose={() => setNaming(false)} />}
      <ReasonDialog
        opened={asked !== undefined}
        title={`${label}: ${worker.worker_id}`}
        note={note}
        action={label}
        required={asked !== 'resume'}
        onClose={() => setAsked(undefined)}
        onSay={(reason) => act.mutateAsync({ action: asked ?? 'drain', reason })}
      />
    </>
  );
}
