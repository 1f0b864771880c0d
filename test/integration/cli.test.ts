import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { type Finding, finding } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BwResult, bw, startBw } from '../support/bw.ts';
import { FakeStack, outcomeOf, taskRowOf } from '../support/fake-stack.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';

/** `bw` as a process, against a real NATS server; what answers there is a few lines that speak the contracts. */
let fixture: NatsFixture;
let stack: FakeStack;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  fixture = await natsFixture();
  env = fixture.servers.env;
  folder = mkdtempSync(join(tmpdir(), 'bw-cli-'));
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  stack = new FakeStack(fixture);
  stack.start();
});
afterEach(() => stack.stop());

const TWO = '{"name": "two", "tasks": [{"task_id": "a", "executor": "noop"}, {"task_id": "b", "executor": "noop"}]}';
const run = (args: string[], input = TWO): Promise<BwResult> => bw(['run', '-', ...args], { env, input, cwd: folder });

/** Ends every task at once, the way `outcomes` says, and then the run. */
function endWith(outcomes: (run_id: string, task: Task, index: number) => Outcome): void {
  stack.onSubmit = async ({ run_id, tasks }) => {
    await stack.event({ entity: 'run', kind: 'accepted', run_id });
    const ended = tasks.map((task, index) => outcomes(run_id, task, index));
    for (const outcome of ended) await stack.outcome(outcome);
    await stack.finish(run_id, ended);
  };
}
const completed = (run_id: string, task: Task): Outcome => outcomeOf(run_id, task);
const noSuchModel = { class: 'bad_model' as const, code: 'MODEL_UNKNOWN', message: 'no model "x"', retriable: false };

const verdictOf = (outcome: RunVerdict['outcome']): RunVerdict => ({
  ...{
    run_id: newRunId(),
    is_final: true,
    outcome,
    summary: '1 of 1 metric slower',
    metrics: [],
    left_out: 0,
    not_decided: [],
    warnings: [],
    gates: [],
  },
  counts: { slower: 1, faster: 0, changed: 0, no_change: 0, cannot_tell: 0, new: 0 },
});

