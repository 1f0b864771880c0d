import { call } from '@benchwire/shared/client/http-client.ts';
import { lazy, type ReactNode, Suspense } from 'react';
import { Link } from 'wouter';
import { useSchedulerStatus } from '../../api/scheduler-status.ts';
import { useGet } from '../../api/use-api.ts';
import { Panel } from '../../parts/panel.tsx';
import { Answer } from '../../parts/states.tsx';
import { FailureMap } from '../fleet/failure-map.tsx';
import { PoolTable } from '../fleet/pool-table.tsx';
import { Recovery } from '../fleet/recovery.tsx';
import { isRule, PANEL_KINDS, type PanelKind, type PlacedPanel, type RuleKind } from './layout.ts';
import { NewestFindings } from './newest-findings.tsx';
import { RunningNow } from './running-now.tsx';
import { ThroughputChart } from './throughput-chart.tsx';
import { TopModels } from './top-models.tsx';
import { useRowSpan } from './use-row-span.ts';

const SeriesPanel = lazy(() => import('./series-panel.tsx'));
const QueryPanel = lazy(() => import('./query-panel.tsx'));

const MINUTES = 60;

const CONTENTS: Record<Exclude<PanelKind, RuleKind>, (of: string) => ReactNode> = {
  running: () => <RunningNow />,
  throughput: () => <Throughput />,
  pools: () => <Pools />,
  findings: () => <NewestFindings />,
  top_models: () => <TopModels />,
  failures: () => <Failures />,
  recovery: () => <Recoveries />,
  series: (of) => <SeriesPanel series_id={of} />,
  query: (of) => <QueryPanel name={of} />,
};

/** One panel of a layout; `tools` stand at the right of its heading. */
export function LayoutPanel({
  panel: { kind, columns, of = '' },
  tools,
}: {
  panel: PlacedPanel;
  tools?: ReactNode;
}): ReactNode {
  const place = useRowSpan();
  const aside = kind === 'findings' ? <Link href="/findings">all findings</Link> : undefined;
  return (
    <div ref={place} className={`bw-${columns}`}>
      <Panel title={titleOf(kind, of)} aside={tools ?? aside}>
        <Suspense fallback={null}>{isRule(kind) ? null : CONTENTS[kind](of)}</Suspense>
      </Panel>
    </div>
  );
}

const titleOf = (kind: PanelKind, of: string): string =>
  kind === 'query' ? of : kind === 'throughput' ? `${PANEL_KINDS[kind]}, last ${MINUTES} min` : PANEL_KINDS[kind];

function Throughput(): ReactNode {
  const throughput = useGet(call('GET /api/throughput', { query: { minutes: MINUTES } }), { every_ms: 10_000 });
  return (
    <Answer of={throughput} height={220}>
      {({ items }) => <ThroughputChart buckets={items} minutes={MINUTES} />}
    </Answer>
  );
}

function Pools(): ReactNode {
  return <Answer of={useSchedulerStatus()}>{({ pools }) => <PoolTable pools={pools} />}</Answer>;
}

function Failures(): ReactNode {
  const failures = useGet(call('GET /api/failures'), { every_ms: 30_000 });
  return <Answer of={failures}>{({ items }) => <FailureMap cells={items} />}</Answer>;
}

function Recoveries(): ReactNode {
  const recovery = useGet(call('GET /api/recovery'), { every_ms: 30_000 });
  return <Answer of={recovery}>{({ items }) => <Recovery rows={items} />}</Answer>;
}
