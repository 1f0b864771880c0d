import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { RunSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { RUN_STATUSES } from '@benchwire/shared/contracts/run-status.ts';
import { Button, Checkbox } from '@mantine/core';
import { IconGitCompare, IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/session.ts';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { instantOf } from '../../parts/list/days.ts';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { ServerList } from '../../parts/list/server-list.tsx';
import { type Direction, useOrder } from '../../parts/list/use-order.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { DecideRuns } from './decide-runs.tsx';
import { RUN_COLUMNS } from './run-columns.tsx';

const DEFAULTS = { status: '', verdict: '', search: '', tag: '', commit: '', branch: '', since: '', archived: '' };
const ARCHIVED = ['include', 'only'] as const;
const OUTCOMES = ['pass', 'warn', 'fail'] as const;
const FILTERS: readonly Filter[] = [
  {
    ...{ name: 'status', kind: 'segments', label: 'Status' },
    choices: [
      { value: '', label: 'All' },
      { value: 'running', label: 'Running' },
      { value: 'completed', label: 'Completed' },
      { value: 'partly_failed', label: 'Partly failed' },
      { value: 'failed', label: 'Failed' },
      { value: 'cancelled', label: 'Cancelled' },
    ],
  },
  { name: 'search', kind: 'search', label: 'Search in name and id', placeholder: 'name or id' },
  { name: 'verdict', kind: 'choice', label: 'Verdict', placeholder: 'any verdict', choices: OUTCOMES, more: true },
  { name: 'commit', kind: 'text', label: 'Commit', more: true },
  { name: 'branch', kind: 'text', label: 'Branch', more: true },
  { name: 'tag', kind: 'text', label: 'Tag', placeholder: 'tag: name=value', width: 160, more: true },
  { name: 'since', kind: 'from_day', label: 'Submitted from', more: true },
  {
    ...{ name: 'archived', kind: 'choice', label: 'Archived runs', placeholder: 'not archived', more: true },
    choices: [
      { value: 'include', label: 'with archived' },
      { value: 'only', label: 'only archived' },
    ],
  },
];
/** Each with the direction that it begins with. */
const ORDERS = {
  ...{ accepted_at: 'descending', name: 'ascending', status: 'ascending', not_completed: 'descending' },
  ...{ duration_seconds: 'descending', source: 'ascending' },
} as const satisfies Record<RunSort, Direction>;

/** Every run that the server has, as it filters and sorts them. */
export default function RunsPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  const { sort, descending, order } = useOrder(ORDERS);
  const [chosen, setChosen] = useState<ReadonlyMap<string, RunRow>>(new Map());
  const may_submit = useMay('submitter');
  useRefresh('events', ['/api/runs']);
  const { status, verdict, since, archived, ...texts } = filters;
  const asked = call('GET /api/runs', {
    query: {
      ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== '')),
      ...{ status: oneOf(RUN_STATUSES, status), verdict: oneOf(OUTCOMES, verdict), since: instantOf(since, 'begin') },
      ...{ archived: oneOf(ARCHIVED, archived), sort, descending, limit: 50 },
    },
  });
  const runs = usePages(asked);
  const filtered = Object.values(filters).some((value) => value !== '');

  const toggle = (run: RunRow): void => {
    const next = new Map(chosen);
    if (!next.delete(run.run_id)) next.set(run.run_id, run);
    setChosen(next);
  };
  const choose = (run: RunRow): ReactNode => (
    <Checkbox
      size="xs"
      checked={chosen.has(run.run_id)}
      onChange={() => toggle(run)}
      aria-label={`Choose ${run.name || run.run_id}`}
    />
  );

  return (
    <>
      <PageHead title="Runs">
        {chosen.size > 1 && (
          <Button
            component={Link}
            href={withQuery('/compare', { run: [...chosen.keys()] })}
            variant="default"
            leftSection={<IconGitCompare size={16} />}
          >
            Compare {chosen.size} runs
          </Button>
        )}
        <DecideRuns runs={[...chosen.values()]} counted onDone={() => setChosen(new Map())} />
        {may_submit && (
          <Button component={Link} href="/runs/new" leftSection={<IconPlus size={16} />}>
            Start a run
          </Button>
        )}
      </PageHead>
      <FilterBar list="runs" filters={FILTERS} state={filters} defaults={DEFAULTS} change={change} />
      <Panel title="Runs">
        <ServerList
          label="Runs"
          of={runs}
          asked={asked}
          columns={[{ key: 'choose', title: '', value: () => '', cell: choose }, ...RUN_COLUMNS]}
          rowKey={({ run_id }) => run_id}
          order={order}
          empty={
            <Empty title={filtered ? 'No runs match these filters' : 'No runs yet'}>
              {filtered ? 'Clear the filters to see all.' : <Link href="/runs/new">Start your first run</Link>}
            </Empty>
          }
        />
      </Panel>
    </>
  );
}
