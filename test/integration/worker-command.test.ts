import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { type Outcome, outcome as outcomeContract } from '@benchwire/shared/contracts/outcome.ts';
import { workerCommandReply, workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkerFixture, type WorkerProcess, waitFor, waitUntil } from '../support/worker-fixture.ts';

let fixture: WorkerFixture;
let worker: WorkerProcess;
let folder: string;

beforeAll(async () => {
  fixture = await WorkerFixture.start();
  folder = mkdtempSync(join(tmpdir(), 'benchwire-test-'));
  worker = await fixture.worker('runner', env);
});
afterAll(async () => {
  await fixture.stop();
  rmSync(folder, { recursive: true, force: true });
});

const env = {
  WORKER_SLOTS: '4',
  WORKER_COMMANDS: 'sh,node,env',
  WORKER_COMMAND_ENV_ALLOW: 'default,GREET*',
  WORKER_COMMAND_MAX_OUTPUT_MB: '20',
  WORKER_KILL_GRACE_SECONDS: '0.3',
};

const logsOf = (outcome: Outcome): string => Buffer.from(outcome.logs ?? '', 'base64').toString();

const shell = (script: string, config: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  executor: 'command',
  config: { command: ['sh', '-c', script], ...config },
  ...more,
});

async function run(task: Record<string, unknown>): Promise<Outcome> {
  return outcomeContract.parse(await fixture.outcomeOf(await fixture.add(worker.pool, task)));
}

/** A pid that a program wrote into a file. */
const pidIn = (file: string): Promise<number> =>
  waitUntil(() => {
    try {
      return Number(readFileSync(file, 'utf8').trim()) || undefined;
    } catch {
      return undefined;
    }
  });

