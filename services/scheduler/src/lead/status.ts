import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { type Demand, demandOf } from '../demand/demand.ts';
import { describeBreaker } from '../failures/breakers.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { POOL_FIGURES, type SchedulerMetrics } from '../metrics.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';

/** What the leader says about itself each second. */
export type LeaderStatus = Omit<SchedulerStatus, keyof Demand> & Demand;

export function statusOf(leader: string, state: SchedulerState, fleet: Fleet, now: number): LeaderStatus {
  state.pools.sync(fleet.pools(), now);
  return {
    v: MESSAGE_VERSION,
    at: new Date(now).toISOString(),
    leader,
    open_runs: state.runs.size,
    waiting: state.ready.size,
    ...demandOf(state, fleet, now),
    circuits: state.failures.breakers.all.map((breaker) => ({
      subject: breaker.subject,
      hardware: breaker.hardware,
      state: breaker.state,
      message: describeBreaker(breaker),
    })),
  };
}

/** As it goes over the wire: of a fleet with more pools than fit into one message the first ones. */
export function statusText(status: LeaderStatus, max_bytes: number): string {
  let { pools, unserved } = status;
  for (;;) {
    const text = JSON.stringify({ ...status, pools, unserved });
    if (Buffer.byteLength(text) <= max_bytes || pools.length + unserved.length === 0) return text;
    pools = pools.slice(0, pools.length / 2);
    unserved = unserved.slice(0, unserved.length / 2);
  }
}

/** The same as gauges. A standby shows no runs and no queues, since it knows of none. */
export function setGauges(metrics: SchedulerMetrics, status: LeaderStatus | undefined, fleet: Fleet): void {
  metrics.workers.set(fleet.workerCount);
  metrics.quarantined.set([...fleet.quarantines.values()].filter((entry) => entry.quarantined).length);
  metrics.circuits.set(status?.circuits?.length ?? 0);
  metrics.openRuns.set(status?.open_runs ?? 0);
  metrics.waiting.set(status?.waiting ?? 0);
  for (const figure of POOL_FIGURES) metrics.pool[figure].reset();
  for (const demand of status?.pools ?? []) {
    const labels = { pool: demand.pool, class: demand.class };
    for (const figure of POOL_FIGURES) metrics.pool[figure].set(labels, demand[figure]);
  }
  metrics.unserved.reset();
  for (const { requirements, tasks } of status?.unserved ?? []) {
    // Any one of these classes would do, so the tasks count in each.
    for (const klass of requirements.hardware.length === 0 ? ['any'] : requirements.hardware) {
      metrics.unserved.inc({ class: klass }, tasks);
    }
  }
}
