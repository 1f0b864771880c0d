import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type BenchStack, startBenchStack, until } from './bench-stack.ts';
import { type BenchResult, caseOf, say, worstOf } from './report.ts';

const POINTS = 2_000_000;
export type InsertMethod = 'rows' | 'columns';

/**
 * Metric points from a worker's task to rows that a query counts; against inserting the same rows straight into the same
 * engine, from a process that does nothing else. Two baselines: `rows` is the client's fastest row format, `columns`
 * the aggregator's own way of writing, without the stream in front of it. Points per second.
 */
export async function metrics(rounds: number): Promise<BenchResult> {
  const bench = await startBenchStack({});
  const straight = await startStraight();
  try {
    await ours(bench, 50_000);
    await straight.insert('rows', 50_000);
    const a: number[] = [];
    const rows: number[] = [];
    const columns: number[] = [];
    for (let round = 0; round < Math.max(3, rounds); round++) {
      a.push(await ours(bench, POINTS));
      rows.push(await straight.insert('rows', POINTS));
      columns.push(await straight.insert('columns', POINTS));
      say(
        `round ${round + 1}: ours ${a.at(-1)?.toFixed(0)}/s, rows ${rows.at(-1)?.toFixed(0)}/s, columns ${columns.at(-1)?.toFixed(0)}/s`,
      );
    }
    return worstOf('metrics', 'higher', [
      caseOf('against rows', 'points/s', a, rows, { points: POINTS }),
      caseOf('against columns', 'points/s', a, columns, { points: POINTS }),
    ]);
  } finally {
    await straight.stop();
    await bench.stop();
  }
}

async function ours(bench: BenchStack, points: number): Promise<number> {
  const started = performance.now();
  const run_id = await bench.submit({
    name: 'metrics',
    tasks: [{ task_id: 't', executor: 'noop', config: { metric_points: points } }],
  });
  await until(
    'every point in ClickHouse',
    async () => {
      const rows = await bench.query('sql', { sql: `SELECT count() AS n FROM samples WHERE run_id = '${run_id}'` });
      return Number(rows[0]?.n) >= points;
    },
    25,
    300_000,
  );
  return (points / (performance.now() - started)) * 1000;
}

/** The baseline's process, with an embedded engine of its own. */
async function startStraight(): Promise<{
  insert(method: InsertMethod, points: number): Promise<number>;
  stop(): Promise<void>;
}> {
  const child = fork(fileURLToPath(new URL('./straight-insert.ts', import.meta.url)));
  await once(child, 'message');
  return {
    insert: async (method, points) => {
      child.send({ method, points });
      const [{ seconds }] = (await once(child, 'message')) as [{ seconds: number }];
      return points / seconds;
    },
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