describe('bw run', () => {
  it('ends with 0 when all tasks completed; results go to stdout, progress to stderr', async () => {
    endWith(completed);
    const { code, stdout, stderr } = await run(['--tag', 'a=b', '--no-git']);
    expect(stderr).toMatch(/^two {2}2 tasks {2}run [0-9a-f-]{36}\n\[1\/2\] ✓ a {2}completed in 1\.50 s\n\[2\/2\] ✓ b/);
    expect(stdout).toMatch(/✓ all 2 tasks completed/);
    expect(code).toBe(0);
    expect(stack.submitted[0]?.request).toMatchObject({ name: 'two', tags: { a: 'b' } });
    expect(stack.submitted[0]?.request.source).toBeUndefined();
  });

  it('ends with 1 when a task failed, and says why', async () => {
    endWith((run_id, task, index) =>
      index === 0 ? outcomeOf(run_id, task, { status: 'failed', error: noSuchModel }) : completed(run_id, task),
    );
    const { code, stdout } = await run([]);
    expect(stdout).toMatch(/✗ a {2}failed \(bad_model MODEL_UNKNOWN\), on cpu-1a2b3c4d\n {4}no model "x"/);
    expect(stdout).toMatch(/✗ of 2 tasks 1 completed, 1 failed/);
    expect(code).toBe(1);
  });

  it('waits for the attempt that follows a failed one', async () => {
    stack.onSubmit = async ({ run_id, tasks }) => {
      for (const task of tasks) {
        const error = { ...noSuchModel, retriable: true };
        await stack.outcome(outcomeOf(run_id, task, { status: 'failed', error }));
        await stack.outcome(outcomeOf(run_id, task, { attempt: 2 }));
      }
      await stack.finish(run_id, [{ status: 'completed' }, { status: 'completed' }]);
    };
    expect((await run([])).code).toBe(0);
  });

  it('prints one JSON object with --json', async () => {
    endWith(completed);
    const { code, stdout } = await run(['--json']);
    const result = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(result).toMatchObject({ name: 'two', duplicate: false, counts: { total: 2, completed: 2 } });
    expect(result.tasks.map((task: Outcome) => [task.task_id, task.status])).toEqual([
      ['a', 'completed'],
      ['b', 'completed'],
    ]);
  });

  it('ends with 2 for a regression that was asked about, and only then', async () => {
    endWith(completed);
    stack.findings = [regression()];
    stack.verdict = verdictOf('fail');
    const asked = await run(['--fail-on', 'regression']);
    expect(asked.stdout).toMatch(/regression +confirmed +\+26\.2 % +latency_ms/);
    expect(asked.code).toBe(2);
    expect((await run([])).code).toBe(0);
    stack.verdict = verdictOf('pass');
    expect((await run(['--fail-on', 'regression'])).code).toBe(0);
  });

  it('only submits with --detach', async () => {
    const { code, stdout, stderr } = await run(['--detach']);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(stack.submitted[0]?.run_id);
    expect(stderr).toMatch(/bw watch [0-9a-f]{8}-[0-9a-f]{4}/);
  });

  it('follows 20,000 tasks in a few lines', async () => {
    endWith(completed);
    const many = '{"tasks": [{"task_id": "t", "executor": "noop", "repetitions": 20000}]}';
    const { code, stdout, stderr } = await run([], many);
    expect(code).toBe(0);
    expect(stdout).toMatch(/all 20,000 tasks completed/);
    expect(stderr.split('\n').length).toBeLessThan(40);
  });

  it('misses nothing while NATS restarts', async () => {
    const submitted = Promise.withResolvers<{ run_id: string; tasks: Task[] }>();
    stack.onSubmit = async (accepted) => submitted.resolve(accepted);
    const following = startBw(['run', '-'], { env, input: TWO, cwd: folder });
    const { run_id, tasks } = await submitted.promise;
    const [a, b] = tasks;
    if (a === undefined || b === undefined) throw new Error('two tasks');
    await stack.outcome(outcomeOf(run_id, a));
    await following.waitFor(/\[1\/2\]/);
    await fixture.servers.nats?.restart();
    await stack.outcome(outcomeOf(run_id, b));
    await stack.finish(run_id, [{ status: 'completed' }, { status: 'completed' }]);
    const { code, stderr } = await following.ended;
    expect(stderr).toMatch(/connection to NATS is lost[\s\S]*\[2\/2\] ✓ b/);
    expect(code).toBe(0);
  });

  it('leaves the run going on Ctrl-C, and says how to watch and cancel it', async () => {
    const following = startBw(['run', '-'], { env, input: TWO, cwd: folder });
    await following.waitFor(/2 tasks/);
    following.child.kill('SIGINT');
    const { code, stderr } = await following.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/goes on, 0 of 2 tasks are done\.\n {2}watch it {3}bw watch/);
    expect(stack.cancelled).toEqual([]);
  });
});

