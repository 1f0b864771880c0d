import type { Device } from '@benchwire/shared/contracts/worker.ts';

export interface TopologyNode {
  id: string;
  label: string;
  column: number;
  /** From the top, in rows. */
  row: number;
  state: string;
}

interface TopologyLink {
  from: string;
  to: string;
}

export interface TopologyWorker {
  worker_id: string;
  state: string;
  devices: readonly Pick<Device, 'device_id' | 'pool' | 'class'>[];
}

export interface Topology {
  nodes: TopologyNode[];
  links: TopologyLink[];
  /** Of the longest column. */
  rows: number;
}

/** More workers than these stand as one node a pool and state. */
const MAX_WORKERS = 24;

/**
 * The picture's places: services in the first column, pools in the second, workers in the third, each column spread over the
 * same height. Of a fleet too large to draw one by one, a pool's workers stand together.
 */
export function layOut(
  services: readonly { service: string; ready: boolean }[],
  workers: readonly TopologyWorker[],
): Topology {
  const ends = workers.length <= MAX_WORKERS ? oneByOne(workers) : together(workers);
  const pools = [...new Set(ends.flatMap(({ pools: all }) => all))].sort();
  const kinds = [...Map.groupBy(services, ({ service }) => service)].toSorted(([a], [b]) => a.localeCompare(b));
  const columns = [
    kinds.map(([service, all]) => ({
      id: `service ${service}`,
      label: all.length > 1 ? `${service} × ${all.length}` : service,
      state: all.every(({ ready }) => ready) ? 'ready' : 'failed',
    })),
    pools.map((pool) => ({ id: `pool ${pool}`, label: pool, state: 'ready' })),
    ends.map(({ id, label, state }) => ({ id, label, state })),
  ];
  const rows = Math.max(1, ...columns.map(({ length }) => length));
  const nodes = columns.flatMap((column, index) =>
    column.map((node, place) => ({ ...node, column: index, row: ((place + 0.5) * rows) / column.length })),
  );
  const links = [
    ...(kinds.some(([service]) => service === 'scheduler')
      ? pools.map((pool) => ({ from: 'service scheduler', to: `pool ${pool}` }))
      : []),
    ...ends.flatMap(({ id, pools: all }) => all.map((pool) => ({ from: `pool ${pool}`, to: id }))),
  ];
  return { nodes, links, rows };
}

interface End {
  id: string;
  label: string;
  state: string;
  pools: string[];
}

const poolsOf = ({ devices }: TopologyWorker): string[] => [...new Set(devices.map(({ pool }) => pool))];

function oneByOne(workers: readonly TopologyWorker[]): End[] {
  return workers
    .map((worker) => ({
      id: `worker ${worker.worker_id}`,
      label: worker.worker_id,
      state: worker.state,
      pools: poolsOf(worker),
    }))
    .toSorted((a, b) => (a.pools[0] ?? '').localeCompare(b.pools[0] ?? '') || a.label.localeCompare(b.label));
}

function together(workers: readonly TopologyWorker[]): End[] {
  const groups = Map.groupBy(workers, (worker) => `${poolsOf(worker).join(' ')} ${worker.state}`);
  return [...groups].map(([key, all]) => ({
    id: `workers ${key}`,
    label: `${all.length} workers, ${all[0]?.state}`,
    state: all[0]?.state ?? '',
    pools: all[0] === undefined ? [] : poolsOf(all[0]),
  }));
}
