import { call } from '@benchwire/shared/client/http-client.ts';
import type { Api } from '@benchwire/shared/contracts/api/api.ts';
import type { QueryOf } from '@benchwire/shared/contracts/api/signature.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { formatPercentChange } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { FindingStateText } from './finding-state.tsx';

const COLUMNS: readonly Column<FindingRow>[] = [
  {
    key: 'model',
    title: 'Series',
    value: ({ model, benchmark }) => model || benchmark,
    cell: ({ finding_id, model, benchmark, metric, batch_size }) => (
      <Link href={`/findings/${encodeURIComponent(finding_id)}`}>
        {modelName(model) || benchmark} {metric}
        {batch_size === null ? '' : `, batch ${batch_size}`}
      </Link>
    ),
  },
  { key: 'kind', title: 'Kind', value: ({ kind }) => kind },
  {
    key: 'change_percent',
    title: 'Change',
    numeric: true,
    value: ({ change_percent }) => change_percent,
    cell: ({ change_percent }) => formatPercentChange(change_percent),
  },
  {
    key: 'state',
    title: 'State',
    value: ({ state }) => state,
    cell: ({ state }) => <FindingStateText state={state} />,
  },
  { key: 'pool', title: 'Pool', wide: true, value: ({ pool }) => pool },
  {
    key: 'detected_at',
    title: 'Found',
    value: ({ detected_at }) => detected_at,
    cell: ({ detected_at }) => <Ago at={detected_at} />,
  },
  {
    key: 'message',
    title: 'Summary',
    wide: true,
    value: ({ message }) => message,
    cell: ({ message }) => <div className="bw-wrap">{message}</div>,
  },
];

export type FindingQuery = QueryOf<Api['GET /api/findings']>;

export function FindingTable({
  query,
  filtered,
  title = 'Newest first',
}: {
  query: FindingQuery;
  filtered: boolean;
  title?: string;
}): ReactNode {
  const findings = usePages(call('GET /api/findings', { query: { ...query, limit: 100 } }));
  return (
    <Panel title={title}>
      <Answer of={findings} height={300}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={filtered ? 'No findings match these filters' : 'No open findings'}>
              {filtered
                ? 'Choose another state or kind.'
                : 'A series is judged from its sixth run on. Choose "every state" to see settled findings.'}
            </Empty>
          ) : (
            <DataTable label="Findings" columns={COLUMNS} rows={rows} rowKey={({ finding_id }) => finding_id} />
          )
        }
      </Answer>
      {findings.hasNextPage && (
        <Button
          variant="subtle"
          size="compact-sm"
          mt={6}
          loading={findings.isFetchingNextPage}
          onClick={() => void findings.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </Panel>
  );
}
