import { call } from '@benchwire/shared/client/http-client.ts';
import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useSchedulerStatus } from '../../api/scheduler-status.ts';
import { useMay } from '../../api/session.ts';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount, formatRate } from '../../format/numbers.ts';
import { Facts } from '../../parts/facts.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { Failure } from '../../parts/states.tsx';
import { AddPanel } from './add-panel.tsx';
import type { Layout } from './layout.ts';
import { LayoutMenu } from './layout-menu.tsx';
import { LayoutPanel, useThroughput } from './layout-panel.tsx';
import { PanelTools } from './panel-tools.tsx';
import { finishedPerMinute } from './throughput.ts';
import { useLayout } from './use-layout.ts';

/** What goes on: the numbers of now, and the panels of the chosen layout. */
export default function OverviewPage(): ReactNode {
  useRefresh('events', ['/api/runs', '/api/workers'], 2000);
  const shown = useLayout();
  const [arranging, setArranging] = useState(false);
  const throughput = useThroughput();
  const may_submit = useMay('submitter');
  const { layout, error, show } = shown;
  return (
    <>
      <PageHead title="Overview">
        <LayoutMenu shown={shown} arranging={arranging} onArrange={setArranging} />
        {may_submit && (
          <Button component={Link} href="/runs/new" leftSection={<IconPlus size={16} />}>
            Start a run
          </Button>
        )}
      </PageHead>
      {error !== null && <Failure error={error} />}
      <StateNow buckets={throughput.data?.items ?? []} />
      {arranging && (
        <AddPanel onAdd={(panel) => show({ panels: [...layout.panels, panel] })} onDone={() => setArranging(false)} />
      )}
      <div className="bw-grid">
        {layout.panels.map((panel, at) => (
          <LayoutPanel
            key={keyOf(layout, at)}
            panel={panel}
            tools={arranging ? <PanelTools layout={layout} at={at} onChange={show} /> : undefined}
          />
        ))}
      </div>
    </>
  );
}

/** Stays with a panel while it is moved: its kind, and how many of that kind stand before it. */
function keyOf({ panels }: Layout, at: number): string {
  const name = (panel: Layout['panels'][number] | undefined): string => `${panel?.kind} ${panel?.of ?? ''}`;
  const own = name(panels[at]);
  return `${own} ${panels.slice(0, at).filter((panel) => name(panel) === own).length}`;
}

/** The row of single numbers. */
function StateNow({ buckets }: { buckets: readonly ThroughputBucket[] }): ReactNode {
  const { data: status } = useSchedulerStatus();
  const { data: workers } = usePages(call('GET /api/workers', { query: { limit: 1000 } }), { every_ms: 15_000 });
  const pools = status?.pools ?? [];
  const add = (of: (pool: (typeof pools)[number]) => number): number => pools.reduce((sum, pool) => sum + of(pool), 0);
  const there = workers?.filter(({ state }) => state !== 'left' && state !== 'lost');
  return (
    <Facts
      facts={[
        { name: 'Running runs', value: formatCount(status?.open_runs) },
        {
          name: 'Running tasks',
          value: status === undefined ? '–' : formatCount(add((pool) => pool.running ?? 0)),
          unit: `of ${add((pool) => pool.slots)} slots`,
        },
        { name: 'Waiting tasks', value: formatCount(status?.waiting) },
        { name: 'Unschedulable', value: formatCount(status?.unplaceable), unit: 'tasks' },
        {
          name: 'Workers ready',
          value: formatCount(there?.filter(({ state }) => state === 'ready').length),
          unit: `of ${there?.length ?? 0}`,
        },
        { name: 'Finished, last 5 min', value: formatRate(finishedPerMinute(buckets, 5)), unit: 'tasks/min' },
      ]}
    />
  );
}
