import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus } from '@benchwire/shared/contracts/run-status.ts';
import { Skeleton, Tabs } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { useGet } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatBetween } from '../../format/times.ts';
import { SourceName } from '../../parts/commit-link.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { RunProgress } from '../../parts/progress.tsx';
import { Answer } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago, At } from '../../parts/time.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { useNow } from '../../parts/use-now.ts';
import { LiveMetrics } from './live-metrics.tsx';
import { ReportWhenFinished } from './report-when-finished.tsx';
import { RunActions } from './run-actions.tsx';
import { RunEvents } from './run-events.tsx';
import { RunFindings } from './run-findings.tsx';
import { RunResults } from './run-results.tsx';
import { RunVerdict } from './run-verdict.tsx';
import { TaskDrawer } from './task-drawer.tsx';
import { TaskTable } from './task-table.tsx';

// YAML is a large library.
const RunRequest = lazy(() => import('./run-request.tsx'));

// ECharts is loaded with a chart.
const RunLanes = lazy(() => import('./run-lanes.tsx').then(({ RunLanes: lanes }) => ({ default: lanes })));

/** Without a tab in the address: see `firstTab`. */
const DEFAULTS = { tab: '', task: '', report: '' };

/** A run that went well opens on its results; one that runs, failed or measured nothing on its tasks, with their reasons. */
const firstTab = (run: RunRow): string =>
  runStatus(run) === 'completed' && run.verdict !== undefined && run.verdict !== null ? 'results' : 'tasks';

/** One run, live while it is open. */
export default function RunPage({ run_id }: { run_id: string }): ReactNode {
  const [{ tab, task, report }, change] = useUrlState(DEFAULTS);
  const asked = call('GET /api/runs/:run_id', { params: { run_id } });
  const run = useGet(asked, { while: ({ finished_at }) => finished_at === null });
  useRefresh(`run:${run_id}`, [asked.path, `/api/tasks/${run_id}`]);
  return (
    <Answer of={run} height={400}>
      {(row) => (
        <>
          <PageHead
            title={row.name || 'unnamed run'}
            note={
              <>
                <span className="bw-mono">{run_id}</span> <SourceName source={row.source} />
              </>
            }
          >
            <RunActions run={row} />
          </PageHead>
          {report !== '' && <ReportWhenFinished run={row} onSaved={() => change({ report: '' })} />}
          {row.archived_at !== null && (
            <p className="bw-note">
              Archived <Ago at={row.archived_at} />: it is left out of lists, the overview and the findings.
            </p>
          )}
          <RunState run={row} />
          <RunVerdict run={row} />
          <Panel title="Sections of the run" className="bw-tabbed">
            <Tabs value={tab || firstTab(row)} onChange={(next) => change({ tab: next ?? '' })} keepMounted={false}>
              <Tabs.List mb={10}>
                <Tabs.Tab value="results">Results</Tabs.Tab>
                <Tabs.Tab value="tasks">Tasks</Tabs.Tab>
                <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
                <Tabs.Tab value="live">Samples</Tabs.Tab>
                <Tabs.Tab value="findings">Findings</Tabs.Tab>
                <Tabs.Tab value="events">Events</Tabs.Tab>
                <Tabs.Tab value="request">Request</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="tasks">
                <TaskTable run={row} onPick={(task_id) => change({ task: task_id })} />
              </Tabs.Panel>
              <Tabs.Panel value="timeline">
                <Suspense fallback={<Skeleton height={300} role="status" aria-label="loading" />}>
                  <RunLanes run={row} onPick={(task_id) => change({ task: task_id })} />
                </Suspense>
              </Tabs.Panel>
              <Tabs.Panel value="live">
                <LiveMetrics run={row} />
              </Tabs.Panel>
              <Tabs.Panel value="results">
                <RunResults run_id={run_id} />
              </Tabs.Panel>
              <Tabs.Panel value="findings">
                <RunFindings run_id={run_id} />
              </Tabs.Panel>
              <Tabs.Panel value="events">
                <RunEvents run_id={run_id} />
              </Tabs.Panel>
              <Tabs.Panel value="request">
                <Suspense fallback={<Skeleton height={300} role="status" aria-label="loading" />}>
                  <RunRequest run_id={run_id} />
                </Suspense>
              </Tabs.Panel>
            </Tabs>
          </Panel>
          <TaskDrawer run_id={run_id} task_id={task} onClose={() => change({ task: '' })} />
        </>
      )}
    </Answer>
  );
}

function RunState({ run }: { run: RunRow }): ReactNode {
  const now = useNow(run.finished_at === null ? 1000 : null);
  return (
    <div className="bw-run-state">
      <Status state={runStatus(run)} />
      <RunProgress counts={run} />
      <span>
        <span className="bw-dim">accepted</span> <At at={run.accepted_at} />
      </span>
      <span>
        <span className="bw-dim">{run.finished_at === null ? 'for' : 'took'}</span>{' '}
        {formatBetween(run.accepted_at, run.finished_at ?? now)}
      </span>
    </div>
  );
}