describe('what can go wrong', () => {
  it('is 3 when no server is there, with how to start one', async () => {
    const { code, stderr } = await bw(['runs'], { env: { NATS_URL: 'nats://127.0.0.1:1' } });
    expect(stderr).toMatch(/no stack answers at nats:\/\/127\.0\.0\.1:1, which comes from NATS_URL/);
    expect(code).toBe(3);
  });

  it('is 3 when NATS is there and a service is not', async () => {
    await stack.stop();
    const { code, stderr } = await bw(['runs'], { env });
    expect(stderr).toMatch(/the aggregator does not: nothing listens on bw\.query\.runs/);
    expect(code).toBe(3);
  });

  it('is 3 for wrong credentials, which are not printed', async () => {
    const { code, stderr } = await bw(['runs'], { env: { ...env, NATS_PASSWORD: 'a-wrong-secret' } });
    expect(stderr).toMatch(/refuses the login/);
    expect(stderr).not.toMatch(/a-wrong-secret/);
    expect(code).toBe(3);
  });

  it('is 64 for a request that is not valid, without asking the stack', async () => {
    const { code, stderr } = await run([], '{"tasks": [{"task_id": "a", "executor": "noop", "depends_on": ["z"]}]}');
    expect(stderr).toMatch(/\(stdin\):1:\d+: tasks\[0\]\.depends_on\[0\]: .*"z"/);
    expect(code).toBe(64);
    expect(stack.submitted).toEqual([]);
  });

  it('is 64 for a request larger than the server takes, with what to do', async () => {
    const most = fixture.nats.info?.max_payload ?? 0;
    const command = ['true', 'x'.repeat(60_000)];
    const task = (_: unknown, i: number) => ({ task_id: `t${i}`, executor: 'command', config: { command } });
    const tasks = Array.from({ length: Math.ceil(most / 60_000) + 1 }, task);
    const { code, stderr } = await run([], JSON.stringify({ tasks }));
    expect(stderr).toMatch(/takes messages of at most [\d.]+ MB: write many alike tasks as a `matrix`/);
    expect(code).toBe(64);
  });

  it('ends quietly when the reader goes away', async () => {
    stack.rows.sql = Array.from({ length: 5000 }, (_, n) => ({ n, text: 'x'.repeat(100) }));
    const reading = startBw(['sql', 'select 1'], { env });
    reading.child.stdout?.destroy();
    const { code, stderr } = await reading.ended;
    expect(stderr).not.toMatch(/EPIPE|Error|bug/);
    expect(code).toBe(141);
  });
});

describe('looking at what was', () => {
  const first = newRunId();

  it('finds a run by `last` and by the beginning of its id, and says when there are several', async () => {
    stack.rows.runs = [runRow(first), runRow(first.replace(/.$/, (c) => (c === '0' ? '1' : '0')))];
    expect((await bw(['cancel', 'last'], { env })).code).toBe(0);
    expect(stack.cancelled).toEqual([first]);
    const { code, stderr } = await bw(['cancel', first.slice(0, 10)], { env });
    expect(stderr).toMatch(/2 runs match/);
    expect(code).toBe(64);
    expect((await bw(['cancel', 'ffff'], { env })).stderr).toMatch(/no run matches "ffff"/);
  });

  it('asks the server for the runs of a commit, a branch, a state and a time', async () => {
    stack.rows.runs = [];
    const filters = ['--commit', '4f2a91c', '--branch', 'main', '--state', 'failed', '--since', '2026-11-01'];
    const { code, stderr } = await bw(['runs', ...filters], { env });
    expect([code, stderr]).toEqual([0, 'no runs match: `bw runs` lists all of them.\n']);
    expect(stack.asked.at(-1)).toEqual({
      name: 'runs',
      parameters: {
        ...{ commit: '4f2a91c', branch: 'main', statuses: ['failed', 'partly_failed'] },
        ...{ since: '2026-11-01T00:00:00.000Z', limit: 20 },
      },
    });
  });

  it('prints tables, JSON and CSV', async () => {
    stack.rows.sql = [
      { model: 'a,b', n: '12' },
      { model: 'c', n: '3' },
    ];
    const as = async (...more: string[]) => (await bw(['sql', 'select 1', ...more], { env })).stdout;
    expect(await as()).toBe('model   n\na,b    12\nc       3\n');
    expect(await as('--format', 'csv')).toBe('model,n\n"a,b",12\nc,3\n');
    expect(JSON.parse(await as('--json'))).toEqual(stack.rows.sql);
  });

  it('writes a run as one HTML file, and says where', async () => {
    stack.rows.runs = [runRow(first)];
    stack.rows.run = [{ ...runRow(first), name: 'nightly <1>' }];
    const written = await bw(['report', 'last'], { env, cwd: folder });
    expect(written).toMatchObject({ code: 0, stdout: '' });
    const file = `benchwire-report-${first.slice(0, 13)}.html`;
    expect(written.stderr).toBe(`written to ${file}\n`);
    const page = readFileSync(join(folder, file), 'utf8');
    expect(page).toContain('<h1>nightly &lt;1&gt;</h1>');
    expect((await bw(['report', 'last', '--output', '-'], { env })).stdout).toContain('<h1>nightly &lt;1&gt;</h1>');
    const refused = await bw(['report', 'last', '--output', '/nowhere/a.html'], { env });
    expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining('--output takes another place') });
  });

  it('shows the fleet once where there is no terminal', async () => {
    const picture = startBw(['top', '--json'], { env });
    const beat = setInterval(() => {
      const now = new Date().toISOString();
      const running = { 'cpu-0': [`${first}.task-1.1`] };
      const load = { cpu_load_percent: 50, memory_used_mb: null, memory_total_mb: null, temperature_celsius: null };
      const heartbeat = { v: 1, worker_id: 'w1', boot_id: 'b', sent_at: now, interval_seconds: 1, state: 'ready' };
      fixture.nats.publish(
        'bw.heartbeat.w1',
        JSON.stringify({ ...heartbeat, ...load, capabilities_revision: 1, running }),
      );
      const status = { v: 1, at: now, leader: 's1', open_runs: 1, waiting: 7, unplaceable: 0, pools: [] };
      fixture.nats.publish('bw.scheduler.status', JSON.stringify(status));
    }, 50);
    const { stdout } = await picture.ended.finally(() => clearInterval(beat));
    expect(JSON.parse(stdout)).toMatchObject({
      scheduler: { waiting: 7 },
      workers: [{ worker_id: 'w1', state: 'ready' }],
      running: [{ task: 'task-1', attempt: 1 }],
    });
  });

  it('finds the stack of a folder above, from wherever it is called', async () => {
    const deep = join(folder, 'x', 'y');
    mkdirSync(join(folder, 'x', '.benchwire'), { recursive: true });
    mkdirSync(deep);
    writeFileSync(join(folder, 'x', '.benchwire', 'stack.json'), JSON.stringify({ v: 1, env }));
    stack.rows.runs = [runRow(first)];
    const { stdout, code } = await bw(['runs', '--json'], { env: {}, cwd: deep });
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(code).toBe(0);
  });
});

