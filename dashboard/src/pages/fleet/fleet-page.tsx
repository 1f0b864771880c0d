import { call } from '@benchwire/shared/client/http-client.ts';
import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { ReactNode } from 'react';
import { useSchedulerStatus } from '../../api/scheduler-status.ts';
import { useGet } from '../../api/use-api.ts';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { FailureMap } from './failure-map.tsx';
import { PoolTable } from './pool-table.tsx';
import { Recovery } from './recovery.tsx';
import { ServiceTable } from './service-table.tsx';
import { Topology } from './topology.tsx';
import { Troubles } from './troubles.tsx';
import { useWorkers } from './use-workers.ts';
import { isThere } from './worker-facts.ts';
import { WorkerTable } from './worker-table.tsx';

const DEFAULTS = { pool: '', search: '', show: 'there' };
const filtersOf = (pools: string[]): Filter[] => [
  { name: 'search', kind: 'search', label: 'Search for workers', placeholder: 'worker, host, device' },
  { name: 'pool', kind: 'choice', label: 'Pool', placeholder: 'every pool', choices: pools, width: 220 },
  {
    ...{ name: 'show', kind: 'choice', label: 'Workers shown', width: 180 },
    choices: [
      { value: 'there', label: 'Online' },
      { value: 'all', label: 'Online and offline' },
    ],
  },
];

/** Everything that runs tasks, and everything that serves it. */
export default function FleetPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  const status = useSchedulerStatus();
  const workers = useWorkers();
  const cluster = useGet(call('GET /api/cluster'), { every_ms: 5000 });
  const failures = useGet(call('GET /api/failures'), { every_ms: 30_000 });
  const recovery = useGet(call('GET /api/recovery'), { every_ms: 30_000 });
  const pools = [...new Set([...(workers.data ?? []).flatMap((worker) => worker.pools), filters.pool])]
    .filter(Boolean)
    .sort();
  return (
    <>
      <PageHead title="Fleet" />
      {status.data !== undefined && <Troubles status={status.data} />}
      <div className="bw-grid">
        <Panel title="Workers">
          <FilterBar list="fleet" filters={filtersOf(pools)} state={filters} defaults={DEFAULTS} change={change} />
          <Answer of={workers} height={200}>
            {(all) => {
              const rows = all.filter((worker) => fits(worker, filters));
              return rows.length === 0 ? (
                <Empty title="No workers match these filters" />
              ) : (
                <WorkerTable workers={rows} />
              );
            }}
          </Answer>
        </Panel>
        <Panel title="Queues" className="bw-7">
          <Answer of={status}>{({ pools: all }) => <PoolTable pools={all} />}</Answer>
        </Panel>
        <Panel title="Topology" className="bw-5">
          <Answer of={workers}>
            {(all) => <Topology workers={all.filter(isThere)} services={cluster.data?.services ?? []} />}
          </Answer>
        </Panel>
        <Panel title="Failed attempts by pool and reason" className="bw-7">
          <Answer of={failures}>{({ items }) => <FailureMap cells={items} />}</Answer>
        </Panel>
        <Panel title="Recovery by strategy" className="bw-5">
          <Answer of={recovery}>{({ items }) => <Recovery rows={items} />}</Answer>
        </Panel>
        <Panel title="Services">
          <Answer of={cluster}>
            {({ services, problems }) => (
              <>
                {problems.length > 0 && (
                  <ul className="bw-list" aria-label="Problems">
                    {problems.map((problem) => (
                      <li key={problem}>{problem}</li>
                    ))}
                  </ul>
                )}
                <ServiceTable services={services} />
              </>
            )}
          </Answer>
        </Panel>
      </div>
    </>
  );
}

function fits(worker: WorkerNow, { pool, search, show }: typeof DEFAULTS): boolean {
  const text = `${worker.worker_id} ${worker.hostname} ${JSON.stringify(worker.capabilities)}`.toLowerCase();
  return (
    (show === 'all' || isThere(worker)) &&
    (pool === '' || worker.pools.includes(pool)) &&
    (search === '' || text.includes(search.toLowerCase()))
  );
}
