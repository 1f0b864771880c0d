import type { FindingRow } from './rows.ts';

/** What a list of findings can be sorted by, on the server. Without a schema: the page needs none for it. Since 0.5. */
export const FINDING_SORTS = ['detected_at', 'change', 'series', 'kind', 'state', 'pool'] as const;
export type FindingSort = (typeof FINDING_SORTS)[number];

/**
 * What a row is sorted by, which tells where the next page begins. The aggregator says the same in SQL. `change` is the size
 * of the change whatever its direction; a finding without one stands below every other.
 */
export function findingSortValue(row: FindingRow, sort: FindingSort): string | number {
  switch (sort) {
    case 'change':
      return row.change_percent === null ? -1 : Math.abs(row.change_percent);
    case 'series':
      return `${row.model} ${row.benchmark} ${row.metric}`;
    case 'detected_at':
    case 'kind':
    case 'state':
    case 'pool':
      return row[sort];
  }
}
