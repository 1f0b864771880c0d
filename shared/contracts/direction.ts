/** Which way is better; `unknown` metrics are reported as changes only. */
export type Direction = 'lower_is_better' | 'higher_is_better' | 'unknown';

const HIGHER = /throughput|per_second|per_sec|_qps|tokens_s|accuracy|_score|speedup|utilization|bandwidth|flops/i;
const LOWER = /latency|_ms$|_us$|_ns$|seconds$|duration|_time|memory|_mb$|_bytes$|error|loss|power|watts|temperature/i;

/** Direction from the metric's name, by the field's usual terms. */
export function directionOf(metric: string): Direction {
  if (HIGHER.test(metric)) return 'higher_is_better';
  if (LOWER.test(metric)) return 'lower_is_better';
  return 'unknown';
}
