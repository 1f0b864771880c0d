import { call } from '@benchwire/shared/client/http-client.ts';
import type { TestSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { TestRow } from '@benchwire/shared/contracts/rows.ts';
import { testCaseInWords } from '@benchwire/shared/format/test-case-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatSeconds } from '../../format/numbers.ts';
import type { Column } from '../../parts/data-table.tsx';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { ServerList } from '../../parts/list/server-list.tsx';
import { type Direction, useOrder } from '../../parts/list/use-order.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { HistoryStrip } from './history-strip.tsx';
import { failuresInWords, flakinessInWords } from './reliability.ts';

const DEFAULTS = { only: '', search: '', benchmark: '' };
const ONLY = ['failing', 'flaky'] as const;
const FILTERS: readonly Filter[] = [
  {
    ...{ name: 'only', kind: 'segments', label: 'Show' },
    choices: [
      { value: '', label: 'All' },
      { value: 'failing', label: 'Failing' },
      { value: 'flaky', label: 'Flaky' },
    ],
  },
  {
    ...{ name: 'search', kind: 'search', label: 'Search in name, class, file and benchmark', width: 260 },
    placeholder: 'name, class, file or benchmark',
  },
  {
    name: 'benchmark',
    kind: 'text',
    label: 'Benchmark',
    placeholder: 'exact benchmark name',
    width: 200,
    more: true,
  },
];
/** Each with the direction that it begins with. */
const ORDERS = {
  ...{ last_state: 'descending', test: 'ascending', benchmark: 'ascending', failures: 'descending' },
  ...{ flakiness: 'descending', seconds: 'descending', last_at: 'descending' },
} as const satisfies Record<TestSort, Direction>;

type Row = Omit<TestRow, 'sort_value'>;

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ key: 'test', title: 'Test', value: (row: Row) => testCaseInWords(row) },
    cell: (row) => (
      <div className="bw-wrap">
        <Link href={`/tests/${row.case_id}`}>{testCaseInWords(row)}</Link>
      </div>
    ),
  },
  { key: 'benchmark', title: 'Benchmark', wide: true, value: ({ benchmark }) => benchmark },
  {
    ...{ key: 'recent', title: 'History', hint: 'Its last executions, the newest at the right' },
    value: ({ recent }) => recent.join(' '),
    cell: ({ recent }) => <HistoryStrip newest_first={recent.map((state) => ({ state }))} />,
  },
  { key: 'last_state', title: 'Last', wide: true, value: ({ last_state }) => last_state },
  {
    ...{ key: 'failures', title: 'Failed', numeric: true, value: ({ failures }: Row) => failures },
    cell: (row) => failuresInWords(row),
  },
  {
    ...{ key: 'flakiness', title: 'Flakiness', numeric: true, value: ({ flakiness }: Row) => flakiness },
    wide: true,
    hint: 'Share of executions that disagree with most others of their commit and settings: 50 % is the toss of a coin',
    cell: (row) => flakinessInWords(row) || '–',
  },
  {
    ...{ key: 'seconds', title: 'Duration', unit: 's', numeric: true, wide: true },
    value: ({ seconds }) => seconds,
    cell: ({ seconds }) => formatSeconds(seconds),
  },
  {
    ...{ key: 'last_run_id', title: 'Last run', wide: true, value: ({ last_run_id }: Row) => last_run_id },
    cell: ({ last_run_id }) => <RunLink run_id={last_run_id} />,
  },
  {
    ...{ key: 'last_at', title: 'Ended', wide: true, value: ({ last_at }: Row) => last_at },
    cell: ({ last_at }) => <Ago at={last_at} />,
  },
];

/** Test cases of all runs: which fail, which are flaky, and how each ended lately. */
export default function TestsPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  const { sort, descending, order } = useOrder(ORDERS);
  useRefresh('events', ['/api/tests']);
  const { search, benchmark } = filters;
  const only = oneOf(ONLY, filters.only);
  const asked = call('GET /api/tests', {
    query: {
      ...{ search, benchmark: benchmark || undefined, only: only === undefined ? undefined : [only] },
      ...{ sort, descending, limit: 100 },
    },
  });
  const tests = usePages(asked);
  const isFiltered = Object.values(filters).some((value) => value !== '');
  return (
    <>
      <PageHead
        title="Tests"
        note="Test cases by name, over their last 50 executions; those that fail now come first."
      />
      <FilterBar list="tests" filters={FILTERS} state={filters} defaults={DEFAULTS} change={change} />
      <Panel title="Test cases">
        <ServerList
          label="Test cases"
          of={tests}
          asked={asked}
          columns={COLUMNS}
          rowKey={({ case_id }) => case_id}
          order={order}
          empty={
            <Empty title={isFiltered ? 'No test cases match these filters' : 'No test cases yet'}>
              {isFiltered ? (
                'Clear the filters to see all.'
              ) : (
                <>
                  A task of type <code>test</code> whose program writes JUnit XML has them.
                </>
              )}
            </Empty>
          }
        />
      </Panel>
    </>
  );
}
