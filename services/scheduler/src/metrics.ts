import { Counter, Gauge, type Registry } from 'prom-client';

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
  poolEmitted: Gauge<'pool'>;
  poolSlots: Gauge<'pool'>;
}

export function createMetrics(registry: Registry): SchedulerMetrics {
  const registers = [registry];
  return {
    emitted: new Counter({
      name: 'benchwire_scheduler_emitted_total',
      help: 'Attempts put into pool queues',
      registers,
    }),
    outcomes: new Counter({
      name: 'benchwire_scheduler_outcomes_total',
      help: 'Outcomes read, by status',
      labelNames: ['status'],
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
    workers: new Gauge({ name: 'benchwire_scheduler_workers', help: 'Workers whose heartbeat is heard', registers }),
    poolEmitted: new Gauge({
      name: 'benchwire_pool_emitted_attempts',
      help: 'Attempts in a pool queue, running ones included',
      labelNames: ['pool'],
      registers,
    }),
    poolSlots: new Gauge({
      name: 'benchwire_pool_slots',
      help: 'Attempts that a pool can run at once',
      labelNames: ['pool'],
      registers,
    }),
  };
}
