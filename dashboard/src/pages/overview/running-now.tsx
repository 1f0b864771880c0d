import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus } from '@benchwire/shared/contracts/run-status.ts';
import { Code } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { formatBetween } from '../../format/times.ts';
import { RunProgress } from '../../parts/progress.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { useNow } from '../../parts/use-now.ts';
import { VerdictMark } from '../../parts/verdict-mark.tsx';

/** Open runs with their progress; without one, the last that ended. */
export function RunningNow(): ReactNode {
  const open = usePages(call('GET /api/runs', { query: { state: 'open', limit: 8 } }));
  const idle = open.data?.length === 0;
  const last = usePages(call('GET /api/runs', { query: { limit: 5 } }), { enabled: idle });
  return (
    <Answer of={open}>
      {(runs) =>
        runs.length > 0 ? <RunList runs={runs} /> : <Answer of={last}>{(ended) => <Idle last={ended} />}</Answer>
      }
    </Answer>
  );
}

function Idle({ last }: { last: readonly RunRow[] }): ReactNode {
  if (last.length === 0) {
    return (
      <Empty title="No runs yet">
        <Link href="/runs/new">Start one here</Link>, or in a terminal: <Code>bw run examples/quickstart.yaml</Code>
      </Empty>
    );
  }
  return (
    <>
      <p className="bw-note bw-first">Nothing is running. Latest runs:</p>
      <RunList runs={last} />
    </>
  );
}

function RunList({ runs }: { runs: readonly RunRow[] }): ReactNode {
  const now = useNow();
  return (
    <ul className="bw-list">
      {runs.map((run) => (
        <li key={run.run_id} className="bw-run-line">
          <span className="bw-run-name">
            <RunLink run_id={run.run_id} name={run.name} />
          </span>
          <Status state={runStatus(run)} />
          {run.verdict !== null && <VerdictMark verdict={run.verdict} />}
          <RunProgress counts={run} />
          <span className="bw-dim bw-run-age">
            {run.finished_at === null ? formatBetween(run.accepted_at, now) : <Ago at={run.finished_at} />}
          </span>
        </li>
      ))}
    </ul>
  );
}
