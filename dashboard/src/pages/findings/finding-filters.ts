import { FINDING_KINDS, FINDING_STATES } from '@benchwire/shared/contracts/finding-kinds.ts';
import type { FindingSort } from '@benchwire/shared/contracts/finding-sort.ts';
import type { Filter } from '../../parts/list/filter-bar.tsx';

/** Each order with the direction that is asked for most. */
export const ORDERS: Record<FindingSort, { label: string; descending: boolean }> = {
  detected_at: { label: 'newest first', descending: true },
  change: { label: 'greatest change first', descending: true },
  series: { label: 'by series', descending: false },
  kind: { label: 'by kind', descending: false },
  state: { label: 'by state', descending: false },
  pool: { label: 'by pool', descending: false },
};

const words = (value: string): { value: string; label: string } => ({ value, label: value.replace('_', ' ') });

/** The states that each choice selects; no choice selects them all. */
export const statesOf = (state: string): Array<(typeof FINDING_STATES)[number]> =>
  state === 'open' ? ['suspected', 'confirmed', 'acknowledged'] : FINDING_STATES.filter((each) => each === state);

export const STATE_FILTER: Filter = {
  ...{ name: 'state', kind: 'choice', label: 'State' },
  choices: [{ value: 'open', label: 'open' }, { value: 'all', label: 'every state' }, ...FINDING_STATES.map(words)],
};

/** What a list of findings is narrowed by, and its order. */
export const FINDING_FILTERS: readonly Filter[] = [
  STATE_FILTER,
  { name: 'kind', kind: 'choice', label: 'Kind', placeholder: 'every kind', choices: FINDING_KINDS.map(words) },
  {
    ...{ name: 'search', kind: 'search', label: 'Search in benchmark, model, metric and pool' },
    placeholder: 'model, metric, pool',
  },
  { name: 'benchmark', kind: 'text', label: 'Benchmark', more: true },
  { name: 'commit', kind: 'text', label: 'Commit', more: true },
  { name: 'branch', kind: 'text', label: 'Branch', more: true },
  { name: 'author', kind: 'text', label: 'Author', more: true },
  { name: 'since', kind: 'from_day', label: 'Found from', more: true },
  { name: 'until', kind: 'until_day', label: 'Found until', more: true },
  {
    ...{ name: 'sort', kind: 'choice', label: 'Order', width: 190 },
    choices: Object.entries(ORDERS).map(([value, { label }]) => ({ value, label })),
  },
];
