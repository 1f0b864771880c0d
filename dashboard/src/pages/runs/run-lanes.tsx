import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { type ReactNode, useCallback, useMemo } from 'react';
import { usePages } from '../../api/use-api.ts';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { ShowMore } from '../../parts/list/server-list.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useNow } from '../../parts/use-now.ts';
import { type Lane, lanesHeight, lanesOf, lanesOption } from './lanes.ts';

type Loaded = Parameters<typeof lanesOf>;

/** What each device did in a run: a lane for each, a bar for each task, with its result. */
export function RunLanes({ run, onPick }: { run: RunRow; onPick: (task_id: string) => void }): ReactNode {
  const { run_id } = run;
  const tasks = usePages(
    call('GET /api/runs/:run_id/tasks', { params: { run_id }, query: { sort: 'started_at', limit: 500 } }),
  );
  const results = usePages(call('GET /api/runs/:run_id/results', { params: { run_id }, query: { limit: 2000 } }));
  return (
    <>
      <Answer of={tasks} height={300}>
        {(rows) => <Lanes run={run} tasks={rows} results={results.data ?? []} onPick={onPick} />}
      </Answer>
      <ShowMore of={tasks} />
    </>
  );
}

function Lanes({
  run: { accepted_at, finished_at },
  tasks,
  results,
  onPick,
}: {
  run: RunRow;
  tasks: Loaded[0];
  results: Loaded[1];
  onPick: (task_id: string) => void;
}): ReactNode {
  const now = useNow(finished_at === null ? 1000 : null);
  const { pool: poolName } = useHardwareNames();
  const lanes = useMemo(() => lanesOf(tasks, results, now), [tasks, results, now]);
  const option = useCallback(
    (colours: ChartColours) => {
      const ends = lanes.flatMap(({ bars }) => bars.map(({ to_ms }) => to_ms));
      const from_ms = Date.parse(accepted_at);
      const to_ms = Math.max(finished_at === null ? now : Date.parse(finished_at), ...ends);
      const nameOf = ({ worker_id, pool }: Lane): string => `${worker_id || 'no worker'} · ${poolName(pool)}`;
      return lanesOption(lanes, { from_ms, to_ms }, colours, nameOf);
    },
    [lanes, accepted_at, finished_at, now, poolName],
  );
  if (lanes.length === 0) return <Empty title="No task has started" />;
  return (
    <>
      <Chart
        option={option}
        height={lanesHeight(lanes.length)}
        description={`Timeline of ${lanes.length} ${lanes.length === 1 ? 'device' : 'devices'}`}
        onPick={({ name }) => onPick(name)}
      />
      <p className="bw-note">A lane for each worker and pool; a click on a task opens it.</p>
    </>
  );
}
