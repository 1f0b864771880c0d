import { type BenchEvent, benchEvent } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { Received } from '@benchwire/shared/runtime/consume.ts';

const AT = '2026-11-22T02:00:00.000Z';

/** A completed attempt without points, with what a test wants to be different. */
export function someOutcome(changes: Partial<Outcome> = {}): Outcome {
  return outcome.parse({
    v: 1,
    run_id: newRunId(),
    task_id: 'a',
    attempt: 1,
    max_attempts: 3,
    status: 'completed',
    error: null,
    worker_id: 'w-1',
    device_id: 'cpu-0',
    pool: 'cpu-12345678',
    fingerprint: 'f00',
    benchmark: 'bench',
    executor: 'noop',
    model: null,
    precision: null,
    scenario: null,
    variant: '',
    request_name: 'nightly',
    source: { commit: 'abc', branch: 'main' },
    tags: { team: 'a' },
    queued_at: AT,
    started_at: AT,
    finished_at: AT,
    execution_time_seconds: 1.5,
    results: {},
    hardware_metrics: null,
    environment: { cpu: 'x', governor: null },
    simulation_status: { is_simulated: false },
    logs: null,
    ...changes,
  });
}

/** Results with one value for each metric. */
export function measured(metrics: Record<string, number>): Outcome['results'] {
  return {
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [
        name,
        { value, unit: 'ms', ci_low: null, ci_high: null, min: value, max: value, samples: 1 },
      ]),
    ),
  };
}

export function someEvent(changes: Partial<BenchEvent>): BenchEvent {
  const { entity = 'run', kind = 'x', run_id = null, task_id = null } = changes;
  return benchEvent.parse({
    v: 1,
    event_id: `${entity}.${kind}.${run_id}.${task_id}.${changes.attempt}.${changes.worker_id}`,
    at: AT,
    entity,
    kind,
    run_id,
    task_id,
    attempt: null,
    worker_id: null,
    pool: null,
    message: 'something happened',
    ...changes,
  });
}

/** A message as the consumer gives it, at this place of the stream. */
export function received<T>(value: T, sequence: number, changes: Partial<Received<T>> = {}): Received<T> {
  return {
    value,
    subject: 'test',
    sequence,
    stored_at: new Date(Date.parse(AT) + sequence),
    redelivered: false,
    raw: new Uint8Array(),
    ...changes,
  };
}
