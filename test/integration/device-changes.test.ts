import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Capabilities, capabilities, WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SchedulerFixture } from '../support/scheduler-fixture.ts';
import { StandInGpus } from '../support/stand-in-gpus.ts';
import { WorkerFixture, type WorkerProcess, waitFor, waitUntil } from '../support/worker-fixture.ts';

const A100 = { index: 0, uuid: 'GPU-aaaa' };
const T4 = { index: 1, uuid: 'GPU-bbbb', name: 'Tesla T4' };
const LOST =
  '1, [GPU is lost], 00000000:1B:00.0, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]';
const hang = { executor: 'noop', config: { behaviour: 'hang' } };
const quick = { executor: 'noop', config: {} };

let gpus: StandInGpus;
afterEach(() => gpus.remove());

describe('a worker whose devices change', () => {
  let fixture: WorkerFixture;
  beforeAll(async () => {
    fixture = await WorkerFixture.start();
  });
  afterAll(() => fixture.stop());

  const start = (id: string, env: Record<string, string> = {}): Promise<WorkerProcess> =>
    fixture.worker(id, { WORKER_EXECUTORS: 'noop', WORKER_DETECT_SECONDS: '0.2', PATH: gpus.path, ...env });
  const entry = async (id: string): Promise<Capabilities> => {
    const bucket = await openBucket(fixture.nats, WORKERS_BUCKET, 1);
    return capabilities.parse((await bucket.get(id))?.json());
  };
  const poolsOf = async (id: string): Promise<Record<string, string>> =>
    Object.fromEntries((await entry(id)).devices.map(({ device_id, pool }) => [device_id, pool]));
  const running = (id: string, device: string): Promise<void> =>
    waitFor(() => expect(fixture.lastHeartbeat(id)?.running[device] ?? []).toHaveLength(1));

  it('loses a GPU: it is named, its attempt fails with a class of hardware, the others go on, and it comes back', async () => {
    gpus = new StandInGpus(A100, T4);
    await start('falls-off');
    const before = await poolsOf('falls-off');
    expect(Object.keys(before)).toEqual(['cpu-0', 'cuda-0', 'cuda-1']);
    const attempt = await fixture.add(before['cuda-1'] ?? '', hang);
    const other = await fixture.add(before['cuda-0'] ?? '', { ...hang, task_id: 'goes-on' });
    await running('falls-off', 'cuda-1');
    gpus.show(A100, LOST);

    const outcome = await fixture.outcomeOf(attempt);
    expect(outcome).toMatchObject({
      status: 'failed',
      device_id: 'cuda-1',
      error: { class: 'device_error', code: 'DEVICE_GONE', retriable: true },
    });
    expect(outcome.error?.message).toMatch(/Tesla T4.*GPU 1 .*is not offered/);
    const now = await entry('falls-off');
    expect(now.devices.map(({ device_id }) => device_id)).toEqual(['cpu-0', 'cuda-0']);
    expect(now.device_notes?.join()).toMatch(/GPU 1 .*GPU is lost/);
    await waitFor(() =>
      expect(fixture.events).toContainEqual(
        expect.objectContaining({
          kind: 'changed',
          worker_id: 'falls-off',
          message: expect.stringMatching(/cuda-1 \(Tesla T4\) is gone/),
        }),
      ),
    );
    // What ran on the other GPU was left alone.
    expect(fixture.outcomesOf(other)).toEqual([]);
    await waitFor(() => expect(fixture.lastHeartbeat('falls-off')?.running['cuda-0']).toHaveLength(1));

    gpus.show(A100, T4);
    await waitFor(async () => expect(await poolsOf('falls-off')).toEqual(before));
    await waitFor(async () => expect((await entry('falls-off')).device_notes).toBeUndefined());
    const again = await fixture.add(before['cuda-1'] ?? '', quick);
    expect(await fixture.outcomeOf(again)).toMatchObject({ status: 'completed', device_id: 'cuda-1' });
  });

  it('has a new fingerprint with a new driver: the old pool is left, the new one joined', async () => {
    gpus = new StandInGpus(A100);
    await start('new-driver', { WORKER_CLASSES: 'cuda' });
    const { 'cuda-0': before = '' } = await poolsOf('new-driver');
    const attempt = await fixture.add(before, hang);
    await running('new-driver', 'cuda-0');
    gpus.show({ ...A100, driver: '550.54.14' });
    const outcome = await fixture.outcomeOf(attempt);
    expect(outcome).toMatchObject({
      status: 'failed',
      pool: before,
      error: { code: 'DEVICE_CHANGED', retriable: true },
    });
    expect(outcome.error?.message).toContain('gpu_driver 535.104.05, now 550.54.14');
    const { 'cuda-0': after = '' } = await poolsOf('new-driver');
    expect(after).not.toBe(before);
    const [left, taken] = [
      await fixture.add(before, { ...quick, task_id: 'left' }),
      await fixture.add(after, { ...quick, task_id: 'taken' }),
    ];
    expect(await fixture.outcomeOf(taken)).toMatchObject({ status: 'completed', pool: after });
    expect(fixture.outcomesOf(left)).toEqual([]);
    expect(await fixture.queue(before).getWaitingCount()).toBe(1);
  });

  it('knows a GPU by its UUID where another one before it falls off', async () => {
    const second = { ...A100, index: 1, uuid: 'GPU-cccc' };
    gpus = new StandInGpus(A100, second);
    await start('renumbered', { WORKER_CLASSES: 'cuda' });
    const pool = (await poolsOf('renumbered'))['cuda-1'] ?? '';
    const attempts = [await fixture.add(pool, hang), await fixture.add(pool, { ...hang, task_id: 'two' })];
    await running('renumbered', 'cuda-0');
    await running('renumbered', 'cuda-1');
    gpus.show({ ...second, index: 0 });
    // One of the two was on the GPU that is gone; the other one's is there, under another number.
    await waitFor(() => expect(attempts.flatMap((each) => fixture.outcomesOf(each))).toHaveLength(1));
    const [outcome] = attempts.flatMap((each) => fixture.outcomesOf(each));
    expect(outcome).toMatchObject({ device_id: 'cuda-0', error: { code: 'DEVICE_GONE' } });
    expect((await entry('renumbered')).devices).toMatchObject([
      { device_id: 'cuda-0', environment: { gpu_uuid: 'GPU-cccc' }, pool },
    ]);
  });

  it('marks what it measured on a GPU that was throttled', async () => {
    gpus = new StandInGpus({ ...A100, name: 'A hot GPU' });
    gpus.use('95, 3265, 180.25, 91, 0x0000000000000020', '96, 3265, 181.00, 92, 0x0000000000000001');
    const { pool } = await start('throttled', { WORKER_CLASSES: 'cuda' });
    const outcome = await fixture.outcomeOf(
      await fixture.add(pool, { executor: 'noop', config: { sleep_ms: 1500, value: 1 } }),
    );
    expect(outcome.hardware_metrics).toMatchObject({ gpu_utilization_percent: 95.5, temperature_celsius: 92 });
    expect(outcome.results.value_notes).toMatchObject([
      { code: 'throttled', text: expect.stringContaining('heat, by software in 1 of 2 samples') },
    ]);
  });

  it('believes a tool only when it says so twice', async () => {
    gpus = new StandInGpus(A100);
    const { capabilities: registered, output } = await start('once', { WORKER_CLASSES: 'cuda' });
    gpus.failOnce();
    await waitFor(() => expect(existsSync(join(gpus.folder, 'fail-once'))).toBe(false));
    // A change that is real, and comes after the one that was not.
    gpus.show(A100, T4);
    await waitFor(async () => expect(Object.keys(await poolsOf('once'))).toEqual(['cuda-0', 'cuda-1']));
    expect((await poolsOf('once'))['cuda-0']).toBe(registered.devices[0]?.pool);
    expect(output()).not.toContain('is gone');
  });

  it('without any device left takes nothing and says why, until there is one again', async () => {
    gpus = new StandInGpus(A100);
    await start('nothing-left', { WORKER_CLASSES: 'cuda' });
    const { 'cuda-0': pool = '' } = await poolsOf('nothing-left');
    const attempt = await fixture.add(pool, hang);
    await running('nothing-left', 'cuda-0');
    gpus.show();
    expect(await fixture.outcomeOf(attempt)).toMatchObject({ error: { class: 'device_error', code: 'DEVICE_GONE' } });
    await waitFor(() => expect(fixture.lastHeartbeat('nothing-left')?.state).toBe('draining'));
    expect((await entry('nothing-left')).device_notes?.join()).toMatch(/no device of the classes cuda/);
    gpus.show(A100);
    await waitFor(() => expect(fixture.lastHeartbeat('nothing-left')?.state).toBe('ready'));
    expect(await fixture.outcomeOf(await fixture.add(pool, quick))).toMatchObject({ status: 'completed' });
  });

  it.runIf(existsSync('/usr/bin/taskset') && availableParallelism() > 1)(
    'with fewer processors is another device: what was measured across the change fails, at its end at the latest',
    async () => {
      gpus = new StandInGpus();
      // So seldom that only the end of the attempt can notice.
      const worker = await start('resized', {
        WORKER_CLASSES: 'cpu',
        WORKER_DETECT_SECONDS: '3600',
        WORKER_LABELS: 'pool=of-its-own',
      });
      const attempt = await fixture.add(worker.pool, { executor: 'noop', config: { sleep_ms: 4000, value: 1 } });
      await running('resized', 'cpu-0');
      execFileSync('/usr/bin/taskset', ['--cpu-list', '--pid', '0', String(worker.process.pid)]);
      const outcome = await fixture.outcomeOf(attempt);
      expect(outcome).toMatchObject({ status: 'failed', error: { class: 'device_error', code: 'DEVICE_CHANGED' } });
      expect(outcome.error?.message).toMatch(/cpu_cores \d+, now 1/);
      const pool = await waitUntil(async () => {
        const { 'cpu-0': now } = await poolsOf('resized');
        return now === worker.pool ? undefined : now;
      });
      expect((await entry('resized')).devices[0]).toMatchObject({ environment: { cpu_cores: 1 } });
      expect(await fixture.outcomeOf(await fixture.add(pool, quick))).toMatchObject({ status: 'completed', pool });
    },
  );
});

