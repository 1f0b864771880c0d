import { call } from '@benchwire/shared/client/http-client.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type ReactNode, useState } from 'react';
import { useChange } from '../../api/use-api.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';

type Action = 'acknowledge' | 'dismiss';

const WORDS: Record<Action, { title: string; note: string; label: string; past: string }> = {
  acknowledge: {
    title: 'Acknowledge',
    note: 'They are accepted as real and being handled.',
    label: 'Acknowledge',
    past: 'acknowledged',
  },
  dismiss: {
    title: 'Dismiss',
    note: 'Say why these are not regressions. The detector learns from it and needs stronger evidence next time on these metrics and pools.',
    label: 'Dismiss',
    past: 'dismissed',
  },
};

/** Acknowledges or dismisses all chosen findings, with one reason. */
export function DecideMany({ findings, onDone }: { findings: readonly FindingRow[]; onDone: () => void }): ReactNode {
  const [asking, setAsking] = useState<Action>();
  const decide = useChange(
    ({ action, reason }: { action: Action; reason: string }) =>
      call('POST /api/decisions', {
        body: { finding_ids: findings.map(({ finding_id }) => finding_id), action, reason },
      }),
    ['/api/findings', '/api/incidents', '/api/series', '/api/overview'],
  );
  if (findings.length === 0) return null;
  const act = async (action: Action, reason: string): Promise<void> => {
    const { decided, refused } = await decide.mutateAsync({ action, reason });
    notifications.show({ message: `${decided.length} ${WORDS[action].past}.` });
    for (const { message } of refused.slice(0, 3)) notifications.show({ color: 'orange', message });
    onDone();
  };
  const { title, note, label } = WORDS[asking ?? 'acknowledge'];
  return (
    <>
      {(['acknowledge', 'dismiss'] as const).map((action) => (
        <Button key={action} size="compact-sm" variant="default" onClick={() => setAsking(action)}>
          {WORDS[action].label} {findings.length}
        </Button>
      ))}
      <ReasonDialog
        opened={asking !== undefined}
        title={`${title} ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`}
        note={note}
        action={label}
        required={asking === 'dismiss'}
        onClose={() => setAsking(undefined)}
        onSay={(reason) => act(asking ?? 'acknowledge', reason)}
      />
    </>
  );
}
