import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { topologyChart } from './topology-chart.ts';
import { layOut } from './topology-layout.ts';
import { devicesOf } from './worker-facts.ts';

const ROW_HEIGHT = 30;

/** The parts of the system and which feeds which. */
export function Topology({
  workers,
  services,
}: {
  workers: readonly WorkerNow[];
  services: readonly ServiceHealth[];
}): ReactNode {
  const layout = layOut(
    services.filter(({ service }) => service !== 'worker'),
    workers.map((worker) => ({ ...worker, devices: devicesOf(worker) })),
  );
  // The lists are new with every answer, what is drawn of them hardly ever.
  const drawn = JSON.stringify(layout);
  const option = useCallback((colours: ChartColours) => topologyChart(JSON.parse(drawn), colours), [drawn]);
  return (
    <Chart
      option={option}
      height={40 + layout.rows * ROW_HEIGHT}
      description={`${layout.nodes.length} parts: services, pools and workers`}
      exported="who-works-for-whom"
    />
  );
}
