import type { SeriesFields } from '@benchwire/shared/contracts/series-key.ts';

/** Columns of what makes two results comparable: one for each field of the contract. */
export const SERIES_COLUMNS = {
  benchmark: 'LowCardinality(String)',
  model: 'LowCardinality(String)',
  executor: 'LowCardinality(String)',
  precision: 'LowCardinality(String)',
  batch_size: 'Nullable(UInt32)',
  scenario: 'LowCardinality(String)',
  variant: 'LowCardinality(String)',
  fingerprint: 'LowCardinality(String)',
  metric: 'LowCardinality(String)',
  is_simulated: 'Bool',
  series_kind: "LowCardinality(String) DEFAULT 'result'",
} as const satisfies Record<keyof SeriesFields, string>;

export const SERIES_FIELDS = Object.keys(SERIES_COLUMNS) as Array<keyof SeriesFields>;
