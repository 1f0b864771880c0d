import { type BenchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { startBareBullmq } from './bare-bullmq.ts';
import { type BenchStack, startBenchStack, until } from './bench-stack.ts';
import { startBullmqClickhouse } from './peers/bullmq-clickhouse.ts';
import { startCelery } from './peers/celery/celery.ts';
import { measurePeer, type PeerResult } from './peers/peer.ts';
import { processorSeconds } from './processor-time.ts';
import { type BenchResult, caseOf, median, round, say } from './report.ts';

const TASKS = 20_000;
/** Attempts at once in the one worker process, and jobs at once in the baseline's, which gains nothing from it. */
const CONCURRENCY = 256;
/** Fewer, since the peers are slower. */
const PEER_TASKS = 4000;

/**
 * 20,000 noop tasks from submit until every one is a completed row that a query finds; the baseline adds as many jobs
 * with addBulk and has one process do nothing with them. Same Redis, same concurrency, alternating, and each has done as
 * many tasks before it is measured, since it is compiled only then. Tasks per second; and in `processor_us_per_task`
 * what each process of ours spends on one, which a busy machine changes little. Then, in `peers`, what people use or
 * write first for the same: Celery, and BullMQ with every result inserted into ClickHouse by itself.
 */
export async function pipeline(rounds: number): Promise<BenchResult> {
  const bench = await startBenchStack({ env: { WORKER_SLOTS: String(CONCURRENCY) } });
  try {
    await ours(bench);
    const a: number[] = [];
    const b: number[] = [];
    const spent = new Map<string, number[]>();
    for (let done = 0; done < Math.max(3, rounds); done++) {
      b.push(await baseline(bench.stack.env.REDIS_URL ?? ''));
      const before = processorSeconds(bench.stack);
      a.push(await ours(bench));
      for (const [name, seconds] of processorSeconds(bench.stack)) {
        const each = ((seconds - (before.get(name) ?? 0)) * 1e6) / TASKS;
        spent.set(name, [...(spent.get(name) ?? []), each]);
      }
      say(`round ${done + 1}: ours ${a.at(-1)?.toFixed(0)}/s, baseline ${b.at(-1)?.toFixed(0)}/s`);
    }
    const processor_us_per_task = Object.fromEntries([...spent].map(([name, each]) => [name, round(median(each))]));
    const peers = await measurePeers(bench.stack.env.REDIS_URL ?? '', a);
    return caseOf('pipeline', 'tasks/s', a, b, {
      tasks: TASKS,
      concurrency: CONCURRENCY,
      processor_us_per_task,
      peers,
    });
  } finally {
    await bench.stop();
  }
}

async function measurePeers(redis_url: string, ours: readonly number[]): Promise<Record<string, PeerResult>> {
  const options = { tasks: PEER_TASKS, rounds: ours.length, ours };
  return {
    celery: await measurePeer('Celery', () => startCelery(redis_url), options),
    bullmq_clickhouse: await measurePeer(
      'BullMQ, each result inserted into ClickHouse',
      () => startBullmqClickhouse(redis_url, CONCURRENCY),
      options,
    ),
  };
}

async function ours(bench: BenchStack): Promise<number> {
  const finished = nextFinishedRun(bench);
  const started = performance.now();
  const run_id = await bench.submit({
    name: 'pipeline',
    tasks: [{ task_id: 't', executor: 'noop', repetitions: TASKS }],
  });
  // As `bw run` does: the event says when it is worth asking. Asking all the time would be a load of its own.
  await finished;
  await until(
    'every task in ClickHouse',
    async () => {
      const [run] = await bench.query('run', { run_id });
      return run?.completed === TASKS;
    },
    10,
    60_000,
  );
  return (TASKS / (performance.now() - started)) * 1000;
}

function nextFinishedRun(bench: BenchStack): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = bench.nats.subscribe(eventSubject({ entity: 'run', run_id: '*' }), {
      timeout: 300_000,
      callback: (error, message) => {
        if (error !== null) reject(error);
        else if (message.json<BenchEvent>().kind === 'finished') {
          subscription.unsubscribe();
          resolve();
        }
      },
    });
  });
}

async function baseline(redis_url: string): Promise<number> {
  const bare = await startBareBullmq(redis_url, CONCURRENCY);
  try {
    await bare.queue.addBulk(jobs());
    await bare.finished(TASKS);
    const started = performance.now();
    await bare.queue.addBulk(jobs());
    await bare.finished(TASKS);
    return (TASKS / (performance.now() - started)) * 1000;
  } finally {
    await bare.stop();
  }
}

function jobs(): Array<{ name: string; data: { index: number } }> {
  return Array.from({ length: TASKS }, (_, index) => ({ name: 'noop', data: { index } }));
}