/** Remains that nobody has collected yet don't run. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('the command executor', () => {
  it('offers the allowed programs by name and path', () => {
    const commands = worker.capabilities.devices[0]?.commands ?? [];
    expect(commands).toContain('sh');
    expect(commands.find((each) => each.startsWith('/') && each.endsWith('/sh'))).toBeDefined();
  });

  it('hands out what a running attempt has printed, and the rest for a moment after its end', async () => {
    const go = join(folder, 'go');
    const task = await fixture.add(
      worker.pool,
      shell(`echo one; while [ ! -e '${go}' ]; do sleep 0.1; done; echo two`),
    );
    const ask = async (after: number) => {
      const question = { command: 'logs', run_id: task.run_id, task_id: task.task.task_id, attempt: 1, after };
      const reply = await fixture.nats.request(workerCommandSubject(worker.worker_id), JSON.stringify(question));
      const { logs } = workerCommandReply.parse(reply.json());
      return logs === undefined ? undefined : [Buffer.from(logs.text, 'base64').toString(), logs.next];
    };
    await expect.poll(() => ask(0)).toEqual(['one\n', 4]);
    expect(await ask(4)).toEqual(['', 4]);
    writeFileSync(go, '');
    await fixture.outcomeOf(task);
    expect(await ask(4)).toEqual(['two\n', 8]);
  });

  it('turns JSON lines into metric points and a summary, and the rest into logs', async () => {
    const script = `for i in 1 2 3 4 5 6 7; do echo "{\\"metric\\":\\"speed\\",\\"value\\":$i,\\"unit\\":\\"m/s\\",\\"step\\":$i}"; done
      echo hello; echo '{"other":1}'; echo oops >&2`;
    const found = await run(shell(script, { precision: 'fp16', model: 'a model' }));
    expect(found).toMatchObject({ status: 'completed', precision: 'fp16', model: 'a model' });
    expect(found.simulation_status).toEqual({ is_simulated: false });
    expect(found.results.metrics?.speed).toMatchObject({ value: 4, unit: 'm/s', min: 1, max: 7, samples: 7 });
    expect(found.results.metrics?.speed?.ci_low).toBeLessThanOrEqual(4);
    expect(logsOf(found).split('\n')).toEqual(expect.arrayContaining(['hello', '{"other":1}', 'oops']));
    const batches = fixture.batches.filter((batch) => batch.run_id === found.run_id).map((b) => metricBatch.parse(b));
    expect(batches.flatMap((batch) => batch.columns.flatMap((column) => column.values))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(batches[0]?.columns[0]).toMatchObject({ metric: 'speed', unit: 'm/s', batch_size: null });
  });

  it('gives the program none of the worker’s secrets', async () => {
    const found = await run({ executor: 'command', config: { command: ['env'], env: { GREETING: 'hi' } } });
    const variables = logsOf(found)
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
      .toSorted();
    expect(variables).toEqual([
      'BENCHWIRE_ATTEMPT',
      'BENCHWIRE_CHECKPOINT',
      'BENCHWIRE_DEVICE_CLASS',
      'GREETING',
      'HOME',
      'LANG',
      'PATH',
      'TMPDIR',
    ]);
    expect(logsOf(found)).not.toContain(String(fixture.servers.env.NATS_PASSWORD));
  });

  it('refuses what is not allowed, and says which variable allows it', async () => {
    const program = await run({ executor: 'command', config: { command: ['cat', '/etc/passwd'] } });
    expect(program).toMatchObject({
      status: 'failed',
      error: { class: 'bad_input', code: 'COMMAND_NOT_ALLOWED', retriable: false },
    });
    expect(program.error?.message).toContain('WORKER_COMMANDS');
    const path = await run({ executor: 'command', config: { command: ['./sh'] } });
    expect(path.error?.code).toBe('COMMAND_NOT_ALLOWED');
    const variable = await run(shell('true', { env: { LD_PRELOAD: '/tmp/evil.so' } }));
    expect(variable.error).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
    const other = await run(shell('true', { env: { GREETING: 'hi', FAREWELL: 'bye' } }));
    expect(other.error).toMatchObject({
      class: 'bad_input',
      code: 'ENV_NOT_ALLOWED',
      message: expect.stringContaining('WORKER_COMMAND_ENV_ALLOW=default,FAREWELL'),
    });
    const nowhere = await run(shell('true', { working_directory: '/nowhere' }));
    expect(nowhere.error).toMatchObject({ code: 'WORKING_DIRECTORY_MISSING' });
  });

  it('tells exits apart', async () => {
    expect((await run(shell('echo broken >&2; exit 3'))).error).toMatchObject({
      class: 'crash',
      code: 'EXIT_CODE',
      message: expect.stringContaining('broken'),
    });
    expect((await run(shell('no-such-program'))).error).toMatchObject({
      class: 'bad_input',
      code: 'COMMAND_NOT_FOUND',
      retriable: false,
    });
    expect((await run(shell('kill -SEGV $$'))).error).toMatchObject({ class: 'crash', code: 'KILLED_BY_SIGSEGV' });
    expect((await run(shell('kill -KILL $$'))).error).toMatchObject({ class: 'crash', code: 'KILLED_BY_SIGKILL' });
  });

  it('ends the whole tree of an aborted program, also what left its group and what ignores SIGTERM', async () => {
    const files = ['child', 'escaped', 'main'].map((name) => join(folder, `${name}.pid`));
    const script = `sh -c 'trap "" TERM; echo $$ > ${files[0]}; while :; do sleep 1; done' &
      setsid sh -c 'echo $$ > ${files[1]}; while :; do sleep 1; done' &
      echo $$ > ${files[2]}; wait`;
    const job = await fixture.add(worker.pool, shell(script));
    const pids = await Promise.all(files.map(pidIn));
    expect(pids.every(isRunning)).toBe(true);
    const message = { command: 'abort', run_id: job.run_id, task_id: 'task', attempt: 1, reason: 'test' };
    await fixture.nats.request(workerCommandSubject('runner'), JSON.stringify(message));
    expect((await fixture.outcomeOf(job)).status).toBe('cancelled');
    await waitFor(() => expect(pids.filter(isRunning)).toEqual([]));
  });

  it('ends what a program leaves running', async () => {
    const file = join(folder, 'left.pid');
    const found = await run(shell(`sh -c 'echo $$ > ${file}; sleep 600' & while [ ! -s ${file} ]; do :; done`));
    expect(found).toMatchObject({ status: 'completed' });
    expect(found.results.notes?.join()).toContain('left running');
    expect(isRunning(await pidIn(file))).toBe(false);
  });

  it('ends a program when its time is over', async () => {
    const found = await run(shell('sleep 600', {}, { timeout_seconds: 0.3 }));
    expect(found).toMatchObject({ status: 'timed_out', error: { class: 'timeout' } });
  });

  it('ends a program that takes too much memory', async () => {
    const script = 'const a = []; setInterval(() => a.push(Buffer.alloc(16e6, 1)), 5)';
    const found = await run({ executor: 'command', config: { command: ['node', '-e', script], max_memory_mb: 200 } });
    expect(found).toMatchObject({ status: 'failed', error: { class: 'out_of_memory', code: 'MEMORY_LIMIT' } });
  });

  it('ends a program that starts too many processes or fills its folder, and says which limit it was', async () => {
    const limited = await fixture.worker('limited', {
      ...env,
      WORKER_LABELS: 'only=limited',
      WORKER_COMMAND_MAX_PROCESSES: '20',
      WORKER_COMMAND_MAX_DISK_MB: '10',
    });
    const runThere = async (script: string) =>
      outcomeContract.parse(await fixture.outcomeOf(await fixture.add(limited.pool, shell(script))));
    const forks = await runThere('i=0; while [ $i -lt 30 ]; do sleep 600 & i=$((i + 1)); done; wait');
    expect(forks).toMatchObject({
      status: 'failed',
      error: { code: 'PROCESS_LIMIT', message: expect.stringContaining('WORKER_COMMAND_MAX_PROCESSES') },
    });
    const fills = await runThere('head -c 30000000 /dev/zero > here; sleep 600');
    expect(fills).toMatchObject({
      status: 'failed',
      error: { code: 'DISK_LIMIT', message: expect.stringContaining('WORKER_COMMAND_MAX_DISK_MB') },
    });
  });

  it('keeps no checkpoint that leads to another file', async () => {
    writeFileSync(join(folder, 'secret'), 'a secret of the worker');
    const script = `ln -s ${join(folder, 'secret')} "$BENCHWIRE_CHECKPOINT"; sleep 1.2; exit 1`;
    const failed = await fixture.add(worker.pool, shell(script));
    expect((await fixture.outcomeOf(failed)).status).toBe('failed');
    const next = { run_id: failed.run_id, attempt: 2 };
    const job = await fixture.add(worker.pool, shell('cat "$BENCHWIRE_CHECKPOINT"; true'), next);
    const found = await waitUntil(() => fixture.outcomesOf(job).find((each) => each.attempt === 2));
    expect(logsOf(outcomeContract.parse(found))).not.toContain('a secret');
  });

  it('fails a task whose metric line has 10 MB, keeps its beginning in REJECTED, and goes on', async () => {
    const script = `process.stdout.write('{"metric":"' + 'x'.repeat(10e6) + '","value":1}\\n')`;
    const found = await run({ executor: 'command', config: { command: ['node', '-e', script] } });
    expect(found).toMatchObject({
      status: 'failed',
      error: { class: 'bad_input', code: 'METRIC_LINE_TOO_LONG', retriable: false },
    });
    const raw = await waitUntil(() => fixture.rejected.find((each) => each.subject === 'bw.rejected.metric_line'));
    expect(raw.raw.startsWith('{"metric":"xxx')).toBe(true);
    expect(raw.of).toBe(`${found.run_id}.task.1`);
    expect((await run(shell('true'))).status).toBe('completed');
  });

  it('notes metric lines that are none, and keeps them in REJECTED', async () => {
    const found = await run(shell(`echo '{"metric":"loss","value":NaN}'; echo '{"metric":"loss","value":"1"}'`));
    expect(found.status).toBe('completed');
    expect(found.results.notes?.[0]).toContain('NaN');
    expect(found.results.notes?.[1]).toContain('value');
    await waitFor(() =>
      expect(fixture.rejected.filter((each) => each.of === `${found.run_id}.task.1`).map((each) => each.raw)).toEqual([
        '{"metric":"loss","value":NaN}',
        '{"metric":"loss","value":"1"}',
      ]),
    );
  });

  it('notes that a benchmark reported no metric, and says nothing of a test', async () => {
    const benchmark = await run(shell('echo done'));
    expect(benchmark).toMatchObject({ status: 'completed', results: {} });
    expect(benchmark.results.notes).toEqual([expect.stringContaining('no metric was reported')]);
    const test = await run({ ...shell('echo done'), type: 'test' });
    expect(test.results).toEqual({});
  });

  it('bounds what a program prints', async () => {
    const found = await run(
      shell('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'),
    );
    expect(found).toMatchObject({ status: 'failed', error: { code: 'OUTPUT_TOO_LARGE' } });
    expect(Buffer.from(found.logs ?? '', 'base64').length).toBeLessThanOrEqual(64 * 1024);
  });

  it('keeps up with a program that prints 200,000 points', async () => {
    const script = `let s = ''; for (let i = 0; i < 200000; i++) { s += '{"metric":"m","value":' + i + '}\\n'; if (s.length > 60000) { require('fs').writeSync(1, s); s = ''; } } require('fs').writeSync(1, s)`;
    writeFileSync(join(folder, 'points.js'), script);
    const found = await run({ executor: 'command', config: { command: ['node', join(folder, 'points.js')] } });
    expect(found).toMatchObject({
      status: 'completed',
      results: { metrics: { m: { samples: 200_000, value: 99_999.5 } } },
    });
  });

  it('leaves no program running when its worker is killed, nor its folder after the next start', async () => {
    const file = join(folder, 'orphan.pid');
    const second = await fixture.worker('doomed', { ...env, WORKER_LABELS: 'only=doomed' });
    const homes = () => readdirSync(tmpdir()).filter((name) => name.startsWith('benchwire-command-'));
    const before = homes();
    await fixture.add(second.pool, shell(`echo $$ > ${file}; trap '' TERM; while :; do sleep 1; done`));
    const pid = await pidIn(file);
    const [home] = homes().filter((name) => !before.includes(name));
    if (home === undefined) throw new Error('the program has no folder');
    second.process.kill('SIGKILL');
    await second.exit;
    await waitFor(() => expect(isRunning(pid)).toBe(false));
    await fixture.worker('doomed', { ...env, WORKER_LABELS: 'only=doomed' });
    await waitFor(() => expect(homes()).not.toContain(home));
  });

  it('clears away at the next start what a killed worker and its killed helper have left running', async () => {
    const file = join(folder, 'orphan-2.pid');
    const second = await fixture.worker('doomed-2', { ...env, WORKER_LABELS: 'only=doomed-2' });
    await fixture.add(second.pool, shell(`echo $$ > ${file}; exec sleep 600`));
    const pid = await pidIn(file);
    const helper = Number(/\) . (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
    // Frozen, so that it cannot see its worker end before it is killed itself.
    process.kill(helper, 'SIGSTOP');
    second.process.kill('SIGKILL');
    process.kill(helper, 'SIGKILL');
    await second.exit;
    expect(isRunning(pid)).toBe(true);
    await fixture.worker('doomed-2', { ...env, WORKER_LABELS: 'only=doomed-2' });
    await waitFor(() => expect(isRunning(pid)).toBe(false));
  });
});
