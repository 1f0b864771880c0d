import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type BenchStack, startBenchStack, until } from './bench-stack.ts';
import { type BenchResult, caseOf, say } from './report.ts';

const POINTS = 2_000_000;
export type InsertMethod = 'rows' | 'columns';

/**
 * Metric points from a worker's task to rows that a query counts; against inserting the same rows straight into the same
 * engine, from a process that does nothing else, in the client's fastest row format. Beside it, as `against_columns`,
 * the aggregator's own columnar way of writing without the stream in front: what the stream costs. Points per second.
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
    const against_columns = caseOf('columns', 'points/s', a, columns);
    return caseOf('metrics', 'points/s', a, rows, { points: POINTS, against_columns });
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
    200,
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
  const died = once(child, 'exit').then(() => {
    throw new Error('the process of the baseline has ended');
  });
  died.catch(() => undefined);
  const answer = async (): Promise<{ seconds: number }> => {
    const [message] = await Promise.race([once(child, 'message'), died]);
    return message as { seconds: number };
  };
  await answer();
  return {
    insert: async (method, points) => {
      child.send({ method, points });
      return points / (await answer()).seconds;
    },
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
