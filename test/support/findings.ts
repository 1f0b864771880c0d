import { randomUUID } from 'node:crypto';
import { type Finding, finding, findingMessageId, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { JetStreamClient } from '@nats-io/jetstream';

/** A confirmed regression of 25 %, on branch main. */
export function aFinding(more: Partial<Finding> = {}): Finding {
  const run_id = newRunId();
  const now = new Date().toISOString();
  const series = {
    ...{ benchmark: 'encode', model: 'models/bert.onnx', executor: 'onnx', precision: 'fp32', batch_size: 8 },
    ...{ scenario: 'single_stream', variant: '-', fingerprint: 'f', metric: 'latency_ms', is_simulated: false },
  };
  return finding.parse({
    ...{ v: 1, finding_id: `s.${randomUUID()}`, kind: 'regression', series_id: 's1', series, unit: 'ms' },
    ...{ run_id, task_id: 'encode', attempt: 1, pool: 'cpu-12345678', detected_at: now, measured_at: now },
    source: { repo: 'https://example.com/r', commit: 'b'.repeat(40), branch: 'main' },
    ...{ previous_source: { commit: 'a'.repeat(40) }, value: 12.5, z_score: 9, threshold: 5, change_percent: 25 },
    baseline: { median: 10, mad: 0.1, scale: 0.15, n: 12, values: [10] },
    ...{ message: 'latency_ms went from 10 to 12.5 ms', revision: 1, state: 'confirmed' },
    history: [{ revision: 1, state: 'confirmed', at: now, by: 'anomaly', reason: 're-runs show it' }],
    ...more,
  });
}

/** Publishes a finding as the anomaly service does. */
export const sayFinding = (client: JetStreamClient, found: Finding): Promise<unknown> =>
  client.publish(findingSubject(found), JSON.stringify(found), { msgID: findingMessageId(found) });

/** The same finding in its next state. */
export function nextState(found: Finding, state: Finding['state']): Finding {
  const revision = found.revision + 1;
  const change = { revision, state, at: new Date().toISOString(), by: 'anomaly', reason: 'so' };
  return { ...found, revision, state, history: [...found.history, change] };
}
