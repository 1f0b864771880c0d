import { decodeMetricBatch, type MetricBatch, metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { CANCEL_SUBJECT } from '@benchwire/shared/contracts/request.ts';
import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { TestWorker } from '../support/test-worker.ts';
import { preciseNow } from './bare-bullmq.ts';
import { bareStalledRecovery } from './bare-stalled.ts';
import { type BenchStack, startBenchStack, until } from './bench-stack.ts';
import { type BenchResult, caseOf, median, percentile, round, say, worstOf } from './report.ts';

const LEADER_KILLS = 25;
const LEADER_FREEZES = 10;
const LEADER_STOPS = 5;
const WORKER_KILLS = 6;
const BASELINES = 6;

/**
 * What a death costs, in seconds. `worker`: from kill -9 of a worker process until its task runs on another one.
 * `leader`: from kill -9 of the leading scheduler until a worker has a job that the next leader has decided on; beside
 * it the same for one that is frozen, and for one that is told to stop. The baseline of both is what BullMQ itself does
 * about a dead worker, with default settings; it mostly waits, so it runs beside ours.
 */
export async function recovery(rounds: number): Promise<BenchResult> {
  const bench = await startBenchStack({ services: { scheduler: 2, worker: 2 }, env: { WORKER_SLOTS: '1' } });
  try {
    const redis_url = bench.stack.env.REDIS_URL ?? '';
    // Spread over BullMQ's interval of 30 s, so that they are killed at different points of it.
    const baselines = Promise.all(
      Array.from({ length: BASELINES }, (_, n) => bareStalledRecovery(redis_url, (n * 30_000) / BASELINES)),
    );
    baselines.catch(() => undefined);
    const worker = await killWorkers(bench, Math.max(WORKER_KILLS, rounds));
    const leader = await killLeaders(bench, Math.max(LEADER_KILLS, rounds));
    say('waiting for the baseline …');
    const baseline = await baselines;
    return worstOf('recovery', 'lower', [
      caseOf('worker', 's', worker, baseline, { ours_p99: round(percentile(worker, 99)), kills: worker.length }),
      caseOf('leader', 's', leader.kills, baseline, {
        ours_p99: round(percentile(leader.kills, 99)),
        kills: leader.kills.length,
        frozen: round(median(leader.freezes)),
        frozen_seconds: leader.freezes.map(round),
        planned_stop: round(median(leader.stops)),
        planned_stops: leader.stops.map(round),
      }),
    ]);
  } finally {
    await bench.stop();
  }
}

async function killWorkers(bench: BenchStack, kills: number): Promise<number[]> {
  const seconds: number[] = [];
  while (seconds.length < kills) {
    const starts = bench.nats.subscribe('bw.metrics.*.*');
    const run_id = await bench.submit({
      name: 'recovery',
      tasks: [{ task_id: 't', executor: 'noop', config: { metric_points: 1, behaviour: 'hang' } }],
    });
    let killed_ms = 0;
    let killed: Awaited<ReturnType<typeof serviceOf>> | undefined;
    for await (const message of starts) {
      const batch: MetricBatch = metricBatch.parse(decodeMetricBatch(message.data));
      if (batch.run_id !== run_id) continue;
      if (batch.attempt === 1) {
        killed = await serviceOf(bench, batch.worker_id);
        killed_ms = preciseNow();
        await killed.kill('SIGKILL', { stay_down: true });
      } else {
        seconds.push(((batch.columns[0]?.times_ms[0] ?? Number.NaN) - killed_ms) / 1000);
        break;
      }
    }
    say(`worker ${seconds.length} of ${kills}: ${seconds.at(-1)?.toFixed(2)} s`);
    await bench.nats.request(CANCEL_SUBJECT, JSON.stringify({ run_id, reason: 'seen enough' }), { timeout: 10_000 });
    killed?.start();
    await killed?.waitReady();
    await until(
      'the run is over',
      async () => (await bench.query('run', { run_id }))[0]?.state === 'finished',
      50,
      60_000,
    );
  }
  return seconds;
}

async function serviceOf(bench: BenchStack, worker_id: string) {
  const { pid } = (await instances(bench)).find((each) => each.role === worker_id) ?? {};
  const found = bench.stack.services.find((each) => each.pid === pid);
  if (found === undefined) throw new Error(`no process runs as worker ${worker_id}`);
  return found;
}

async function killLeaders(
  bench: BenchStack,
  kills: number,
): Promise<{ kills: number[]; freezes: number[]; stops: number[] }> {
  for (const each of bench.stack.services.filter(({ kind }) => kind === 'worker')) await each.stop();
  /** The first job of each leader, as its worker got it. */
  const terms: Array<{ epoch: string; first_ms: number }> = [];
  const worker = new TestWorker({
    nats: bench.nats,
    redis_url: bench.stack.env.REDIS_URL ?? '',
    worker_id: 'steady',
    device: { slots: 4 },
    run: async ({ epoch = '' }) => {
      if (epoch !== terms.at(-1)?.epoch) terms.push({ epoch, first_ms: preciseNow() });
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { status: 'completed', error: null };
    },
  });
  await worker.start();
  const run_id = await bench.submit({
    name: 'steady',
    tasks: [{ task_id: 't', executor: 'noop', repetitions: 50_000 }],
  });
  const seconds: Awaited<ReturnType<typeof killLeaders>> = { kills: [], freezes: [], stops: [] };
  const end = async (signal: NodeJS.Signals, into: number[]): Promise<void> => {
    let leader: ServiceHealth | undefined;
    const oneOfTwoLeads = async (): Promise<boolean> => {
      const schedulers = (await instances(bench)).filter((each) => each.service === 'scheduler' && each.ready);
      leader = schedulers.find((each) => each.role === 'leader');
      return (
        schedulers
          .map((each) => each.role)
          .sort()
          .join() === 'leader,standby'
      );
    };
    await until('one of two schedulers leads', oneOfTwoLeads, 50, 60_000);
    if (leader === undefined) throw new Error('nobody leads');
    const before = terms.length;
    const ended_ms = preciseNow();
    process.kill(leader.pid, signal);
    await until('the next decision', async () => terms.length > before, 5, 60_000);
    into.push(((terms.at(-1)?.first_ms ?? Number.NaN) - ended_ms) / 1000);
    if (signal === 'SIGSTOP') process.kill(leader.pid, 'SIGCONT');
    say(`leader, ${signal}: ${into.at(-1)?.toFixed(2)} s`);
  };
  await until('the first job', async () => terms.length > 0, 20, 60_000);
  for (let n = 0; n < kills; n++) await end('SIGKILL', seconds.kills);
  for (let n = 0; n < LEADER_FREEZES; n++) await end('SIGSTOP', seconds.freezes);
  for (let n = 0; n < LEADER_STOPS; n++) await end('SIGTERM', seconds.stops);
  await bench.nats.request(CANCEL_SUBJECT, JSON.stringify({ run_id, reason: 'seen enough' }), { timeout: 10_000 });
  await worker.stop();
  return seconds;
}

const instances = (bench: BenchStack): Promise<ServiceHealth[]> => pingServices(bench.nats, 300);
