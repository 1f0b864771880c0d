import { CHECKPOINTS_BUCKET, checkpoint, checkpointKey } from '@benchwire/shared/contracts/checkpoint.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { outcome as outcomeContract } from '@benchwire/shared/contracts/outcome.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkerFixture, waitFor, waitUntil } from '../support/worker-fixture.ts';

/** Workers that are killed in the middle of a task, and what their successors make of what was done. */
let fixture: WorkerFixture;
let bucket: Awaited<ReturnType<typeof openBucket>>;

beforeAll(async () => {
  fixture = await WorkerFixture.start();
  bucket = await openBucket(fixture.nats, CHECKPOINTS_BUCKET, 1);
});
afterAll(() => fixture.stop());

/** Starts an attempt, kills its worker when `until` says so, and gives the next attempt to a new worker. */
async function killAndGoOn(task: Record<string, unknown>, until: (job: Job) => void | Promise<void>) {
  const env = { WORKER_EXECUTORS: 'onnx,command', WORKER_COMMANDS: 'node' };
  const first = await fixture.worker('first', env);
  const job = await fixture.add(first.pool, task);
  await waitFor(() => until(job));
  first.process.kill('SIGKILL');
  await first.exit;
  const second = await fixture.worker('second', env);
  const next = await fixture.add(second.pool, task, { run_id: job.run_id, attempt: 2 });
  const outcome = outcomeContract.parse(
    await waitUntil(() => fixture.outcomesOf(next).find((each) => each.attempt === 2)),
  );
  second.process.kill('SIGTERM');
  await second.exit;
  return { job, outcome };
}

async function stored(job: Job) {
  const entry = await bucket.get(checkpointKey({ run_id: job.run_id, task_id: job.task.task_id }));
  return entry?.operation === 'PUT' ? checkpoint.parse(entry.json()) : undefined;
}

describe('after the SIGKILL of a worker', () => {
  it('an onnx task goes on at the batch size that was not done', async () => {
    const config = { model: 'silero-vad-v5', batch_sizes: [1, 2, 4], iterations: 1_000_000, max_seconds: 1.5 };
    const { job, outcome } = await killAndGoOn({ executor: 'onnx', config }, async (started) => {
      expect(Object.keys((await stored(started))?.results?.batch_sizes ?? {})).toEqual(['1', '2']);
    });
    expect(outcome).toMatchObject({ status: 'completed', worker_id: 'second' });
    const { batch_sizes, notes } = outcome.results;
    expect(Object.keys(batch_sizes ?? {})).toEqual(['1', '2', '4']);
    expect(batch_sizes?.['1']?.measured_by_attempt).toBe(1);
    expect(batch_sizes?.['4']?.measured_by_attempt).toBeUndefined();
    expect(notes).toContain('batch sizes 1, 2 were measured by attempt 1 on first');
    // Each batch size was reported when it was done, by the worker that measured it.
    const measured = fixture.events.filter((event) => event.run_id === job.run_id && event.kind === 'measured');
    expect(measured.map((event) => [event.attempt, event.data?.batch_size])).toEqual([
      [1, 1],
      [1, 2],
      [2, 4],
    ]);
    await waitFor(async () => expect(await stored(job)).toBeUndefined());
  });

  it('a program finds what it had written', async () => {
    const script = `
      const fs = require('node:fs');
      const file = process.env.BENCHWIRE_CHECKPOINT;
      const before = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
      console.log(JSON.stringify({ metric: 'started_at_step', value: before }));
      if (before === 0) {
        fs.writeFileSync(file + '.new', '41');
        fs.renameSync(file + '.new', file);
        setInterval(() => undefined, 1000);
      }`;
    const { job, outcome } = await killAndGoOn(
      { executor: 'command', config: { command: ['node', '-e', script] } },
      async (started) => {
        expect(Buffer.from((await stored(started))?.data ?? '', 'base64').toString()).toBe('41');
      },
    );
    expect(outcome).toMatchObject({ status: 'completed', results: { metrics: { started_at_step: { value: 41 } } } });
    expect(outcome.results.notes).toContain('went on from the checkpoint of attempt 1 on first');
    await waitFor(async () => expect(await stored(job)).toBeUndefined());
  });

  it('a checkpoint that is too large is not kept, and the result says so', async () => {
    const worker = await fixture.worker('large', { WORKER_COMMANDS: 'node' });
    const script = `require('node:fs').writeFileSync(process.env.BENCHWIRE_CHECKPOINT, Buffer.alloc(300_000))`;
    const job = await fixture.add(worker.pool, { executor: 'command', config: { command: ['node', '-e', script] } });
    const outcome = await fixture.outcomeOf(job);
    expect(outcome.status).toBe('completed');
    expect(outcome.results.notes).toContain('a checkpoint of 300000 bytes was not kept: at most 262144 are');
    expect(await stored(job)).toBeUndefined();
  });

  it('an entry that cannot be read is left alone, and the attempt starts over', async () => {
    const worker = await fixture.worker('unreadable', { WORKER_COMMANDS: 'node' });
    const script = `console.log(JSON.stringify({ metric: 'found', value: require('node:fs').existsSync(process.env.BENCHWIRE_CHECKPOINT) ? 1 : 0 }))`;
    const task = { executor: 'command', config: { command: ['node', '-e', script] } };
    const run_id = '019ad000-0000-7000-8000-000000000001';
    await bucket.put(checkpointKey({ run_id, task_id: 'task' }), 'not json');
    const job = await fixture.add(worker.pool, task, { run_id, attempt: 2 });
    expect(await fixture.outcomeOf(job)).toMatchObject({
      status: 'completed',
      results: { metrics: { found: { value: 0 } } },
    });
  });
});
