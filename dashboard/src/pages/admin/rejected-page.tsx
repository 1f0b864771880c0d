import { call } from '@benchwire/shared/client/http-client.ts';
import type { RejectedItem } from '@benchwire/shared/contracts/api/events.ts';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { actionColumn } from '../../parts/action-column.tsx';
import type { Column } from '../../parts/data-table.tsx';
import { ServerList } from '../../parts/list/server-list.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';
import { issueText, rawText } from './rejected-text.ts';

const COLUMNS: readonly Column<RejectedItem>[] = [
  {
    key: 'rejected_at',
    title: 'When',
    value: ({ rejected_at }) => rejected_at,
    cell: ({ rejected_at }) => <At at={rejected_at} />,
  },
  { key: 'where', title: 'By', value: ({ where }) => where },
  { key: 'subject', title: 'Subject', wide: true, value: ({ subject }) => subject },
  {
    key: 'issues',
    title: 'Error',
    value: ({ issues }) => issueText(issues),
    cell: ({ issues }) => <div className="bw-wrap">{issueText(issues)}</div>,
  },
  {
    key: 'raw',
    title: 'Message',
    wide: true,
    value: ({ raw_base64 }) => rawText(raw_base64),
    cell: ({ raw_base64 }) => (
      <span className="bw-clip bw-mono" title={rawText(raw_base64)}>
        {rawText(raw_base64)}
      </span>
    ),
  },
];

/** Messages that could not be read, with why; an operator sends one again once the reason is gone. */
export default function RejectedPage(): ReactNode {
  useRefresh('rejected', ['/api/rejected']);
  const asked = call('GET /api/rejected', { query: { limit: 100 } });
  const may_operate = useMay('operator');
  const replay = useChange(
    ({ id }: RejectedItem) => call('POST /api/rejected/:id/replay', { params: { id } }),
    ['/api/rejected'],
  );
  const again = actionColumn('replay', 'Send again', replay);
  return (
    <>
      <PageHead title="Rejected messages" />
      <Panel title="Newest first">
        <ServerList
          label="Rejected messages"
          of={usePages(asked)}
          asked={asked}
          columns={may_operate ? [...COLUMNS, again] : COLUMNS}
          rowKey={({ id }) => id}
          empty={<Empty title="No rejected messages" />}
        />
      </Panel>
    </>
  );
}
