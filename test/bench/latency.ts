import { type BenchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { decodeMetricBatch, metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { preciseNow, startBareBullmq } from './bare-bullmq.ts';
import { type BenchStack, startBenchStack } from './bench-stack.ts';
import { type BenchResult, caseOf, percentile, round as rounded, say } from './report.ts';

const TASKS_PER_ROUND = 150;

/**
 * One task at a time on an idle stack: from the submit until the executor runs, told by the first metric point that the
 * task itself measures. The baseline: bare BullMQ's add until its processor runs. Milliseconds.
 */
export async function latency(rounds: number): Promise<BenchResult> {
  const bench = await startBenchStack({});
  const bare = await startBareBullmq(bench.stack.env.REDIS_URL ?? '', 1);
  try {
    for (let i = 0; i < 20; i++) {
      await ourLatency(bench);
      await bareLatency(bare);
    }
    const ours: number[][] = [];
    const baseline: number[][] = [];
    for (let round = 0; round < Math.max(3, rounds); round++) {
      ours.push([]);
      baseline.push([]);
      for (let i = 0; i < TASKS_PER_ROUND; i++) {
        ours.at(-1)?.push(await ourLatency(bench));
        baseline.at(-1)?.push(await bareLatency(bare));
      }
      say(
        `round ${round + 1}: ours ${percentile(ours.at(-1) ?? [], 50).toFixed(2)} ms, baseline ${percentile(baseline.at(-1) ?? [], 50).toFixed(2)} ms`,
      );
    }
    const medians = (list: number[][]): number[] => list.map((values) => percentile(values, 50));
    return caseOf('latency', 'ms', medians(ours), medians(baseline), {
      tasks: TASKS_PER_ROUND * ours.length,
      ours_p99: rounded(percentile(ours.flat(), 99)),
      baseline_p99: rounded(percentile(baseline.flat(), 99)),
    });
  } finally {
    await bare.stop();
    await bench.stop();
  }
}

async function ourLatency(bench: BenchStack): Promise<number> {
  const subscription = bench.nats.subscribe('bw.metrics.*.*', { max: 1 });
  const started = (async () => {
    for await (const message of subscription) {
      const batch = metricBatch.parse(decodeMetricBatch(message.data));
      return batch.columns[0]?.times_ms[0] ?? Number.NaN;
    }
    return Number.NaN;
  })();
  const finished = nextFinished(bench);
  await bench.nats.flush();
  const submitted_ms = preciseNow();
  await bench.submit({ name: 'latency', tasks: [{ task_id: 't', executor: 'noop', config: { metric_points: 1 } }] });
  const latency_ms = (await started) - submitted_ms;
  // The next one finds an idle stack again.
  await finished;
  return latency_ms;
}

/** Resolves at the next `finished` event of any run; there is only one run at a time. */
async function nextFinished(bench: BenchStack): Promise<void> {
  const subscription = bench.nats.subscribe(eventSubject({ entity: 'run', run_id: '*' }));
  for await (const message of subscription) {
    if (message.json<BenchEvent>().kind === 'finished') subscription.unsubscribe();
  }
}

async function bareLatency(bare: Awaited<ReturnType<typeof startBareBullmq>>): Promise<number> {
  const started = bare.nextStart();
  const added_ms = preciseNow();
  await bare.queue.add('noop', { tell: true });
  return (await started) - added_ms;
}
