import { call } from '@benchwire/shared/client/http-client.ts';
import type { OverviewNow } from '@benchwire/shared/contracts/api/overview.ts';
import type { FindingRow, RunRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus, runStatusWords } from '@benchwire/shared/contracts/run-status.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSchedulerStatus } from '../../api/scheduler-status.ts';
import { useGet, usePages } from '../../api/use-api.ts';
import { formatCount } from '../../format/numbers.ts';
import { FindingChange } from '../../parts/finding-kind.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Answer } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { useNow } from '../../parts/use-now.ts';
import { fleetProblems } from '../fleet/fleet-problems.ts';
import { isThere } from '../fleet/worker-facts.ts';
import { AnswerCard } from './answer-card.tsx';
import { ChangesSince } from './changes-since.tsx';
import { useLastVisit } from './use-last-visit.ts';

/** More lines than these stand on the page that a card leads to. */
const LINES = 3;

const counted = (count: number, one: string, more: string): string =>
  `${formatCount(count)} ${count === 1 ? one : more}`;

/** The questions that somebody opens the page with, each answered at a glance. */
export function Answers(): ReactNode {
  const since = useLastVisit();
  const overview = useGet(call('GET /api/overview', { query: { since: since ?? undefined } }), { every_ms: 15_000 });
  return (
    <Answer of={overview} height={170}>
      {(now) => (
        <>
          <div className="bw-answers">
            <Regressions now={now} />
            <FailingRuns runs={now.failing_runs} />
            <RunningCard />
            <FleetCard />
          </div>
          <ChangesSince now={now} is_visit={since !== null} />
        </>
      )}
    </Answer>
  );
}

function Regressions({ now }: { now: OverviewNow }): ReactNode {
  const { open_regressions, suspected_regressions, oldest_regression_at, worst_regressions } = now;
  if (open_regressions === 0) {
    return <AnswerCard title="Regressions" standing="fine" headline="None open" href="/findings?kind=regression" />;
  }
  const unsure = suspected_regressions === 0 ? '' : `, ${formatCount(suspected_regressions)} suspected`;
  return (
    <AnswerCard
      title="Regressions"
      standing="trouble"
      headline={`${formatCount(open_regressions)} open${unsure}`}
      href="/findings?kind=regression&sort=change"
    >
      <ul>
        {worst_regressions.slice(0, LINES - 1).map((row) => (
          <WorstLine key={row.finding_id} row={row} />
        ))}
      </ul>
      {oldest_regression_at !== null && (
        <p>
          oldest found <Ago at={oldest_regression_at} />
        </p>
      )}
    </AnswerCard>
  );
}

function WorstLine({ row }: { row: FindingRow }): ReactNode {
  const name = `${modelName(row.model) || row.benchmark} ${row.metric}`;
  return (
    <li>
      <Link href={`/findings/${encodeURIComponent(row.finding_id)}`} title={`${name} on ${row.pool}`}>
        {name}
      </Link>
      <FindingChange kind={row.kind} percent={row.change_percent} />
    </li>
  );
}

/** Names whose newest run failed: one that was repeated with success is repaired. */
function FailingRuns({ runs }: { runs: readonly RunRow[] }): ReactNode {
  if (runs.length === 0) {
    return <AnswerCard title="Failing runs" standing="fine" headline="None in 7 days" href="/runs" />;
  }
  const rest = runs.length - LINES;
  return (
    <AnswerCard
      title="Failing runs"
      standing="trouble"
      headline={`${formatCount(runs.length)}${runs.length === 100 ? ' or more' : ''} failing`}
      href="/runs"
    >
      <ul>
        {runs.slice(0, LINES).map((run) => (
          <li key={run.run_id}>
            <RunLink run_id={run.run_id} name={run.name} />
            <span className="bw-dim">
              {formatCount(run.failed + run.timed_out + run.lost)} of {formatCount(run.total)} tasks
            </span>
          </li>
        ))}
      </ul>
      {rest > 0 && <p>and {formatCount(rest)} more</p>}
    </AnswerCard>
  );
}

function RunningCard(): ReactNode {
  const { data: status } = useSchedulerStatus();
  const { data: runs } = usePages(call('GET /api/runs', { query: { state: 'open', limit: 8 } }));
  const { data: last } = usePages(call('GET /api/runs', { query: { limit: 5 } }), {
    enabled: status?.open_runs === 0,
  });
  if (status === undefined) return <AnswerCard title="Running" standing="idle" headline="Unknown" href="/fleet" />;
  const { pools } = status;
  const running = pools.reduce((sum, pool) => sum + (pool.running ?? 0), 0);
  const slots = pools.reduce((sum, pool) => sum + pool.slots, 0);
  if (status.open_runs === 0) {
    return (
      <AnswerCard title="Running" standing="idle" headline="Nothing" href="/runs">
        {last?.[0] !== undefined && <LastRun run={last[0]} />}
      </AnswerCard>
    );
  }
  return (
    <AnswerCard
      title="Running"
      standing="running"
      headline={counted(status.open_runs, 'run', 'runs')}
      href="/runs?status=running"
    >
      <ul>
        {(runs ?? []).slice(0, LINES - 1).map((run) => (
          <li key={run.run_id}>
            <RunLink run_id={run.run_id} name={run.name} />
            <span className="bw-dim">
              {formatCount(run.total - run.waiting - run.running)} of {formatCount(run.total)}
            </span>
          </li>
        ))}
      </ul>
      <p>
        {formatCount(running)} of {counted(slots, 'slot', 'slots')} busy, {formatCount(status.waiting)} waiting
      </p>
    </AnswerCard>
  );
}

function LastRun({ run }: { run: RunRow }): ReactNode {
  return (
    <ul>
      <li>
        <RunLink run_id={run.run_id} name={run.name} />
        <span className="bw-dim">
          {runStatusWords(runStatus(run))} {run.finished_at !== null && <Ago at={run.finished_at} />}
        </span>
      </li>
    </ul>
  );
}

function FleetCard(): ReactNode {
  const now = useNow(15_000);
  const { data: status } = useSchedulerStatus();
  const { data: workers } = usePages(call('GET /api/workers', { query: { limit: 1000 } }), { every_ms: 15_000 });
  const { data: cluster } = useGet(call('GET /api/cluster'), { every_ms: 15_000 });
  const problems = fleetProblems({ workers, status, cluster }, now);
  const there = (workers ?? []).filter(isThere);
  const ready = there.filter(({ state }) => state === 'ready').length;
  const fine = problems.length === 0;
  const workers_ready = `${formatCount(ready)} of ${counted(there.length, 'worker', 'workers')} ready`;
  if (workers === undefined) return <AnswerCard title="Fleet" standing="idle" headline="Unknown" href="/fleet" />;
  return (
    <AnswerCard
      title="Fleet"
      standing={fine ? 'fine' : 'trouble'}
      headline={fine ? workers_ready : counted(problems.length, 'problem', 'problems')}
      href="/fleet"
    >
      <ul>
        {problems.slice(0, LINES - 1).map(({ text, href }) => (
          <li key={text}>
            <Link href={href} title={text}>
              {text}
            </Link>
          </li>
        ))}
      </ul>
      <p>{fine ? `${counted((status?.pools ?? []).length, 'pool', 'pools')}, all services answer` : workers_ready}</p>
    </AnswerCard>
  );
}
