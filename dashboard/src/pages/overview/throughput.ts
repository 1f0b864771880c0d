import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';

export const STATUSES = ['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;

export function finishedIn(bucket: ThroughputBucket): number {
  return STATUSES.reduce((sum, status) => sum + bucket[status], 0);
}

/** Finished tasks a minute over the last so many minutes of the buckets; null without any. */
export function finishedPerMinute(buckets: readonly ThroughputBucket[], minutes: number): number | null {
  const last = buckets.at(-1);
  if (last === undefined) return null;
  const end_ms = Date.parse(last.at) + last.seconds * 1000;
  const recent = buckets.filter(({ at }) => Date.parse(at) >= end_ms - minutes * 60_000);
  const seconds = recent.reduce((sum, bucket) => sum + bucket.seconds, 0);
  return (60 * recent.reduce((sum, bucket) => sum + finishedIn(bucket), 0)) / seconds;
}