describe('bw watch', () => {
  it('tells a run from its beginning, in order, and ends with it', async () => {
    endWith(completed);
    const submitted = await run(['--json']);
    const { run_id } = JSON.parse(submitted.stdout);
    const { code, stdout } = await bw(['watch', run_id], { env });
    expect(stdout).toMatch(/run accepted[\s\S]*✓ a[\s\S]*✓ b[\s\S]*run finished/);
    expect(code).toBe(0);
  });

  it('tells everything from now on, one JSON object a line', async () => {
    const watching = startBw(['watch', 'all', '--json'], { env });
    const run_id = newRunId();
    // It can't be told from outside when it listens: said until heard.
    const say = setInterval(
      () => void stack.event({ entity: 'worker', kind: 'joined', run_id: null, worker_id: 'w1' }),
      100,
    );
    await watching.waitFor(/"joined"/).finally(() => clearInterval(say));
    await fixture.servers.nats?.restart();
    await watching.waitFor(/the connection to NATS is lost[\s\S]*connected to NATS again/);
    await stack.event({ entity: 'run', kind: 'accepted', run_id });
    await watching.waitFor(new RegExp(run_id));
    watching.child.kill('SIGINT');
    const { stdout, code } = await watching.ended;
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ stream: 'events' });
    expect(code).toBe(130);
  });
});

