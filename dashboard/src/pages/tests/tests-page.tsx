import { call } from '@benchwire/shared/client/http-client.ts';
import type { TestRow } from '@benchwire/shared/contracts/rows.ts';
import { testCaseInWords } from '@benchwire/shared/contracts/test-results.ts';
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatSeconds } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { HistoryStrip } from './history-strip.tsx';
import { failuresInWords, flakinessInWords } from './reliability.ts';

const DEFAULTS = { only: '', search: '', benchmark: '' };
const ONLY = [
  { value: '', label: 'All' },
  { value: 'failing', label: 'Failing' },
  { value: 'flaky', label: 'Flaky' },
];
const MAX_CASES = 500;

const COLUMNS: readonly Column<TestRow>[] = [
  {
    ...{ key: 'test', title: 'Test', value: (row: TestRow) => testCaseInWords(row) },
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
    ...{ key: 'failures', title: 'Failed', numeric: true, value: ({ failures }: TestRow) => failures },
    cell: (row) => failuresInWords(row),
  },
  {
    ...{ key: 'flakiness', title: 'Flakiness', numeric: true, value: ({ flakiness }: TestRow) => flakiness },
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
    ...{ key: 'last_run_id', title: 'Last run', wide: true, value: ({ last_run_id }: TestRow) => last_run_id },
    cell: ({ last_run_id }) => <RunLink run_id={last_run_id} />,
  },
  {
    ...{ key: 'last_at', title: 'Ended', wide: true, value: ({ last_at }: TestRow) => last_at },
    cell: ({ last_at }) => <Ago at={last_at} />,
  },
];

/** Test cases of all runs: which fail, which are flaky, and how each ended lately. */
export default function TestsPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  useRefresh('events', ['/api/tests']);
  const only = oneOf(['failing', 'flaky'] as const, filters.only);
  const tests = useGet(
    call('GET /api/tests', {
      query: {
        search: filters.search,
        limit: MAX_CASES,
        ...(filters.benchmark === '' ? {} : { benchmark: filters.benchmark }),
        ...(only === undefined ? {} : { only: [only] }),
      },
    }),
  );
  const isFiltered = Object.values(filters).some((value) => value !== '');
  return (
    <>
      <PageHead
        title="Tests"
        note="Test cases by name, over their last 50 executions; those that fail now come first."
      />
      <search className="bw-filters">
        <SegmentedControl
          size="sm"
          data={ONLY}
          value={filters.only}
          onChange={(next) => change({ only: next })}
          aria-label="Show"
        />
        <TextInput
          data-search
          aria-label="Search in name, class, file and benchmark"
          placeholder="name, class, file or benchmark"
          leftSection={<IconSearch size={15} />}
          value={filters.search}
          onChange={(event) => change({ search: event.currentTarget.value })}
        />
        {isFiltered && (
          <Button variant="subtle" onClick={() => change(DEFAULTS)}>
            Clear
          </Button>
        )}
      </search>
      <Panel title="Test cases">
        <Answer of={tests} height={300}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={isFiltered ? 'No test cases match these filters' : 'No test cases yet'}>
                A task of type <code>test</code> whose program writes JUnit XML has them.
              </Empty>
            ) : (
              <>
                <DataTable label="Test cases" columns={COLUMNS} rows={items} rowKey={({ case_id }) => case_id} />
                {items.length === MAX_CASES && (
                  <p className="bw-note">Only the first {MAX_CASES} are shown: search for others.</p>
                )}
              </>
            )
          }
        </Answer>
      </Panel>
    </>
  );
}
