import { eventSubject } from '@benchwire/shared/contracts/event.ts';
import { finding, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { encodeMetricBatch, metricBatchId, metricsSubject } from '@benchwire/shared/contracts/metrics.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { StreamPublisher } from '@benchwire/shared/runtime/stream-writer.ts';
import { outcomeWith } from './outcomes.ts';

export type Publisher = ReturnType<typeof publisher>;

/** Says what services say, on the contracts' subjects and with their ids. */
export function publisher(stream: StreamPublisher) {
  const say = {
    async event(run_id: string, kind: string): Promise<void> {
      const event = { v: 1, event_id: newRunId(), at: new Date().toISOString(), entity: 'run' as const, kind, run_id };
      const body = { ...event, task_id: null, attempt: null, worker_id: null, pool: null, message: '' };
      await publish(stream, eventSubject(event), JSON.stringify(body), { id: event.event_id });
    },
    async outcome(run_id: string, task_id: string, metric?: string): Promise<Outcome> {
      const outcome = outcomeWith(1, { run_id, task_id }, metric);
      const id = outcomeMessageId(outcome);
      await publish(stream, outcomeSubject(outcome), JSON.stringify(outcome), { id });
      return outcome;
    },
    async metrics(run_id: string, task_id: string): Promise<void> {
      const columns = [{ metric: 'latency_ms', unit: 'ms', batch_size: 1, times_ms: [1, 2], values: [1, 2] }];
      const batch = { v: 1 as const, run_id, task_id, attempt: 1, worker_id: 'w', sequence: 0, columns };
      await publish(stream, metricsSubject(batch), encodeMetricBatch(batch), { id: metricBatchId(batch) });
    },
    async finding(run_id: string, series_id: string): Promise<void> {
      const at = new Date().toISOString();
      const key = { benchmark: 'b', model: 'm', executor: 'noop', precision: '', batch_size: 1, scenario: '' };
      const made = finding.parse({
        ...{
          v: 1,
          finding_id: newRunId(),
          kind: 'regression',
          series_id,
          unit: 'ms',
          run_id,
          task_id: 'a',
          attempt: 1,
        },
        ...{ pool: null, source: null, previous_source: null, detected_at: at, measured_at: at, value: 2, z_score: 9 },
        series: { ...key, variant: '', fingerprint: 'f', metric: 'latency_ms', is_simulated: false },
        baseline: { median: 1, mad: 0, scale: 0.1, n: 6, values: [] },
        ...{ threshold: 5, change_percent: 100, message: 'slower' },
      });
      await publish(stream, findingSubject(made), JSON.stringify(made), { id: made.finding_id });
    },

    /** A run of one task, as its services tell it: five messages. */
    async run(run_id: string): Promise<void> {
      await say.event(run_id, 'accepted');
      await say.metrics(run_id, 'a');
      await say.outcome(run_id, 'a');
      await say.event(run_id, 'finished');
      await say.finding(run_id, 'a1b2');
    },
  };
  return say;
}
