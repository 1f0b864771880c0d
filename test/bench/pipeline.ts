import { startBareBullmq } from './bare-bullmq.ts';
import { type BenchStack, startBenchStack, until } from './bench-stack.ts';
import { type BenchResult, caseOf, say } from './report.ts';

const TASKS = 20_000;
/** Attempts at once in the one worker process, and jobs at once in the baseline's. */
const CONCURRENCY = 64;

/**
 * 20,000 noop tasks from submit until every one is a completed row that a query finds; the baseline adds as many jobs
 * with addBulk and has one process do nothing with them. Same Redis, same concurrency, alternating. Tasks per second.
 */
export async function pipeline(rounds: number): Promise<BenchResult> {
  const bench = await startBenchStack({ env: { WORKER_SLOTS: String(CONCURRENCY) } });
  try {
    await ours(bench, 2000);
    const a: number[] = [];
    const b: number[] = [];
    for (let round = 0; round < Math.max(3, rounds); round++) {
      b.push(await baseline(bench.stack.env.REDIS_URL ?? ''));
      a.push(await ours(bench, TASKS));
      say(`round ${round + 1}: ours ${a.at(-1)?.toFixed(0)}/s, baseline ${b.at(-1)?.toFixed(0)}/s`);
    }
    return caseOf('pipeline', 'tasks/s', a, b, { tasks: TASKS, concurrency: CONCURRENCY });
  } finally {
    await bench.stop();
  }
}

async function ours(bench: BenchStack, tasks: number): Promise<number> {
  const started = performance.now();
  const run_id = await bench.submit({
    name: 'pipeline',
    tasks: [{ task_id: 't', executor: 'noop', repetitions: tasks }],
  });
  await until(
    'every task in ClickHouse',
    async () => {
      const [run] = await bench.query('run', { run_id });
      return run?.completed === tasks;
    },
    100,
    300_000,
  );
  return (tasks / (performance.now() - started)) * 1000;
}

async function baseline(redis_url: string): Promise<number> {
  const bare = await startBareBullmq(redis_url, CONCURRENCY);
  try {
    await bare.queue.addBulk(jobs(1000));
    await bare.finished(1000);
    const started = performance.now();
    await bare.queue.addBulk(jobs(TASKS));
    await bare.finished(TASKS);
    return (TASKS / (performance.now() - started)) * 1000;
  } finally {
    await bare.stop();
  }
}

function jobs(count: number): Array<{ name: string; data: { index: number } }> {
  return Array.from({ length: count }, (_, index) => ({ name: 'noop', data: { index } }));
}
