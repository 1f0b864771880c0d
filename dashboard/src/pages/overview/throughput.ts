import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';

export const STATUSES = ['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;
export type Status = (typeof STATUSES)[number];

export function finishedIn(bucket: ThroughputBucket): number {
  return STATUSES.reduce((sum, status) => sum + bucket[status], 0);
}

/** One bar as parts of the picture's width and height, from its upper left corner; only what there is of each status. */
export interface Bar {
  bucket: ThroughputBucket;
  x: number;
  width: number;
  parts: ReadonlyArray<{ status: Status; y: number; height: number }>;
}

/** Stacked bars of tasks per minute from one time to another one; `top` is what the full height stands for. Pure. */
export function barsOf(
  buckets: readonly ThroughputBucket[],
  from_ms: number,
  to_ms: number,
): { bars: Bar[]; top: number } {
  const perMinute = (count: number, { seconds }: ThroughputBucket): number => (60 * count) / seconds;
  const top = roundUp(Math.max(0, ...buckets.map((bucket) => perMinute(finishedIn(bucket), bucket))));
  const length = to_ms - from_ms;
  const bars = buckets.map((bucket): Bar => {
    let y = 1;
    const parts = STATUSES.filter((status) => bucket[status] > 0).map((status) => {
      const height = perMinute(bucket[status], bucket) / top;
      y -= height;
      return { status, y, height };
    });
    const x = Math.max(0, (Date.parse(bucket.at) - from_ms) / length);
    return { bucket, x, width: Math.min((1000 * bucket.seconds) / length, 1 - Math.min(1, x)), parts };
  });
  return { bars, top };
}

/** The next of 1, 2, 5, 10, 20, … */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
