import { call } from '@benchwire/shared/client/http-client.ts';
import type { Analytics } from '@benchwire/shared/contracts/analytics.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { type ReactNode, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { ReportMenu } from '../../parts/report-menu.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { AnalyticsFilters, readAnalyticsQuery } from './analytics-filters.tsx';
import { AloneTable, GroupTable, ValueTable } from './analytics-tables.tsx';

/** Any metrics and hardware over a period, compared with a baseline. */
export default function AnalyticsPage(): ReactNode {
  const [parameters] = useSearchParams();
  const query = useMemo(() => readAnalyticsQuery(parameters), [parameters]);
  const found = useGet(call('GET /api/analytics', { query }), { every_ms: 60_000 });
  return (
    <>
      <PageHead title="Analytics" note="A period compared with a baseline; the worst change first.">
        <ReportMenu path={call('GET /api/analytics/report').path} query={query} />
      </PageHead>
      <AnalyticsFilters />
      <Answer of={found} height={300}>
        {(analytics) => <Found analytics={analytics} />}
      </Answer>
    </>
  );
}

function Found({ analytics }: { analytics: Analytics }): ReactNode {
  const names = useHardwareNames();
  const { sides, rows, groups, notes, normalised_to } = analytics;
  if (rows.length === 0)
    return <Empty title="Nothing was measured in either period">Choose other periods, or leave a filter out.</Empty>;
  const of = (which: string) => groups.filter((group) => group.of === which);
  const is_alone = (row: Analytics['rows'][number]): boolean => row.cells.some((cell) => cell === null);
  const alone = rows.filter(is_alone);
  const device = normalised_to === null ? null : names.pool(normalised_to);
  return (
    <div className="bw-grid">
      <Panel
        title="Summary"
        aside={
          <span className="bw-dim">
            {sides[1]?.label} compared with {sides[0]?.label}
          </span>
        }
      >
        <ul className="bw-list">
          {of('everything').map(({ metric, sentence }) => (
            <li key={metric}>{sentence}</li>
          ))}
        </ul>
        {notes.map((note) => (
          <p key={note} className="bw-note">
            {note}
          </p>
        ))}
      </Panel>
      <Panel title="By hardware">
        <GroupTable label="By hardware" groups={of('hardware')} nameOf={names.pool} device={device} />
      </Panel>
      <Panel title="By model">
        <GroupTable label="By model" groups={of('model')} nameOf={modelName} device={device} />
      </Panel>
      <Panel title="Values">
        <ValueTable rows={rows.filter((row) => !is_alone(row))} device={device} />
      </Panel>
      {alone.length > 0 && (
        <Panel title="Measured on one side only">
          <AloneTable rows={alone} />
        </Panel>
      )}
    </div>
  );
}
