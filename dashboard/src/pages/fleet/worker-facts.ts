import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';

/** The devices that a worker last said it has. */
export function devicesOf({ capabilities }: Pick<WorkerNow, 'capabilities'>): Device[] {
  return capabilities?.devices ?? [];
}

/** Attempts that it executes now; null without a heartbeat. */
export function runningOn({ heartbeat }: Pick<WorkerNow, 'heartbeat'>): number | null {
  if (heartbeat === null) return null;
  return Object.values(heartbeat.running).reduce((sum, attempts) => sum + attempts.length, 0);
}

export function slotsOf(worker: Pick<WorkerNow, 'capabilities'>): number {
  return devicesOf(worker).reduce((sum, { slots }) => sum + slots, 0);
}

/** Those that have not left for good. */
export function isThere({ state }: Pick<WorkerNow, 'state'>): boolean {
  return state !== 'left' && state !== 'lost';
}
