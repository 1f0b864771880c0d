import type { Cluster, WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { SchedulerStatus } from '@benchwire/shared/contracts/status.ts';

/** A lost worker is news for so long. */
const LOST_MS = 24 * 3600_000;

/** What is known of the fleet; what has not been answered yet is undefined. */
export interface FleetNow {
  workers: readonly WorkerNow[] | undefined;
  status: SchedulerStatus | undefined;
  cluster: Cluster | undefined;
}

/** What somebody has to look after, the most serious first: one sentence each, with the page that has more of it. Pure. */
export function fleetProblems({ workers = [], status, cluster }: FleetNow, now_ms: number): Problem[] {
  const of_workers = workers.flatMap(({ worker_id, state, reason, changed_at }) => {
    const href = `/fleet/${worker_id}`;
    const why = reason === '' ? '' : `: ${reason}`;
    if (state === 'quarantined') return [{ text: `${worker_id} is quarantined${why}`, href }];
    if (state === 'paused') return [{ text: `${worker_id} is paused${why}`, href }];
    if (state === 'lost' && now_ms - Date.parse(changed_at) < LOST_MS) return [{ text: `${worker_id} is lost`, href }];
    return [];
  });
  const unserved = (status?.unserved ?? []).reduce((sum, { tasks }) => sum + tasks, 0);
  const circuits = status?.circuits ?? [];
  return [
    ...(cluster?.problems ?? []).map((text) => ({ text, href: '/fleet' })),
    ...of_workers,
    ...(unserved === 0
      ? []
      : [
          {
            text: `${unserved} ${unserved === 1 ? 'task needs' : 'tasks need'} hardware that is not there`,
            href: '/fleet',
          },
        ]),
    ...circuits.map(({ subject, hardware }) => ({ text: `${subject} is paused on ${hardware}`, href: '/fleet' })),
  ];
}

export interface Problem {
  text: string;
  href: string;
}
