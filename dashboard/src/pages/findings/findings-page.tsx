import { FINDING_KINDS } from '@benchwire/shared/contracts/finding-kinds.ts';
import { FINDING_SORTS } from '@benchwire/shared/contracts/finding-sort.ts';
import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';
import { useRefresh } from '../../api/use-refresh.ts';
import { instantOf } from '../../parts/list/days.ts';
import { FilterBar } from '../../parts/list/filter-bar.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { FINDING_FILTERS, ORDERS, STATE_FILTER, statesOf } from './finding-filters.ts';
import { type FindingQuery, FindingTable } from './finding-table.tsx';
import { IncidentList } from './incident-list.tsx';

const FILTERS = {
  ...{ state: 'open', kind: '', search: '', benchmark: '', commit: '', branch: '', author: '', since: '', until: '' },
  sort: 'detected_at',
};
type FindingFilters = typeof FILTERS;
const DEFAULTS = { by: 'finding', ...FILTERS };

/** Everything that was found, as a list or by what caused it. */
export default function FindingsPage(): ReactNode {
  const [{ by, ...filters }, change] = useUrlState(DEFAULTS);
  useRefresh('findings', ['/api/findings', '/api/incidents']);
  const filtered = Object.entries(FILTERS).some(
    ([name, fallback]) => filters[name as keyof FindingFilters] !== fallback,
  );
  return (
    <>
      <PageHead title="Findings" note="Open a finding to see the evidence behind it." />
      <FilterBar
        list="findings"
        filters={by === 'finding' ? FINDING_FILTERS : [STATE_FILTER]}
        state={filters}
        defaults={FILTERS}
        change={change}
      >
        <SegmentedControl
          size="sm"
          data={[
            { value: 'finding', label: 'List' },
            { value: 'incident', label: 'By commit' },
          ]}
          value={by}
          onChange={(next) => change({ by: next })}
          aria-label="Grouped"
        />
      </FilterBar>
      {by === 'incident' ? (
        <IncidentList only_open={filters.state === 'open'} />
      ) : (
        <FindingTable query={queryOf(filters)} filtered={filtered} title={titleOf(filters)} />
      )}
    </>
  );
}

const sortOf = ({ sort }: FindingFilters): keyof typeof ORDERS => oneOf(FINDING_SORTS, sort) ?? 'detected_at';

function titleOf(filters: FindingFilters): string {
  const { label } = ORDERS[sortOf(filters)];
  return `${label.charAt(0).toUpperCase()}${label.slice(1)}`;
}

function queryOf(filters: FindingFilters): FindingQuery {
  const { state, kind, search, benchmark, commit, branch, author, since, until } = filters;
  const sort = sortOf(filters);
  const given = { search, benchmark, commit, branch, author };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')),
    ...{ states: statesOf(state), kind: oneOf(FINDING_KINDS, kind), sort, descending: ORDERS[sort].descending },
    ...{ since: instantOf(since, 'begin'), until: instantOf(until, 'end') },
  };
}
