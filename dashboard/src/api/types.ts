import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { MatrixRow, RejectedRow, ThroughputRow, WorkerRow } from '@benchwire/shared/contracts/rows.ts';
import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import type { Heartbeat } from '@benchwire/shared/contracts/worker.ts';

/** What the API's answers look like beyond the rows of shared/contracts/rows.ts. */

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** A worker as stored, with its last heartbeat where it is alive. */
export type WorkerNow = WorkerRow & { heartbeat: Heartbeat | null };

export interface Cluster {
  services: ServiceHealth[];
  nats: { version: string; server_name: string; cluster: string | null } | null;
  /** What is wrong with the whole and with each service; missing where the gateway is older. */
  problems?: string[];
}

/** Finished tasks of one stretch of time, by status. */
export type ThroughputBucket = ThroughputRow & { seconds: number };

/** The newest value of a metric of one model on one pool. */
export type MatrixCell = MatrixRow & { class: HardwareClass | null };

export type FailureCell = QueryRow<'failures'>;
export type RecoveryRow = QueryRow<'recovery'>;

/** A rejected message; `id` names it in its stream. */
export type RejectedItem = RejectedRow & { id: string };
