import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Quarantine } from '@benchwire/shared/contracts/quarantine.ts';

const MAX_CHECK_INTERVAL_MS = 3_600_000;

const iso = (ms: number): string => new Date(ms).toISOString();

/** A worker that is not to be trusted until it has passed a check. */
export function enter(worker_id: string, reason: string, now: number, check_after_ms: number): Quarantine {
  return {
    v: MESSAGE_VERSION,
    worker_id,
    quarantined: true,
    reason: reason.slice(0, 2000),
    by: 'scheduler',
    at: iso(now),
    checks_failed: 0,
    next_check_at: iso(now + check_after_ms),
  };
}

/** Entries whose health check is due. A person's quarantine ends by a person's word only. */
export function dueForCheck(entries: Iterable<Quarantine>, now: number): Quarantine[] {
  return [...entries].filter(
    ({ quarantined, by, next_check_at }) =>
      quarantined && by === 'scheduler' && next_check_at !== null && Date.parse(next_check_at) <= now,
  );
}

/** The entry after a check: let back, or to be checked again after twice the time. */
export function afterCheck(entry: Quarantine, passed: boolean, now: number, check_after_ms: number): Quarantine {
  if (passed) return { ...entry, quarantined: false, at: iso(now), next_check_at: null };
  const checks_failed = entry.checks_failed + 1;
  const wait_ms = Math.min(check_after_ms * 2 ** Math.min(checks_failed, 20), MAX_CHECK_INTERVAL_MS);
  return { ...entry, checks_failed, next_check_at: iso(now + Math.max(wait_ms, check_after_ms)) };
}
