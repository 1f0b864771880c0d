import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { RejectedRow, WorkerRow } from '@benchwire/shared/contracts/query.ts';
import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import type { Heartbeat } from '@benchwire/shared/contracts/worker.ts';

/** What the API's answers look like beyond the rows of shared/contracts/query.ts. */

export type Role = 'viewer' | 'submitter' | 'operator' | 'admin';

export interface Session {
  subject: string;
  role: Role;
  expires_at: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** A worker as stored, with its last heartbeat where it is alive. */
export type WorkerNow = WorkerRow & { heartbeat: Heartbeat | null };

export interface Cluster {
  services: ServiceHealth[];
  nats: { version: string; server_name: string; cluster: string | null } | null;
}

/** Finished tasks of one stretch of time, by status. */
export interface ThroughputBucket {
  at: string;
  seconds: number;
  completed: number;
  failed: number;
  timed_out: number;
  cancelled: number;
  lost: number;
}

/** The newest value of a metric of one model on one pool. */
export interface MatrixCell {
  series_id: string;
  model: string;
  pool: string;
  class: HardwareClass | null;
  precision: string;
  batch_size: number | null;
  metric: string;
  unit: string;
  value: number;
  ci_low: number | null;
  ci_high: number | null;
  samples: number;
  measured_at: string;
  run_id: string;
}

export interface FailureCell {
  pool: string;
  error_class: string;
  attempts: number;
}

export interface RecoveryRow {
  strategy: string;
  attempts: number;
  recovered: number;
}

export interface AttemptRow {
  attempt: number;
  status: string;
  worker_id: string;
  pool: string;
  started_at: string | null;
  finished_at: string;
  execution_time_seconds: number | null;
  error_class: string;
  error_code: string;
  error_message: string;
  logs: string;
}

export interface MetricSeries {
  task_id: string;
  metric: string;
  unit: string | null;
  batch_size: number | null;
  times_ms: number[];
  values: number[];
}

export interface KeyRow {
  id: string;
  name: string;
  role: Role;
  created_at: string;
  expires_at: string | null;
}

/** A rejected message; `id` names it in its stream. */
export type RejectedItem = RejectedRow & { id: string };
