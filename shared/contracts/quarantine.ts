import { z } from 'zod';
import { messageVersion, timestamp, token } from './ids.ts';

/**
 * KV bucket by worker id: which workers take no tasks until they have passed a health check, or until somebody lets
 * them back. The scheduler and `bw` write it; the worker obeys its own entry, also after a restart. Since 0.2.
 */
export const QUARANTINE_BUCKET = 'quarantine';

export const quarantine = z.object({
  v: messageVersion,
  worker_id: token,
  /** False for a worker that was let back: what it failed before `at` no longer counts. */
  quarantined: z.boolean(),
  /** For a person. */
  reason: z.string().max(2048),
  /** The one who put it there lets it back: the scheduler checks those of its own, a person's stay until `bw workers resume`. */
  by: z.enum(['scheduler', 'user']),
  at: timestamp,
  /** Health checks that it has failed. */
  checks_failed: z.int().min(0),
  /** Null where no check will let it back. */
  next_check_at: timestamp.nullable(),
});
export type Quarantine = z.infer<typeof quarantine>;
