import { call } from '@benchwire/shared/client/http-client.ts';
import type { Api } from '@benchwire/shared/contracts/api/api.ts';
import type { QueryOf } from '@benchwire/shared/contracts/api/signature.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { Checkbox, Group } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { allPages } from '../../api/all-pages.ts';
import { useMay } from '../../api/session.ts';
import { usePages } from '../../api/use-api.ts';
import type { Table } from '../../parts/download.ts';
import { ExportMenu } from '../../parts/export-menu.tsx';
import { ColumnsMenu } from '../../parts/list/columns-menu.tsx';
import { ShowMore } from '../../parts/list/server-list.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { DecideMany } from './decide-many.tsx';
import { FINDING_COLUMNS, HIDDEN_FACTS } from './finding-facts.tsx';
import { FindingList } from './finding-list.tsx';

export type FindingQuery = QueryOf<Api['GET /api/findings']>;

export interface FindingTableProps {
  query: FindingQuery;
  /** Whether the query leaves something out, for the words of an empty list. */
  filtered: boolean;
  title: string;
}

const HIDDEN = { hide: HIDDEN_FACTS };

/** A list of findings as the server sorts and filters it; several can be decided at once. */
export function FindingTable({ query, filtered, title }: FindingTableProps): ReactNode {
  const asked = call('GET /api/findings', { query: { ...query, limit: 50 } });
  const findings = usePages(asked);
  const may_decide = useMay('submitter');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [{ hide }, change] = useUrlState(HIDDEN);
  const hidden = new Set(hide.split(','));
  const shown = findings.data ?? [];
  const here = shown.filter(({ finding_id }) => chosen.has(finding_id));
  const toggle = (finding_id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(finding_id)) next.add(finding_id);
    setChosen(next);
  };
  const toggleAll = (): void =>
    setChosen(here.length === shown.length ? new Set() : new Set(shown.map(({ finding_id }) => finding_id)));
  return (
    <Panel title={title} className="bw-exported">
      {shown.length > 0 && (
        <div className="bw-table-tools">
          <ColumnsMenu
            of="Findings"
            columns={FINDING_COLUMNS}
            hidden={hidden}
            onHide={(next) => change({ hide: [...next].filter(Boolean).join(',') })}
          />
          <ExportMenu of="Findings" table={async () => tableOf(await allPages(asked))} />
        </div>
      )}
      <Answer of={findings} height={300}>
        {(rows) =>
          rows.length === 0 ? (
            <NoFindings filtered={filtered} />
          ) : (
            <>
              {may_decide && (
                <Group gap="sm" mb={6} mih={30}>
                  <Checkbox
                    size="xs"
                    label={here.length === 0 ? 'Choose all shown' : `${here.length} chosen`}
                    checked={here.length === rows.length}
                    indeterminate={here.length > 0 && here.length < rows.length}
                    onChange={toggleAll}
                  />
                  <DecideMany findings={here} onDone={() => setChosen(new Set())} />
                </Group>
              )}
              <FindingList rows={rows} hidden={hidden} chosen={may_decide ? chosen : undefined} onChoose={toggle} />
            </>
          )
        }
      </Answer>
      <ShowMore of={findings} />
    </Panel>
  );
}

function NoFindings({ filtered }: { filtered: boolean }): ReactNode {
  return (
    <Empty title={filtered ? 'No findings match these filters' : 'No open findings'}>
      {filtered
        ? 'Clear a filter, or choose another state or kind.'
        : 'A series is judged from its sixth run on. Choose "every state" to see settled findings.'}
    </Empty>
  );
}

const EXPORTED = [
  ...([
    'finding_id',
    'kind',
    'state',
    'state_reason',
    'detected_at',
    'benchmark',
    'model',
    'metric',
    'batch_size',
  ] as const),
  ...(['precision', 'executor', 'pool', 'fingerprint', 'series_id', 'run_id', 'task_id', 'value', 'unit'] as const),
  ...(['baseline_median', 'change_percent', 'z_score', 'message'] as const),
];

/** Every field that a list is filtered by, with the commits that it lies between. */
function tableOf(findings: readonly FindingRow[]): Table {
  const rows = findings.map((row) => ({
    ...Object.fromEntries(EXPORTED.map((name) => [name, row[name]])),
    ...{ commit: row.source?.commit ?? null, branch: row.source?.branch ?? null, author: row.source?.author ?? null },
    previous_commit: row.previous_source?.commit ?? null,
  }));
  return { columns: [...EXPORTED, 'commit', 'branch', 'author', 'previous_commit'], rows };
}
