import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, Group, Textarea } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { api } from '../../api/client.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import type { ChartChoice } from './report-chart.ts';
import { SavedQueries } from './saved-queries.tsx';
import type { SavedQuery } from './saved-query.ts';
import { isKind, SqlResult } from './sql-result.tsx';

const DEFAULTS = { sql: '', name: '', chart: 'none', x: '', y: '', by: '' };

/** One read-only statement over the tables, its answer as a chart and a table; all of it is in the page's address. */
export default function ReportsPage(): ReactNode {
  const [{ sql, name, chart, x, y, by }, change] = useUrlState(DEFAULTS);
  const [written, setWritten] = useState(sql);
  const answer = useQuery({
    queryKey: ['/api/sql', sql],
    queryFn: ({ signal }) => api.send(call('POST /api/sql', { body: { sql } }), { signal }),
    enabled: sql.trim() !== '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const chosen: ChartChoice = { kind: isKind(chart) ? chart : 'none', x, y, by };
  const choose = ({ kind, ...columns }: Partial<ChartChoice>): void =>
    change({ ...columns, ...(kind === undefined ? {} : { chart: kind }) });
  const ask = (): void => {
    if (written === sql) void answer.refetch();
    else change({ sql: written, name: '' });
  };
  const open = (of: string, query: Partial<SavedQuery> & { sql: string }): void => {
    setWritten(query.sql);
    change({
      name: of,
      sql: query.sql,
      chart: query.kind ?? 'none',
      x: query.x ?? '',
      y: query.y ?? '',
      by: query.by ?? '',
    });
  };
  const askByKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ask();
  };
  return (
    <>
      <PageHead title="Query" note="Read-only SQL over all results. The link to this page includes the query." />
      <div className="bw-grid">
        <Panel title="Statement" className="bw-8">
          <Textarea
            aria-label="SQL"
            value={written}
            onChange={(event) => setWritten(event.currentTarget.value)}
            onKeyDown={askByKey}
            autosize
            minRows={11}
            maxRows={20}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            placeholder="SELECT …"
          />
          <Group gap="xs" mt={8}>
            <Button
              leftSection={<IconPlayerPlay size={16} />}
              onClick={ask}
              loading={answer.isFetching}
              disabled={written.trim() === ''}
            >
              Run
            </Button>
            <span className="bw-note">
              Ctrl Enter. Tables: runs, tasks, attempts, results, samples, findings, workers, events.
            </span>
          </Group>
        </Panel>
        <Panel title="Saved queries" className="bw-4">
          <SavedQueries current={{ sql: written, ...chosen }} onOpen={open} />
        </Panel>
        <Panel title={name || 'Results'}>
          {sql.trim() === '' ? (
            <Empty title="No query yet">Write a query above, or open an example.</Empty>
          ) : (
            <Answer of={answer} height={200}>
              {(rows) => <SqlResult answer={rows} name={name || 'Results'} chosen={chosen} onChoose={choose} />}
            </Answer>
          )}
        </Panel>
      </div>
    </>
  );
}
