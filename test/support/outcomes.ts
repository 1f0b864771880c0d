import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcome, outcomesOfRun } from '@benchwire/shared/contracts/outcome.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { scanStream } from '@benchwire/shared/runtime/read-to-end.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** A completed outcome of the `command` executor that measured one metric, with what a test wants to be different. */
export function outcomeWith(value: number, changes: Partial<Outcome> = {}, metric = 'latency_ms'): Outcome {
  const now = new Date().toISOString();
  return outcome.parse({
    v: 1,
    run_id: newRunId(),
    task_id: 'a',
    attempt: 1,
    max_attempts: 1,
    status: 'completed',
    error: null,
    worker_id: 'w-1',
    device_id: 'cpu-0',
    pool: 'cpu-12345678',
    fingerprint: 'f00',
    benchmark: 'bench',
    executor: 'command',
    model: null,
    precision: null,
    scenario: null,
    variant: '',
    request_name: null,
    source: null,
    tags: {},
    queued_at: now,
    started_at: now,
    finished_at: now,
    execution_time_seconds: 1,
    results: {
      metrics: { [metric]: { value, unit: 'ms', ci_low: null, ci_high: null, min: value, max: value, samples: 1 } },
    },
    hardware_metrics: null,
    environment: {},
    simulation_status: { is_simulated: false },
    logs: null,
    ...changes,
  });
}

/** Everything OUTCOMES holds of a run. */
export async function storedOutcomes(nats: NatsConnection, run_id: string): Promise<Outcome[]> {
  const of = { stream: OUTCOMES.name, filter: outcomesOfRun(run_id) };
  const manager = await jetstreamManager(nats);
  const messages = scanStream({ nats, client: jetstream(nats), manager }, of);
  return await Array.fromAsync(messages, (message) => message.json<Outcome>());
}