describe('the tasks of a pool whose worker has left it', () => {
  let bench: SchedulerFixture;
  beforeAll(async () => {
    bench = await SchedulerFixture.start({ scheduler: 1 });
  });
  afterAll(() => bench.stop());

  it('move to the pool that it has joined instead, and all complete', async () => {
    gpus = new StandInGpus(A100);
    const env = { WORKER_ID: 'moves', WORKER_EXECUTORS: 'noop', WORKER_CLASSES: 'cuda', PATH: gpus.path };
    await bench.stack.addService('worker', { ...env, WORKER_DETECT_SECONDS: '0.2' });
    const run_id = await bench.submit({
      tasks: [
        {
          task_id: 'measure',
          executor: 'noop',
          repetitions: 6,
          requirements: { hardware: ['cuda'] },
          retry_policy: { retry_delay_seconds: 0 },
          config: { sleep_ms: 1500 },
        },
      ],
    });
    const bucket = await openBucket(bench.nats, WORKERS_BUCKET, 1);
    const before = await waitUntil(async () => capabilities.safeParse((await bucket.get('moves'))?.json()).data);
    await waitFor(async () => expect((await bench.outcomes(run_id)).length).toBeGreaterThan(0));
    gpus.show({ ...A100, driver: '550.54.14' });
    const outcomes = await bench.finished(run_id);
    const done = outcomes.filter(({ status }) => status === 'completed');
    expect(new Set(done.map(({ task_id }) => task_id)).size).toBe(6);
    expect(new Set(done.map(({ pool }) => pool)).size).toBe(2);
    expect(done.at(-1)?.pool).not.toBe(before.devices[0]?.pool);
    for (const { error } of outcomes.filter(({ status }) => status !== 'completed'))
      expect(error?.code).toBe('DEVICE_CHANGED');
  });
});
