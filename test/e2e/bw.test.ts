import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { metricsSubject } from '@benchwire/shared/contracts/metrics.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import type { RejectedRow, RunRow } from '@benchwire/shared/contracts/rows.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BwResult, bw, startBw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** The whole stack, driven as a user drives it: through `bw`, with good requests and bad ones. */
const folder = mkdtempSync(join(tmpdir(), 'bw-e2e-'));
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;

beforeAll(async () => {
  const env = { WORKER_COMMANDS: '*', WORKER_MODEL_DIRS: folder, LOG_LEVEL: 'warn' };
  fixture = await StackFixture.start({ dataDir: join(folder, 'data'), env });
  ({ stack, nats } = fixture);
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whatever a test does to the stack: its services are still those that were started, and ready. */
afterEach(async () => {
  for (const service of stack.services) {
    expect(service.restarts, service.name).toBe(0);
    expect((await fetch(`${service.http_url}/readyz`)).status, service.name).toBe(200);
  }
});

const call = (...args: string[]): Promise<BwResult> => bw(args, { env: stack.env, cwd: folder });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await call(...args, '--json')).stdout) as T;

interface RunReport {
  run_id: string;
  counts: { total: number; completed: number };
  tasks: Outcome[];
}

async function run(request: object, ...args: string[]): Promise<BwResult & { report: RunReport }> {
  const result = await bw(['run', '-', '--json', ...args], {
    env: stack.env,
    cwd: folder,
    input: JSON.stringify(request),
  });
  if (result.stdout === '') throw new Error(`bw run printed nothing, but:\n${result.stderr}`);
  return { ...result, report: JSON.parse(result.stdout) };
}

const noop = (task_id: string, config: object = {}) => ({ task_id, executor: 'noop', config });
const vad = { model: 'silero-vad-v5', batch_sizes: [1, 2], iterations: 70, warmup_iterations: 5 };

/** `bw run` of these tasks, once `bw top` shows that one of them runs. */
async function followUntilRunning(task_id: string, tasks: object[]) {
  const input = JSON.stringify({ tasks });
  const following = startBw(['run', '-', '--json'], { env: stack.env, cwd: folder, input });
  await following.waitFor(/run [0-9a-f-]{36}/);
  const run_id = /run ([0-9a-f-]{36})/.exec(following.printed().stderr)?.[1] ?? '';
  await vi.waitFor(async () => {
    const { running } = await json<{ running: Array<{ task: string }> }>('top');
    expect(running.map((each) => each.task)).toContain(task_id);
  }, 60_000);
  return { run_id, following };
}

