import { z } from 'zod';
import { timestamp } from './ids.ts';

/** KV bucket; one key per role. The bucket's TTL ends a lease that is not renewed; renewal is compare-and-set. */
export const LEASES_BUCKET = 'leases';
export const LEASE_TTL_MS = 2000;
export const SCHEDULER_LEASE_KEY = 'scheduler';

export const lease = z.object({ holder: z.string(), acquired_at: timestamp });
export type Lease = z.infer<typeof lease>;

/** KV bucket: idempotency key -> run, 24 h. */
export const REQUESTS_BUCKET = 'requests';
export const REQUESTS_TTL_MS = 24 * 3600 * 1000;
