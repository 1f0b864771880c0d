import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';

export const STATUSES = ['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;

export function finishedIn(bucket: ThroughputBucket): number {
  return STATUSES.reduce((sum, status) => sum + bucket[status], 0);
}
