import type { Outcome, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { describe, expect, it } from 'vitest';
import { drainSeconds } from '../drain.ts';
import type { AbortReason } from '../executors/executor.ts';
import { decideStatus } from './attempt-status.ts';
import { fitOutcome } from './fit-outcome.ts';
import { defaultWorkerId } from './worker-id.ts';

const failure: TaskError = { class: 'crash', code: 'X', message: 'it broke', retriable: true };
const ending = { timeout_seconds: 30, worker_id: 'w' };

describe('how an attempt ended', () => {
  const abort = (reason: AbortReason) => ({ reason, message: 'because' });
  it.each([
    ['nothing wrong', null, undefined, 'completed', null],
    ['completed just before the abort', null, abort('cancelled'), 'completed', null],
    ['failed by itself', failure, undefined, 'failed', 'crash'],
    ['timed out', failure, abort('timed_out'), 'timed_out', 'timeout'],
    ['cancelled', failure, abort('cancelled'), 'cancelled', 'cancelled'],
    ['drained', failure, abort('draining'), 'lost', 'lost_worker'],
    ['its device went away', failure, abort('device_gone'), 'failed', 'device_error'],
    ['completed just before its device went away', null, abort('device_gone'), 'completed', null],
    ['its device changed', failure, abort('device_changed'), 'failed', 'device_error'],
    ['completed across a change of its device', null, abort('device_changed'), 'failed', 'device_error'],
  ] as const)('%s', (_name, error, cause, status, errorClass) => {
    const decided = decideStatus({ ...ending, error, abort: cause });
    expect([decided.status, decided.error?.class ?? null]).toEqual([status, errorClass]);
  });
});

describe('an outcome within the limit of a message', () => {
  const outcome = (logs: string | null, metrics: number): Outcome => ({
    v: 1,
    run_id: '01a2012c-58c9-7303-b98b-9312622e7865',
    task_id: 't',
    attempt: 1,
    max_attempts: 1,
    status: 'completed',
    error: null,
    worker_id: 'w',
    device_id: 'd',
    pool: 'p',
    fingerprint: 'f',
    benchmark: 'b',
    executor: 'command',
    model: null,
    precision: null,
    scenario: null,
    variant: '',
    request_name: null,
    source: null,
    tags: {},
    queued_at: '2026-11-22T02:00:00.000Z',
    started_at: null,
    finished_at: '2026-11-22T02:00:00.000Z',
    execution_time_seconds: 1,
    results: {
      metrics: Object.fromEntries(
        Array.from({ length: metrics }, (_, i) => [
          `${'ü'.repeat(100)}${i}`,
          { value: 1, unit: null, ci_low: null, ci_high: null, min: 1, max: 1, samples: 1 },
        ]),
      ),
    },
    hardware_metrics: null,
    environment: {},
    simulation_status: { is_simulated: false },
    logs,
  });
  const logsOf = (limit: number): string => Buffer.alloc(Math.min(limit, 60_000), 'x').toString('base64');

  it('stays as it is when it fits', () => {
    const small = outcome('eA==', 2);
    expect(fitOutcome(small, 1024 ** 2, logsOf).outcome).toBe(small);
  });

  it('loses logs first', () => {
    const fitted = fitOutcome(outcome(logsOf(60_000), 200), 100_000, logsOf);
    expect(Buffer.byteLength(fitted.json)).toBeLessThanOrEqual(100_000 - 2048);
    expect(fitted.outcome.status).toBe('completed');
    expect(fitted.outcome.logs?.length).toBeGreaterThan(1000);
  });

  it('fails with a reason when the results alone are too large', () => {
    const fitted = fitOutcome(outcome(null, 2000), 100_000, logsOf);
    expect(Buffer.byteLength(fitted.json)).toBeLessThanOrEqual(100_000 - 2048);
    expect(fitted.outcome).toMatchObject({ status: 'failed', error: { code: 'RESULTS_TOO_LARGE', retriable: false } });
  });
});

describe('worker ids', () => {
  it.each([
    ['lab-1.example.org', 1, 'worker-lab-1-example-org'],
    ['lab', 2, 'worker-lab-2'],
    ['', 1, 'worker-unnamed'],
    ['ü', 1, 'worker-unnamed'],
  ])('of %s number %i', (host, number, id) => {
    expect(defaultWorkerId(host, number)).toBe(id);
  });
});

describe('the time to drain', () => {
  it.each([
    [20, 2, 13],
    [4, 2, 1],
    [1, 2, 0],
  ])('of %i s with a grace of %i s', (shutdown, grace, seconds) => {
    expect(drainSeconds(shutdown, grace)).toBe(seconds);
  });
});
