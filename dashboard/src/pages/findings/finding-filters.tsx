import { FINDING_KINDS, FINDING_STATES } from '@benchwire/shared/contracts/finding.ts';
import type { FindingSort } from '@benchwire/shared/contracts/finding-sort.ts';
import { Button, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';

/** The filters of the list, as they stand in the address. */
export const FILTERS = {
  ...{ state: 'open', kind: '', search: '', benchmark: '', commit: '', branch: '', author: '', since: '', until: '' },
  sort: 'detected_at',
};
export type FindingFilters = typeof FILTERS;

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

/** On a phone behind a button. */
const MORE = ['benchmark', 'commit', 'branch', 'author', 'since', 'until'] as const;

export interface FindingFilterProps {
  filters: FindingFilters;
  change: (change: Partial<FindingFilters>) => void;
}

/** Whatever a list of findings is narrowed by, and its order. */
export function FindingFilterFields({ filters, change }: FindingFilterProps): ReactNode {
  const narrowed = MORE.some((name) => filters[name] !== '');
  const [more, setMore] = useState(narrowed);
  const text = (name: 'benchmark' | 'commit' | 'branch' | 'author', label: string): ReactNode => (
    <TextInput
      aria-label={label}
      placeholder={label.toLowerCase()}
      value={filters[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      w={130}
    />
  );
  const day = (name: 'since' | 'until', label: string): ReactNode => (
    <TextInput
      type="date"
      aria-label={label}
      leftSection={<span className="bw-dim">{name === 'since' ? 'from' : 'until'}</span>}
      leftSectionWidth={44}
      value={dayOf(filters[name])}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      w={170}
    />
  );
  return (
    <>
      <Select
        aria-label="Kind"
        placeholder="every kind"
        data={FINDING_KINDS.map(words)}
        value={filters.kind || null}
        onChange={(next) => change({ kind: next ?? '' })}
        clearable
        w={150}
      />
      <TextInput
        data-search
        aria-label="Search in benchmark, model, metric and pool"
        placeholder="model, metric, pool"
        leftSection={<IconSearch size={15} />}
        value={filters.search}
        onChange={(event) => change({ search: event.currentTarget.value })}
        w={190}
      />
      <Button variant="default" className="bw-phone-only" aria-expanded={more} onClick={() => setMore(!more)}>
        {more ? 'Fewer filters' : 'More filters'}
      </Button>
      <div className="bw-more-filters" data-shown={more}>
        {text('benchmark', 'Benchmark')}
        {text('commit', 'Commit')}
        {text('branch', 'Branch')}
        {text('author', 'Author')}
        {day('since', 'Found from')}
        {day('until', 'Found until')}
      </div>
      <Select
        aria-label="Order"
        data={Object.entries(ORDERS).map(([value, { label }]) => ({ value, label }))}
        value={filters.sort}
        onChange={(next) => change({ sort: next ?? 'detected_at' })}
        allowDeselect={false}
        w={190}
      />
    </>
  );
}

/** The states that a choice stands for; none stands for every one. */
export const statesOf = (state: string): Array<(typeof FINDING_STATES)[number]> =>
  state === 'open' ? ['suspected', 'confirmed', 'acknowledged'] : FINDING_STATES.filter((each) => each === state);

export const STATE_CHOICES = [
  { value: 'open', label: 'open' },
  { value: 'all', label: 'every state' },
  ...FINDING_STATES.map(words),
];

/** The day of a date or of a whole time, in the reader's zone; empty for neither. */
function dayOf(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return '';
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

/** A day's begin, or that of the next one, as an instant; a whole time stays, anything else is left out. */
export function instantOf(text: string, edge: 'begin' | 'end'): string | undefined {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const at =
    day === null
      ? new Date(text)
      : new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]) + (edge === 'end' ? 1 : 0));
  return text === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
