import type { BreakerSettings } from '../failures/breakers.ts';
import type { SuspectSettings } from '../failures/suspects.ts';
import { DEFAULT_HISTORY_PATIENCE_SECONDS } from '../placement/history-patience.ts';
import type { Reservations } from '../placement/reservations.ts';
import { DEFAULT_AGING_SECONDS } from '../queue/order.ts';
import type { TenantLimits } from './model.ts';

export interface FailureSettings {
  breakers: BreakerSettings;
  suspects: SuspectSettings;
}

/** What the scheduler's state is made with. */
export interface StateOptions {
  /** What one step of priority is worth in age. */
  aging_ms: number;
  /** The tag of a request that names its tenant. */
  tenant_tag: string;
  tenants: ReadonlyMap<string, Partial<TenantLimits>>;
  /** What makes a pattern out of failures. */
  failures?: FailureSettings;
  /** How long a task waits for the pool that has its history; 0 to go wherever it is done first. */
  history_patience_ms: number;
  /** Kept up to date from their bucket by the code that passes them. */
  reservations?: Reservations;
}

export const DEFAULT_OPTIONS: StateOptions = {
  aging_ms: DEFAULT_AGING_SECONDS * 1000,
  tenant_tag: 'tenant',
  tenants: new Map(),
  history_patience_ms: DEFAULT_HISTORY_PATIENCE_SECONDS * 1000,
};