describe('a run, from submit to history', () => {
  it('measures a real model, shows it, and keeps it', async () => {
    const { code, report } = await run({ name: 'e2e', tasks: [{ task_id: 'vad', config: vad }] }, '--commit', 'c0ffee');
    expect(code).toBe(0);
    const [outcome] = report.tasks;
    expect(outcome).toMatchObject({ status: 'completed', source: { commit: 'c0ffee' } });
    expect(Object.keys(outcome?.results.batch_sizes ?? {})).toEqual(['1', '2']);

    await stored(report.run_id);
    expect((await call('results', 'last')).stdout).toMatch(/silero-vad-v5 +1 +fp32 +0\.\d+/);
    const values = await call('results', report.run_id, '--format', 'json');
    const rows = JSON.parse(values.stdout) as Array<{ metric: string; batch_size: number }>;
    expect(rows.filter((row) => row.metric === 'latency_ms').map((row) => row.batch_size)).toEqual([1, 2]);
    expect((await call('results', 'last', '--format', 'csv')).stdout).toMatch(/^series_id,run_id,[\s\S]*latency_ms/);
    // The whole document of each task, as `bw run --json` prints it.
    const { v: _, workload: __, ...document } = outcome as Outcome;
    expect(await json<RunReport>('results', report.run_id)).toMatchObject({
      run_id: report.run_id,
      ...{ name: 'e2e', state: 'finished', counts: { total: 1, completed: 1 }, tasks: [document] },
    });
    expect((await call('show', 'last')).stdout).toMatch(/e2e {2}completed[\s\S]*commit c0ffee[\s\S]*vad +completed/);
    expect((await call('runs')).stdout).toMatch(/e2e +completed/);
    expect((await call('series', 'latency_ms')).stdout).toMatch(/silero-vad-v5 +latency_ms/);
    expect((await call('workers')).stdout).toMatch(/ready +cpu-0/);
    const [count] = await json<Array<{ n: string; phases: string }>>(
      'sql',
      `select countIf(series_kind = 'result' or (series_kind = 'memory' and batch_size is not null)) n, countIf(series_kind = 'phase') phases from results where run_id = '${report.run_id}'`,
    );
    expect(Number(count?.n)).toBe(rows.length);
    expect(Number(count?.phases)).toBeGreaterThan(0);
    expect((await call('watch', report.run_id)).stdout).toMatch(/run accepted[\s\S]*✓ vad[\s\S]*run finished/);
  });

  it('takes a single task in the seed format', async () => {
    const { code, report } = await run({ task_id: 'seed', config: { ...vad, batch_sizes: [1] } });
    expect([code, report.counts.completed]).toEqual([0, 1]);
  });

  it('retries, then completes', async () => {
    const retry_policy = { max_retries: 2, retry_delay_seconds: 0 };
    const { code, report } = await run({
      tasks: [{ ...noop('t', { behaviour: 'fail', fail_attempts: 1 }), retry_policy }],
    });
    expect(code).toBe(0);
    expect(report.tasks[0]).toMatchObject({ status: 'completed', attempt: 2 });
  });

  it('gives the same run for the same request id', async () => {
    const request = { request_id: newRunId(), tasks: [noop('t')] };
    const first = await run(request);
    const again = await run(request);
    expect(again.report).toMatchObject({ run_id: first.report.run_id, duplicate: true });
  });

  it('takes measurements from any program', async () => {
    const script = 'for n in 1 2 3; do echo "{\\"metric\\": \\"latency_ms\\", \\"value\\": $n}"; done';
    const { code, report } = await run({
      tasks: [{ task_id: 'sh', executor: 'command', config: { command: ['sh', '-c', script] } }],
    });
    expect(code).toBe(0);
    expect(report.tasks[0]?.results.metrics?.latency_ms).toMatchObject({ value: 2, samples: 3 });
  });

  it('is cancelled by bw cancel', async () => {
    const { run_id, following } = await followUntilRunning('long', [noop('long', { sleep_ms: 600_000 })]);
    expect((await call('cancel', run_id)).code).toBe(0);
    const { code, stdout } = await following.ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout).tasks[0]).toMatchObject({ task_id: 'long', status: 'cancelled' });
  });

  it('loses the one task that bw cancel names while it runs, and goes on with the next', async () => {
    const tasksOfRun = [noop('stuck', { sleep_ms: 600_000 }), noop('next')];
    const { run_id, following } = await followUntilRunning('stuck', tasksOfRun);
    expect((await call('cancel', run_id, 'stuck')).code).toBe(0);
    const { code, stdout } = await following.ended;
    expect(code).toBe(1);
    const { tasks } = JSON.parse(stdout) as { tasks: Array<{ task_id: string; status: string }> };
    expect(tasks.map(({ task_id, status }) => [task_id, status]).sort()).toEqual([
      ['next', 'completed'],
      ['stuck', 'cancelled'],
    ]);
  });

  it('ends with 2 for a regression', async () => {
    // The same command each time, since another one would be another series.
    const file = join(folder, 'speed.json');
    const config = { command: ['cat', file] };
    const measure = (value: number) => {
      writeFileSync(file, `${JSON.stringify({ metric: 'latency_ms', value, unit: 'ms' })}\n`);
      return run(
        { name: 'guarded', tasks: [{ task_id: 'speed', executor: 'command', config }] },
        '--fail-on',
        'regression',
      );
    };
    for (const value of [10, 10.1, 9.9, 10.05, 9.95, 10]) expect(await measure(value)).toMatchObject({ code: 0 });
    const { code, report } = await measure(20);
    expect(report).toMatchObject({ findings: [{ kind: 'regression', value: 20 }] });
    expect(code).toBe(2);
    await vi.waitFor(
      async () => expect((await call('findings')).stdout).toMatch(/regression +(suspected|confirmed) +\+\d+(\.\d)? %/),
      30_000,
    );
  });
});

