import type { WorkerRow } from '@benchwire/shared/contracts/rows.ts';
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSchedulerStatus } from '../../api/scheduler-status.ts';
import { useMay } from '../../api/session.ts';
import type { ThroughputBucket } from '../../api/types.ts';
import { useGet, usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount, formatRate } from '../../format/numbers.ts';
import { Facts } from '../../parts/facts.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer } from '../../parts/states.tsx';
import { PoolTable } from '../fleet/pool-table.tsx';
import { NewestFindings } from './newest-findings.tsx';
import { RunningNow } from './running-now.tsx';
import { finishedPerMinute } from './throughput.ts';
import { ThroughputChart } from './throughput-chart.tsx';
import { TopModels } from './top-models.tsx';

const MINUTES = 60;

export default function OverviewPage(): ReactNode {
  useRefresh('events', ['/api/runs', '/api/workers'], 2000);
  const throughput = useGet<{ items: ThroughputBucket[] }>(
    '/api/throughput',
    { minutes: MINUTES },
    { every_ms: 10_000 },
  );
  const status = useSchedulerStatus();
  const may_submit = useMay('submitter');
  return (
    <>
      <PageHead title="Overview">
        {may_submit && (
          <Button component={Link} href="/runs/new" leftSection={<IconPlus size={16} />} size="compact-md">
            Start a run
          </Button>
        )}
      </PageHead>
      <StateNow buckets={throughput.data?.items ?? []} />
      <div className="bw-grid">
        <Panel title="Running now" className="bw-7">
          <RunningNow />
        </Panel>
        <Panel title={`Finished tasks per minute, last ${MINUTES} min`} className="bw-5">
          <Answer of={throughput} height={220}>
            {({ items }) => <ThroughputChart buckets={items} minutes={MINUTES} />}
          </Answer>
        </Panel>
        <Panel title="Pools and their queues" className="bw-7">
          <Answer of={status}>{({ pools }) => <PoolTable pools={pools} />}</Answer>
        </Panel>
        <Panel title="Newest findings" className="bw-5" aside={<Link href="/findings">all findings</Link>}>
          <NewestFindings />
        </Panel>
        <Panel title="Top models per hardware">
          <TopModels />
        </Panel>
      </div>
    </>
  );
}

/** The row of single numbers. */
function StateNow({ buckets }: { buckets: readonly ThroughputBucket[] }): ReactNode {
  const { data: status } = useSchedulerStatus();
  const { data: workers } = usePages<WorkerRow>('/api/workers', { limit: 1000 }, { every_ms: 15_000 });
  const pools = status?.pools ?? [];
  const add = (of: (pool: (typeof pools)[number]) => number): number => pools.reduce((sum, pool) => sum + of(pool), 0);
  const there = workers?.filter(({ state }) => state !== 'left' && state !== 'lost');
  return (
    <Facts
      facts={[
        { name: 'Open runs', value: formatCount(status?.open_runs) },
        {
          name: 'Running tasks',
          value: status === undefined ? '–' : formatCount(add((pool) => pool.running ?? 0)),
          unit: `of ${add((pool) => pool.slots)} slots`,
        },
        { name: 'Waiting tasks', value: formatCount(status?.waiting) },
        { name: 'Without a pool', value: formatCount(status?.unplaceable), unit: 'tasks' },
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
