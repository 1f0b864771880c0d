/** What the lists of runs and series can be sorted by, on the server. Without a schema: the page needs none for it. Since 0.6. */
export const RUN_SORTS = ['accepted_at', 'name', 'status', 'not_completed', 'duration_seconds', 'source'] as const;
export type RunSort = (typeof RUN_SORTS)[number];

export const SERIES_SORTS = [
  ...(['last_at', 'model', 'metric', 'series_kind', 'batch_size', 'last_value', 'points'] as const),
  ...(['benchmark', 'precision', 'executor', 'pool'] as const),
] as const;
export type SeriesSort = (typeof SERIES_SORTS)[number];