describe('a request that is wrong is refused, with every reason', () => {
  it.each([
    ['malformed JSON', '{"tasks": [', /not JSON/],
    [
      'an unknown field',
      '{"tasks": [{"task_id": "a", "executor": "noop", "colour": 1}]}',
      /tasks\[0\]\.colour: .*no field/,
    ],
    [
      'a wrong type',
      '{"tasks": [{"task_id": "a", "executor": "noop", "timeout_seconds": "soon"}]}',
      /timeout_seconds: takes a number/,
    ],
    ['a cycle', '{"tasks": [{"task_id": "a", "executor": "noop", "depends_on": ["a"]}]}', /circle/],
    [
      'a huge matrix',
      JSON.stringify({ matrix: { 'config.value': range(400), 'config.sleep_ms': range(400) }, tasks: [noop('a')] }),
      /160000 cells/,
    ],
  ])('%s', async (_, text, message) => {
    const local = await bw(['run', '-'], { env: stack.env, cwd: folder, input: text });
    expect(local.stderr).toMatch(message);
    expect(local.code).toBe(64);

    // A client that does not check first hears the same, and what it sent is kept.
    const answer = submitReply.parse((await nats.request(SUBMIT_SUBJECT, text, { timeout: 20_000 })).json());
    expect(answer.ok).toBe(false);
    await isRejected(text);
  });
});

describe('a task that is wrong fails with a clear error', () => {
  const fails = async (task: object, ...args: string[]): Promise<Outcome> => {
    const request = { tasks: [{ task_id: 'bad', retry_policy: { max_retries: 0 }, ...task }] };
    const { code, report } = await run(request, ...args);
    expect(code).toBe(1);
    const [outcome] = report.tasks;
    if (outcome === undefined) throw new Error('no outcome');
    expect(outcome.status).toBe('failed');
    return outcome;
  };

  it('a model file that is no ONNX', async () => {
    writeFileSync(join(folder, 'text.onnx'), 'this is no model\n'.repeat(100));
    const input = JSON.stringify({ tasks: [{ task_id: 'bad', config: { model: './text.onnx' } }] });
    const refused = await bw(['run', '-'], { env: stack.env, cwd: folder, input });
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('text.onnx is not an ONNX model')]);
    // Where bw does not read it, the worker says the same.
    const { error } = await fails({ config: { model: './text.onnx' } }, '--no-upload');
    expect(error).toMatchObject({ class: 'bad_model', retriable: false });
    expect(error?.message).toMatch(/text\.onnx/);
  });

  it('a model that is not there, with the near names', async () => {
    const { error } = await fails({ config: { model: 'silero-vad-v7' } });
    expect(error).toMatchObject({ class: 'bad_model' });
    expect(error?.message).toMatch(/silero-vad-v[56]/);
  });

  it('inputs that do not fit the model', async () => {
    const { error } = await fails({ config: { ...vad, shapes: { input: [1, 2, 3] } } });
    expect(error?.class).toBe('bad_input');
    expect(error?.message).toMatch(/input/);
  });

  it('a command that does not exist', async () => {
    const { error } = await fails({ executor: 'command', config: { command: ['no-such-program-anywhere'] } });
    expect(error?.message).toMatch(/no-such-program-anywhere/);
  });

  it('a command that fails, with its exit code', async () => {
    const { error } = await fails({ executor: 'command', config: { command: ['sh', '-c', 'exit 3'] } });
    expect(error?.message).toMatch(/3/);
  });

  it('a metric line of 10 MB', async () => {
    const script = `printf '{"metric":"'; head -c 10000000 /dev/zero | tr '\\0' x; echo`;
    const { error } = await fails({ executor: 'command', config: { command: ['sh', '-c', script] } });
    expect(error).toMatchObject({ class: 'bad_input', code: 'METRIC_LINE_TOO_LONG' });
    await vi.waitFor(async () => {
      const rows = await json<RejectedRow[]>('rejected', '--limit', '100');
      expect(rows.map((row) => row.where)).toContain('metric_line');
    }, 30_000);
  });
});

it('metrics that are no MessagePack go to REJECTED', async () => {
  const garbage = new Uint8Array([0xc1, 1, 2, 3, 0xff]);
  await jetstream(nats).publish(metricsSubject({ run_id: newRunId(), task_id: 'x' }), garbage);
  await isRejected(garbage);
  expect((await call('rejected')).stdout).toMatch(/bw\.metrics\./);
});

async function stored(run_id: string): Promise<void> {
  await vi.waitFor(async () => {
    const { run: row } = await json<{ run: RunRow }>('show', run_id);
    expect(row.state).toBe('finished');
  }, 30_000);
}

async function isRejected(raw: string | Uint8Array): Promise<void> {
  const wanted = Buffer.from(raw).toString('base64');
  await vi.waitFor(async () => {
    const rows = await json<RejectedRow[]>('rejected', '--limit', '100');
    expect(rows.map((row) => row.raw_base64)).toContain(wanted);
  }, 30_000);
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
