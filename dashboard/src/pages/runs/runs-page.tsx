import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { RUN_STATUSES } from '@benchwire/shared/contracts/run-status.ts';
import { Button, Checkbox, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconGitCompare, IconPlus, IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/session.ts';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { RunTable } from './run-table.tsx';

const DEFAULTS = { status: '', verdict: '', search: '', tag: '' };
const OUTCOMES = ['pass', 'warn', 'fail'] as const;
const STATES = [
  { value: '', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'completed', label: 'Completed' },
  { value: 'partly_failed', label: 'Partly failed' },
  { value: 'failed', label: 'Failed' },
  { value: 'cancelled', label: 'Cancelled' },
];

export default function RunsPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const may_submit = useMay('submitter');
  useRefresh('events', ['/api/runs']);
  const runs = usePages(
    call('GET /api/runs', {
      query: {
        ...filters,
        status: oneOf(RUN_STATUSES, filters.status),
        verdict: oneOf(OUTCOMES, filters.verdict),
        limit: 50,
      },
    }),
  );
  const filtered = Object.values(filters).some((value) => value !== '');

  const toggle = (run_id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(run_id)) next.add(run_id);
    setChosen(next);
  };
  const choose = (run: RunRow): ReactNode => (
    <Checkbox
      size="xs"
      checked={chosen.has(run.run_id)}
      onChange={() => toggle(run.run_id)}
      aria-label={`Choose ${run.name || run.run_id} to compare`}
    />
  );

  return (
    <>
      <PageHead title="Runs">
        {chosen.size > 1 && (
          <Button
            component={Link}
            href={withQuery('/compare', { run: [...chosen] })}
            variant="default"
            leftSection={<IconGitCompare size={16} />}
          >
            Compare {chosen.size} runs
          </Button>
        )}
        {may_submit && (
          <Button component={Link} href="/runs/new" leftSection={<IconPlus size={16} />}>
            Start a run
          </Button>
        )}
      </PageHead>
      <search className="bw-filters">
        <SegmentedControl
          data={STATES}
          value={filters.status}
          onChange={(status) => change({ status })}
          size="sm"
          aria-label="Status"
        />
        <Select
          aria-label="Verdict"
          placeholder="any verdict"
          data={[...OUTCOMES]}
          value={filters.verdict || null}
          onChange={(verdict) => change({ verdict: verdict ?? '' })}
          clearable
        />
        <TextInput
          data-search
          aria-label="Search in name and id"
          placeholder="name or id"
          leftSection={<IconSearch size={15} />}
          value={filters.search}
          onChange={(event) => change({ search: event.currentTarget.value })}
        />
        <TextInput
          aria-label="Tag"
          placeholder="tag: name=value"
          value={filters.tag}
          onChange={(event) => change({ tag: event.currentTarget.value })}
        />
      </search>
      <Panel title="Newest first">
        <Answer of={runs} height={300}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty title={filtered ? 'No runs match these filters' : 'No runs yet'}>
                {filtered ? (
                  <Button variant="default" size="compact-sm" onClick={() => change(DEFAULTS)}>
                    Show all
                  </Button>
                ) : (
                  <Link href="/runs/new">Start your first run</Link>
                )}
              </Empty>
            ) : (
              <RunTable runs={rows} choose={choose} />
            )
          }
        </Answer>
        {runs.hasNextPage && (
          <Button
            variant="subtle"
            size="compact-sm"
            mt={6}
            loading={runs.isFetchingNextPage}
            onClick={() => void runs.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </Panel>
    </>
  );
}
