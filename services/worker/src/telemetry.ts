import { OUTCOME_STATUSES, type OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const REJECTED_WHERE = ['job', 'metric_line'] as const;
type RejectedWhere = (typeof REJECTED_WHERE)[number];

/** The worker's own metrics, on its `/metrics`. */
export interface Telemetry {
  registered(worker_id: string, devices: readonly Device[]): void;
  attemptEnded(status: OutcomeStatus, seconds: number): void;
  metricPoints(count: number): void;
  rejected(where: RejectedWhere): void;
  /** The devices were kept from work for so long, because the machine was too hot or too busy. */
  waited(seconds: number): void;
}

export function createTelemetry(registry: Registry, running: () => number): Telemetry {
  const registers = [registry];
  const info = new Gauge({
    name: 'benchwire_worker_info',
    help: 'Always 1: which worker this is, and which pools its devices are in',
    labelNames: ['worker_id', 'device_id', 'pool', 'class'],
    registers,
  });
  const attempts = new Counter({
    name: 'benchwire_worker_attempts_total',
    help: 'Attempts that ended here, by status',
    labelNames: ['status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'benchwire_worker_execution_seconds',
    help: 'Execution time of attempts',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200],
    registers,
  });
  const points = new Counter({
    name: 'benchwire_worker_metric_points_total',
    help: 'Metric points stored in METRICS',
    registers,
  });
  const rejected = new Counter({
    name: 'benchwire_worker_rejected_total',
    help: 'Messages put into REJECTED',
    labelNames: ['where'],
    registers,
  });
  new Gauge({
    name: 'benchwire_worker_running',
    help: 'Attempts in execution',
    registers,
    collect() {
      this.set(running());
    },
  });
  const waited = new Counter({
    name: 'benchwire_worker_waited_for_device_seconds_total',
    help: 'Time in which no jobs were taken because the machine was too hot or busy with something else',
    registers,
  });
  // From 0 on, or Prometheus would not see the first one as an increase.
  for (const where of REJECTED_WHERE) rejected.inc({ where }, 0);
  for (const status of OUTCOME_STATUSES) attempts.inc({ status }, 0);
  // Looking a label up costs more than counting.
  const byStatus = Object.fromEntries(OUTCOME_STATUSES.map((status) => [status, attempts.labels(status)]));
  return {
    registered: (worker_id, devices) => {
      info.reset();
      for (const { device_id, pool, class: klass } of devices)
        info.set({ worker_id, device_id, pool, class: klass }, 1);
    },
    attemptEnded: (status, duration) => {
      byStatus[status]?.inc();
      seconds.observe(duration);
    },
    metricPoints: (count) => points.inc(count),
    rejected: (where) => rejected.inc({ where }),
    waited: (duration) => waited.inc(duration),
  };
}
