import { call } from '@benchwire/shared/client/http-client.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange } from '../../api/use-api.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';
import { LinkDialog } from './link-dialog.tsx';

interface Act {
  action: 'acknowledge' | 'dismiss' | 'reopen' | 'link';
  reason?: string;
  link?: string;
}

/** What a person decides about a finding. */
export function Triage({ finding: { finding_id, state } }: { finding: Finding }): ReactNode {
  const may_decide = useMay('submitter');
  const [asking, setAsking] = useState<'dismiss' | 'link'>();
  const act = useChange(
    ({ action, ...body }: Act) => call(`POST /api/findings/:id/${action}`, { params: { id: finding_id }, body }),
    ['/api/findings', '/api/incidents', '/api/series'],
  );
  if (!may_decide) return null;
  const settled = state === 'dismissed' || state === 'went_away';
  const close = (): void => setAsking(undefined);
  const button = (action: 'acknowledge' | 'reopen', label: string): ReactNode => (
    <Button
      variant="default"
      loading={act.isPending && act.variables.action === action}
      onClick={() => act.mutate({ action }, { onError: notifyFailure })}
    >
      {label}
    </Button>
  );
  return (
    <>
      {!settled && state !== 'acknowledged' && button('acknowledge', 'Acknowledge')}
      {(settled || state === 'acknowledged') && button('reopen', 'Reopen')}
      {state !== 'dismissed' && (
        <Button variant="default" onClick={() => setAsking('dismiss')}>
          Dismiss
        </Button>
      )}
      <Button variant="default" onClick={() => setAsking('link')}>
        Link
      </Button>
      <ReasonDialog
        opened={asking === 'dismiss'}
        title="Dismiss this finding"
        note="Say why this is not a regression. The detector learns from it and needs stronger evidence next time on this metric and pool."
        action="Dismiss"
        required
        onClose={close}
        onSay={(reason) => act.mutateAsync({ action: 'dismiss', reason })}
      />
      <LinkDialog
        opened={asking === 'link'}
        onClose={close}
        onSay={(link) => act.mutateAsync({ action: 'link', link })}
      />
    </>
  );
}
