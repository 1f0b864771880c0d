import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';
import { expect, test } from 'vitest';
import { finishedPerMinute } from './throughput.ts';

const bucket = (minute: number, completed: number): ThroughputBucket => ({
  at: new Date(Date.UTC(2026, 10, 25, 10, minute)).toISOString(),
  seconds: 60,
  completed,
  failed: 1,
  timed_out: 0,
  cancelled: 0,
  lost: 0,
});

test('the rate counts what ended in any way, in the last minutes only', () => {
  const buckets = [bucket(0, 1000), bucket(1, 9), bucket(2, 19)];
  expect(finishedPerMinute(buckets, 2)).toBe(15);
  expect(finishedPerMinute(buckets, 1)).toBe(20);
  expect(finishedPerMinute([], 5)).toBeNull();
});
