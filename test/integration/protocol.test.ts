import { JOB_NAME } from '@benchwire/shared/contracts/job.ts';
import { workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemsOf } from '../support/protocol-schemas.ts';
import { WorkerFixture, type WorkerProcess, waitUntil } from '../support/worker-fixture.ts';

/** What the worker really says, held against the schemas that others write their workers by. */
let fixture: WorkerFixture;
let worker: WorkerProcess;
beforeAll(async () => {
  fixture = await WorkerFixture.start();
  worker = await fixture.worker('w1', { WORKER_COMMANDS: 'sh', WORKER_LABELS: 'site=lab' });
});
afterAll(() => fixture.stop());

const sh = (script: string) => ({ executor: 'command', config: { command: ['sh', '-c', script] } });
const print = (line: object): string => `echo '${JSON.stringify(line)}'`;

describe('the messages of the worker fit docs/protocol:', () => {
  it('its registration, heartbeats, and what it answers to commands', async () => {
    expect(problemsOf('capabilities', worker.capabilities)).toEqual([]);
    const heartbeat = await waitUntil(() => fixture.lastHeartbeat('w1'));
    expect(problemsOf('heartbeat', heartbeat)).toEqual([]);
    for (const command of [{ command: 'ping' }, { command: 'dance' }]) {
      const reply = await fixture.nats.request(workerCommandSubject('w1'), JSON.stringify(command));
      expect(problemsOf('worker-command-reply', reply.json())).toEqual([]);
    }
  });

  it('outcomes of every kind, metric batches and events', async () => {
    const measures = sh([print({ metric: 'latency_ms', value: 1.5, unit: 'ms' }), 'sleep 0.2'].join('; '));
    const tasks = [
      measures,
      { ...sh('sleep 60'), timeout_seconds: 0.3 },
      sh('echo oh >&2; exit 3'),
      { executor: 'noop', config: { value: 3 } },
      { executor: 'onnx', config: { model: 'none' } },
    ];
    for (const task of tasks) {
      const job = await fixture.add(worker.pool, task);
      expect(problemsOf('job', job)).toEqual([]);
      expect(problemsOf('outcome', await fixture.outcomeOf(job))).toEqual([]);
    }
    expect(fixture.outcomes.map((outcome) => outcome.status)).toEqual([
      'completed',
      'timed_out',
      'failed',
      'completed',
      'failed',
    ]);
    expect(fixture.batches.length).toBeGreaterThan(0);
    for (const batch of fixture.batches) expect(problemsOf('metric-batch', batch)).toEqual([]);
    await waitUntil(() => fixture.events.find((event) => event.kind === 'running'));
    for (const event of fixture.events) expect(problemsOf('event', event)).toEqual([]);
  });

  it('the outcome of a job that is none', async () => {
    const job = await fixture.add(worker.pool, sh('true'));
    const unreadable = { ...job, v: 2, attempt: 2 };
    expect(problemsOf('job', unreadable)).not.toEqual([]);
    await fixture.queue(worker.pool).add(JOB_NAME, unreadable, { jobId: `${job.run_id}.task.2` });
    const outcome = await waitUntil(() => fixture.outcomesOf(job).find((each) => each.attempt === 2));
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'JOB_UNREADABLE' } });
    expect(problemsOf('outcome', outcome)).toEqual([]);
  });
});

describe('a message that does not fit is told', () => {
  it.each([
    ['heartbeat', () => ({ ...fixture.lastHeartbeat('w1'), state: 'asleep' })],
    ['capabilities', () => ({ ...worker.capabilities, worker_id: 'a.b' })],
    ['outcome', () => ({ ...fixture.outcomes[0], finished_at: '2026-11-22 02:00:00' })],
    ['metric-batch', () => ({ ...fixture.batches[0], columns: [] })],
    ['event', () => ({ ...fixture.events[0], entity: 'planet' })],
    ['worker-command', () => ({ command: 'abort', run_id: 'x' })],
  ])('%s', (name, message) => {
    expect(problemsOf(name, message())).not.toEqual([]);
  });
});
