import { z } from 'zod';
import { timestamp, token } from './ids.ts';

/** KV bucket; one key per role. The bucket's TTL ends a lease that is not renewed; renewal is compare-and-set. */
export const LEASES_BUCKET = 'leases';
export const LEASE_TTL_MS = 2000;
export const SCHEDULER_LEASE_KEY = 'scheduler';
export const NOTIFIER_LEASE_KEY = 'notifier';

/** The holder says so when it gives the lease back, so that nobody has to find out. Plain NATS, without content. */
export function leaseReleasedSubject(key: string): string {
  return `bw.lease.${key}.released`;
}

export const lease = z.object({
  holder: z.string(),
  acquired_at: timestamp,
  /** The holder's instance id (since 0.2): while nobody answers its ping, the lease may be taken over. */
  instance_id: token.optional(),
});
export type Lease = z.infer<typeof lease>;

/** KV bucket: idempotency key -> run, 24 h. */
export const REQUESTS_BUCKET = 'requests';
export const REQUESTS_TTL_MS = 24 * 3600 * 1000;
/** KV bucket: content of imported results -> run, kept for good: importing them again adds nothing. Since 0.6. */
export const IMPORTS_BUCKET = 'imports';
