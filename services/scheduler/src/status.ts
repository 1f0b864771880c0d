import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { describeBreaker } from './decide/breakers.ts';
import type { Fleet } from './decide/fleet.ts';
import type { SchedulerState } from './decide/scheduler-state.ts';
import type { SchedulerMetrics } from './metrics.ts';

/** What the leader says about itself each second. */
export function statusOf(leader: string, state: SchedulerState, fleet: Fleet, now: number): SchedulerStatus {
  state.pools.sync(fleet.pools(), now);
  let unplaceable = 0;
  for (const group of state.ready.groups) if (group.unplaceable_since_ms !== undefined) unplaceable += group.size;
  return {
    v: MESSAGE_VERSION,
    at: new Date(now).toISOString(),
    leader,
    open_runs: state.runs.size,
    waiting: state.ready.size,
    unplaceable,
    pools: [...fleet.pools().values()].map((pool) => ({
      pool: pool.pool,
      class: pool.offer.class,
      workers: pool.workers.length,
      slots: pool.slots,
      emitted: state.emittedIn(pool.pool),
      waiting: (state.pools.get(pool.pool)?.groups ?? []).reduce((sum, group) => sum + group.size, 0),
    })),
    circuits: state.breakers.all.map((breaker) => ({
      subject: breaker.subject,
      hardware: breaker.hardware,
      state: breaker.state,
      message: describeBreaker(breaker),
    })),
  };
}

/** The same as gauges. A standby shows no runs and no queues, since it knows of none. */
export function setGauges(metrics: SchedulerMetrics, status: SchedulerStatus | undefined, fleet: Fleet): void {
  metrics.workers.set(fleet.workerCount);
  metrics.quarantined.set([...fleet.quarantines.values()].filter((entry) => entry.quarantined).length);
  metrics.circuits.set(status?.circuits?.length ?? 0);
  metrics.openRuns.set(status?.open_runs ?? 0);
  metrics.waiting.set(status?.waiting ?? 0);
  metrics.poolEmitted.reset();
  metrics.poolSlots.reset();
  for (const pool of status?.pools ?? []) {
    metrics.poolEmitted.set({ pool: pool.pool }, pool.emitted);
    metrics.poolSlots.set({ pool: pool.pool }, pool.slots);
  }
}
