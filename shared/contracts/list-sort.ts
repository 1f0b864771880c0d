/** What lists can be sorted by, on the server. Without a schema: the page needs none for it. Since 0.6. */
export const RUN_SORTS = ['accepted_at', 'name', 'status', 'not_completed', 'duration_seconds', 'source'] as const;
export type RunSort = (typeof RUN_SORTS)[number];

export const SERIES_SORTS = [
  ...(['last_at', 'model', 'metric', 'series_kind', 'batch_size', 'last_value', 'points'] as const),
  ...(['benchmark', 'precision', 'executor', 'pool'] as const),
] as const;
export type SeriesSort = (typeof SERIES_SORTS)[number];

/** Tasks of a run. `reason` groups those that failed alike. Since 0.6, as the tests below. */
export const TASK_SORTS = [
  ...(['task_id', 'state', 'started_at', 'execution_time_seconds', 'model', 'worker_id', 'reason'] as const),
] as const;
export type TaskSort = (typeof TASK_SORTS)[number];

/** Test cases. `last_state`, descending: those that fail now first, then the flakiest. */
export const TEST_SORTS = [
  ...(['last_state', 'test', 'benchmark', 'failures', 'flakiness', 'seconds', 'last_at'] as const),
] as const;
export type TestSort = (typeof TEST_SORTS)[number];
