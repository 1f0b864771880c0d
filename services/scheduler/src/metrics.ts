import { OUTCOME_STATUSES } from '@benchwire/shared/contracts/outcome.ts';
import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import { Counter, Gauge, type Registry } from 'prom-client';

/** The figures of a pool's demand, each a gauge of its own. */
export const POOL_FIGURES = [
  'waiting',
  'emitted',
  'running',
  'oldest_wait_seconds',
  'expected_work_seconds',
  'unknown_work_tasks',
  'workers',
  'slots',
] as const satisfies ReadonlyArray<keyof PoolDemand>;
type PoolFigure = (typeof POOL_FIGURES)[number];

/** The scheduler's figures for Prometheus. */
export interface SchedulerMetrics {
  emitted: Counter;
  outcomes: Counter<'status'>;
  finished: Counter;
  recoveries: Counter<'recovery'>;
  circuits: Gauge;
  quarantined: Gauge;
  leader: Gauge;
  openRuns: Gauge;
  waiting: Gauge;
  workers: Gauge;
  pool: Record<PoolFigure, Gauge<'pool' | 'class'>>;
  unserved: Gauge<'class'>;
}

export function createMetrics(registry: Registry): SchedulerMetrics {
  const registers = [registry];
  const poolGauge = (name: string, help: string): Gauge<'pool' | 'class'> =>
    new Gauge({ name, help, labelNames: ['pool', 'class'], registers });
  const outcomes = new Counter({
    name: 'benchwire_scheduler_outcomes_total',
    help: 'Outcomes read, by status',
    labelNames: ['status'],
    registers,
  });
  // From 0 on, or Prometheus would not see the first outcome of a status as an increase.
  for (const status of OUTCOME_STATUSES) outcomes.inc({ status }, 0);
  return {
    outcomes,
    emitted: new Counter({
      name: 'benchwire_scheduler_emitted_total',
      help: 'Attempts put into pool queues',
      registers,
    }),
    finished: new Counter({ name: 'benchwire_scheduler_runs_finished_total', help: 'Runs finished', registers }),
    recoveries: new Counter({
      name: 'benchwire_scheduler_recoveries_total',
      help: 'Failed attempts that are followed by another one, by what is hoped to help',
      labelNames: ['recovery'],
      registers,
    }),
    circuits: new Gauge({
      name: 'benchwire_scheduler_circuits_open',
      help: 'Models that are held back on a hardware class because they failed on several workers',
      registers,
    }),
    quarantined: new Gauge({
      name: 'benchwire_scheduler_workers_quarantined',
      help: 'Workers that take no tasks until they pass a health check, or a person lets them back',
      registers,
    }),
    leader: new Gauge({ name: 'benchwire_scheduler_leader', help: '1 while this instance leads', registers }),
    openRuns: new Gauge({ name: 'benchwire_scheduler_open_runs', help: 'Runs that are not finished', registers }),
    waiting: new Gauge({
      name: 'benchwire_scheduler_waiting_tasks',
      help: 'Tasks that are ready and not emitted',
      registers,
    }),
    workers: new Gauge({ name: 'benchwire_scheduler_workers', help: 'Workers whose heartbeats arrive', registers }),
    pool: {
      waiting: poolGauge(
        'benchwire_pool_waiting_tasks',
        'Ready tasks that the pool could take; a task may count in several',
      ),
      emitted: poolGauge('benchwire_pool_emitted_attempts', 'Attempts in a pool queue, running ones included'),
      running: poolGauge('benchwire_pool_running_attempts', 'Attempts in execution'),
      oldest_wait_seconds: poolGauge(
        'benchwire_pool_oldest_wait_seconds',
        'How long the oldest waiting task has been ready',
      ),
      expected_work_seconds: poolGauge(
        'benchwire_pool_expected_work_seconds',
        'Expected run times of what waits and is emitted, added up; without the tasks whose run time is not known',
      ),
      unknown_work_tasks: poolGauge(
        'benchwire_pool_unknown_work_tasks',
        'Waiting and emitted tasks whose run time is not known',
      ),
      workers: poolGauge('benchwire_pool_workers', 'Workers that take jobs of the pool'),
      slots: poolGauge('benchwire_pool_slots', 'Attempts that a pool can run at once'),
    },
    unserved: new Gauge({
      name: 'benchwire_unserved_tasks',
      help: 'Tasks that no pool can serve, by a class that would do; "any" where every class would',
      labelNames: ['class'],
      registers,
    }),
  };
}