describe('bw logs and bw retry', () => {
  const printed = (text: string): string => Buffer.from(text).toString('base64');

  it('prints the logs of a run as they come, each line once, and ends with the run', async () => {
    const submitted = Promise.withResolvers<{ run_id: string; tasks: Task[] }>();
    stack.onSubmit = async (accepted) => submitted.resolve(accepted);
    await run(['--detach']);
    const { run_id, tasks } = await submitted.promise;
    const [a, b] = tasks;
    if (a === undefined || b === undefined) throw new Error('two tasks');
    let log = 'one\n';
    const answers = fixture.nats.subscribe('bw.worker.w1.command', {
      callback: (_error, message) => {
        const { after } = message.json<{ after: number }>();
        const logs = { text: printed(log.slice(after)), next: log.length };
        message.respond(JSON.stringify({ ok: true, message: '', logs }));
      },
    });
    await stack.event({ entity: 'task', kind: 'running', run_id, task_id: 'a', attempt: 1, worker_id: 'w1' });
    const following = startBw(['logs', run_id, '--follow'], { env });
    await following.waitFor(/a {2}one\n/);
    log += 'two\n';
    await following.waitFor(/a {2}two\n/);
    log += 'three\n';
    const ended = [
      outcomeOf(run_id, a, { logs: printed(log) }),
      outcomeOf(run_id, b, { logs: printed('of b\x1b[2J\n') }),
    ];
    for (const outcome of ended) await stack.outcome(outcome);
    await stack.finish(run_id, ended);
    const { code, stdout } = await following.ended;
    answers.unsubscribe();
    expect(stdout).toBe('a  one\na  two\na  three\nb  of b\n');
    expect(code).toBe(0);
  });

  it('submits the tasks that failed again, with their dependencies on each other', async () => {
    const run_id = newRunId();
    const noop = { executor: 'noop' };
    const tasks = [
      { task_id: 'first', ...noop },
      { task_id: 'each', ...noop, placement: 'each', depends_on: ['first'] },
      { task_id: 'last', ...noop, depends_on: ['each', 'first'] },
    ];
    stack.rows.request = [{ run_id, reason: '', request: JSON.stringify({ name: 'n', request_id: 'once', tasks }) }];
    const row = (task_id: string, state: string, pool = '') => ({ ...taskRowOf(run_id, task_id, state), pool });
    stack.pages.tasks = [
      row('each--p1', 'failed', 'p1'),
      row('each--p2', 'lost', 'p2'),
      row('first', 'completed'),
      row('last', 'cancelled'),
    ];
    const { code, stdout } = await bw(['retry', run_id, '--detach'], { env });
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(stack.submitted[0]?.run_id);
    const { request } = stack.submitted[0] ?? {};
    expect(request).toMatchObject({ name: 'n', tags: { retry_of: run_id } });
    expect(request?.request_id).toBeUndefined();
    expect(
      request?.tasks.map(({ task_id, depends_on, requirements }) => [task_id, depends_on, requirements.pool]),
    ).toEqual([
      ['each--p1', [], 'p1'],
      ['each--p2', [], 'p2'],
      ['last', ['each--p1', 'each--p2'], undefined],
    ]);
  });

  it('refuses to retry a run whose tasks have all completed', async () => {
    const run_id = newRunId();
    stack.pages.tasks = [taskRowOf(run_id, 'a', 'completed')];
    const { code, stderr } = await bw(['retry', run_id], { env });
    expect(stderr).toMatch(/every task of run [0-9a-f-]{13} has completed/);
    expect(code).toBe(64);
  });
});

it('bw.js runs it, and passes the exit code on', async () => {
  const { execFile } = await import('node:child_process');
  const script = join(repositoryRoot, 'cli/bw.js');
  const code = await new Promise((resolve) => {
    execFile(process.execPath, [script, 'nonsense'], (error) => resolve(error?.code));
  });
  expect(code).toBe(64);
});

function runRow(run_id: string): Record<string, unknown> {
  const at = new Date().toISOString();
  const counts = { total: 1, waiting: 0, running: 0, completed: 1, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };
  return { run_id, name: 'n', state: 'finished', accepted_at: at, finished_at: at, source: '', tags: {}, ...counts };
}

function regression(): Finding {
  const series = { benchmark: 'b', model: 'm', executor: 'noop', precision: '', batch_size: 1, scenario: '' };
  const at = new Date().toISOString();
  return finding.parse({
    ...{ v: 1, finding_id: 'f', kind: 'regression', series_id: 's', unit: 'ms', run_id: newRunId(), task_id: 'a' },
    ...{ attempt: 1, pool: null, source: null, previous_source: null, detected_at: at, measured_at: at },
    series: { ...series, variant: '', fingerprint: 'f', metric: 'latency_ms', is_simulated: false },
    baseline: { median: 230.1, mad: 1, scale: 1.5, n: 6, values: [] },
    ...{ value: 290.4, z_score: 40.2, threshold: 5, change_percent: 26.2, message: 'slower' },
  });
}
