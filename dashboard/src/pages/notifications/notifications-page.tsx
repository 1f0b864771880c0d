import { call } from '@benchwire/shared/client/http-client.ts';
import type { SentItem } from '@benchwire/shared/contracts/api/notifications.ts';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { actionColumn } from '../../parts/action-column.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { At } from '../../parts/time.tsx';
import { Rules } from './rules.tsx';
import { Silences } from './silences.tsx';

const EVERY_MS = 5000;
const MESSAGES = '/api/notifications/messages';

type Row = SentItem & { id: string };

const COLUMNS: readonly Column<Row>[] = [
  { key: 'at', title: 'When', value: ({ at }) => at, cell: ({ at }) => <At at={at} /> },
  { key: 'receiver', title: 'Receiver', wide: true, value: ({ receiver }) => receiver },
  {
    ...{ key: 'state', title: 'State', value: ({ delivery }) => delivery?.state ?? 'waiting' },
    cell: ({ delivery }) => <Status state={delivery?.state ?? 'waiting'} />,
  },
  {
    ...{ key: 'title', title: 'Message', value: ({ title }) => title },
    cell: ({ title }) => <div className="bw-wrap">{title}</div>,
  },
  {
    ...{ key: 'reason', title: 'Error', value: ({ delivery }) => delivery?.reason ?? '' },
    cell: ({ delivery }) => <div className="bw-wrap">{delivery?.state === 'sent' ? '' : (delivery?.reason ?? '')}</div>,
  },
];

/** Who gets findings and faults of the fleet, what keeps them back, and what was sent. */
export default function NotificationsPage(): ReactNode {
  const may_operate = useMay('operator');
  const sent = useGet(call('GET /api/notifications/messages'), { every_ms: EVERY_MS });
  const resend = useChange(
    ({ message_id }: Row) => call('POST /api/notifications/messages/:message_id/resend', { params: { message_id } }),
    [MESSAGES],
  );
  const again = actionColumn('again', 'Send again', resend);
  return (
    <>
      <PageHead
        title="Notifications"
        note="Findings and faults of the fleet in chat, mail or a webhook, each message once."
      />
      <div className="bw-grid">
        <Panel title="Messages" className="bw-12">
          <Answer of={sent}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty title="No messages yet" />
              ) : (
                <DataTable
                  label="Messages"
                  columns={may_operate ? [...COLUMNS, again] : COLUMNS}
                  rows={items.map((item) => ({ ...item, id: item.message_id }))}
                  rowKey={({ id }) => id}
                />
              )
            }
          </Answer>
        </Panel>
        <Rules />
        <Silences />
      </div>
    </>
  );
}
