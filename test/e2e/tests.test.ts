import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { FindingRow, TaskRow, TestCaseRow, TestRow } from '@benchwire/shared/contracts/rows.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BwResult, bw } from '../support/bw.ts';

/** Tests of programs as tasks: real test runners and hand-written reports, through the whole stack and `bw`. */
const folder = mkdtempSync(join(tmpdir(), 'bw-tests-'));
const work = join(folder, 'work');
let stack: LocalStack;

beforeAll(async () => {
  mkdirSync(work);
  chmodSync(work, 0o777);
  const env = { WORKER_COMMANDS: '*', LOG_LEVEL: 'warn' };
  stack = await startLocalStack({ dataDir: join(folder, 'data'), env });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = (...args: string[]): Promise<BwResult> => bw(args, { env: stack.env, cwd: folder });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await call(...args, '--json')).stdout) as T;
const runOf = ({ stdout }: BwResult): string => /bw show (\S+)/.exec(stdout)?.[1] ?? 'last';

interface Written {
  command: string[];
  junit?: string | string[];
  task?: object;
  commit?: string;
}

async function test(
  name: string,
  { command, junit, task = {}, commit = 'c1' }: Written,
  ...args: string[]
): Promise<BwResult> {
  const config = { command, working_directory: work, ...(junit === undefined ? {} : { junit }) };
  const request = {
    ...{ name, source: { commit } },
    tasks: [{ task_id: name, type: 'test', executor: 'command', timeout_seconds: 60, ...task, config }],
  };
  return await bw(['run', '-', '--no-git', ...args], { env: stack.env, cwd: folder, input: JSON.stringify(request) });
}
const show = (ran: BwResult) => json<{ tasks: TaskRow[]; test_cases: TestCaseRow[] }>('show', runOf(ran));
const states = (rows: readonly TestCaseRow[]): string[] => rows.map(({ name, state }) => `${name} ${state}`);
/** A program that writes this report, and ends so. */
const writes = (file: string, report: string, code = 0): string[] => {
  writeFileSync(join(work, `${file}.txt`), report);
  return ['sh', '-c', `cat ${join(work, `${file}.txt`)} > ${file}; exit ${code}`];
};

describe('a test runner', () => {
  it('whose tests fail has a result after one attempt, with every case, in bw run, show and the report', async () => {
    writeFileSync(
      join(work, 'sums.test.mjs'),
      `import { test, describe } from 'node:test'; import assert from 'node:assert';
       describe('sums', () => { test('adds', () => assert.equal(1 + 1, 2)); test('subtracts', () => assert.equal(3 - 1, 1)); test('later', { skip: 'not yet' }, () => {}); });`,
    );
    const command = [
      process.execPath,
      '--test',
      '--test-reporter=junit',
      '--test-reporter-destination=sums.xml',
      'sums.test.mjs',
    ];
    const ran = await test('sums', { command });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('test_failed TESTS_FAILED');
    expect(ran.stdout.replace(/\s+/g, ' ')).toMatch(/1 of 3 tests failed, 1 skipped: .*subtracts/);
    const { tasks, test_cases } = await show(ran);
    expect(tasks).toMatchObject([{ state: 'failed', attempt: 1, error_class: 'test_failed' }]);
    expect(states(test_cases)).toEqual(['subtracts failed', 'later skipped', 'adds passed']);
    const shown = (await call('show', runOf(ran))).stdout;
    expect(shown).toMatch(/tests {2}1 passed, 1 failed, 1 skipped/);
    expect(shown).toMatch(/✗ .*subtracts/);
    const report = (await call('report', runOf(ran), '--output', '-')).stdout;
    expect(report).toContain('1 of 3 test cases passed, 1 failed, 1 skipped.');
    expect(report).toMatch(/<h2>Tests<\/h2>[\s\S]*subtracts/);
  });
});

describe('how a test ends', () => {
  it('is for its report to say, then for its exit code; nothing is tried again', async () => {
    const passed = '<testsuite name="s"><testcase name="a"/></testsuite>';
    const ends: Array<[name: string, written: Written, code: number, error: string, cases: string[]]> = [
      ['green', { command: writes('green.xml', passed), junit: 'green.xml' }, 0, '', ['a passed']],
      ['plain', { command: ['sh', '-c', 'exit 3'] }, 1, 'TESTS_FAILED', []],
      ['silent', { command: ['true'], junit: 'nowhere/*.xml' }, 1, 'REPORT_MISSING', []],
      [
        'broken',
        { command: writes('broken.xml', '<testsuite><testcase'), junit: 'broken.xml' },
        1,
        'REPORT_UNREADABLE',
        [],
      ],
      ['late', { command: ['sleep', '30'], task: { timeout_seconds: 1 } }, 1, 'TASK_TIMED_OUT', []],
      ['signal', { command: ['sh', '-c', 'kill -SEGV $$'] }, 1, 'KILLED_BY_SIGSEGV', []],
      ['old', { command: ['true'], junit: 'green.xml' }, 1, 'REPORT_UNREADABLE', []],
    ];
    for (const [name, written, code, error, cases] of ends) {
      const ran = await test(name, written);
      expect([name, ran.code]).toEqual([name, code]);
      const { tasks, test_cases } = await show(ran);
      expect([name, tasks[0]?.error_code, tasks[0]?.attempt]).toEqual([name, error, 1]);
      expect(states(test_cases)).toEqual(cases);
    }
  });

  it('is tried again where the task asks for it, and a case that then passes is flaky', async () => {
    const script = `if [ -e was-here ]; then F=; else F='<failure message="first time"/>'; touch was-here; fi
      echo "<testsuite name='s'><testcase name='sometimes'>$F</testcase><testcase name='always'/></testsuite>" > flaky.xml; [ -z "$F" ]`;
    const retry_policy = { max_retries: 2, retry_delay_seconds: 0 };
    const ran = await test('flaky', { command: ['sh', '-c', script], junit: 'flaky.xml', task: { retry_policy } });
    expect(ran.code, ran.stdout).toBe(0);
    expect((await show(ran)).tasks).toMatchObject([{ state: 'completed', attempt: 2 }]);
    const rows = await json<TestRow[]>('tests', '--benchmark', 'flaky');
    expect(
      rows.map(({ name, failures, flaky_programs, flakiness }) => [name, failures, flaky_programs, flakiness]),
    ).toEqual([
      ['sometimes', 1, 1, 0.5],
      ['always', 0, 0, 0],
    ]);
    expect((await call('tests', '--flaky')).stdout).toMatch(/sometimes.*failed 1 of 2, flaky/);
    const history = (await call('tests', rows[0]?.case_id ?? '')).stdout;
    expect(history).toMatch(/s › sometimes/);
    expect(history.match(/passed|failed {2}/g)?.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a test that passed before', () => {
  it('and fails is told once, with all others of its task in one finding', async () => {
    const report = (state: string): string =>
      `<testsuites>${['x', 'y'].map((name) => `<testsuite name="m"><testcase classname="pkg.M" name="${name}">${state}</testcase></testsuite>`).join('')}<testsuite><testcase name="new">${state}</testcase></testsuite></testsuites>`;
    const failed = report('<failure message="it broke"/>');
    const findings = async (): Promise<string[]> =>
      (await json<FindingRow[]>('findings', '--kind', 'failures')).map(({ message }) => message);
    await test('told', {
      command: writes('told.xml', report('').replace(/<testsuite><testcase name="new"><\/testcase><\/testsuite>/, '')),
      junit: 'told.xml',
    });
    const broken = await test(
      'told',
      { command: writes('told.xml', failed, 1), junit: 'told.xml', commit: 'c2' },
      '--fail-on',
      'failures',
    );
    // A failed task counts more than its finding.
    expect(broken.code).toBe(1);
    expect(await findings()).toEqual([
      expect.stringMatching(/^told, task told: 2 tests that passed before on cpu-\w+ failed: pkg\.M › x, pkg\.M › y$/),
    ]);
    await test(
      'told',
      { command: writes('told.xml', failed, 1), junit: 'told.xml', commit: 'c3' },
      '--fail-on',
      'failures',
    );
    expect(await findings()).toHaveLength(1);
    // A service that starts anew knows what was.
    await stack.stopService(stack.service('anomaly'));
    await stack.service('anomaly').start();
    await test('told', { command: writes('told.xml', report('')), junit: 'told.xml', commit: 'c4' });
    await test(
      'told',
      { command: writes('told.xml', failed, 1), junit: 'told.xml', commit: 'c5' },
      '--fail-on',
      'failures',
    );
    expect(await findings()).toHaveLength(2);
  });
});

describe('over HTTP', () => {
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${stack.service('gateway').http_url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${stack.env.BENCHWIRE_API_KEY}`, 'content-type': 'application/json' },
    });

  it('cases of a run, reliability and history are there; what is unknown is refused', async () => {
    const report =
      '<testsuite name="s"><testcase name="good" time="0.25"/><testcase name="bad"><error/></testcase></testsuite>';
    const ran = await test('http', { command: writes('http.xml', report, 1), junit: ['http.xml'] });
    const [{ run_id = '' } = {}] = (await show(ran)).tasks;
    const of_run = await ask(`/api/runs/${run_id}/tests?state=error&state=failed`);
    expect(await of_run.json()).toMatchObject({ items: [{ name: 'bad', class: 's', state: 'error', commit: 'c1' }] });
    const all = (await (await ask('/api/tests?benchmark=http')).json()) as { items: TestRow[] };
    expect(all.items.map(({ name, last_state, executions }) => [name, last_state, executions])).toEqual([
      ['bad', 'error', 1],
      ['good', 'passed', 1],
    ]);
    const one = await ask(`/api/tests/${all.items[1]?.case_id}`);
    expect(await one.json()).toMatchObject({ name: 'good', seconds: 0.25, history: [{ state: 'passed', run_id }] });
    expect((await ask('/api/tests?benchmarks=http')).status).toBe(400);
    expect((await ask('/api/tests?only=flakey')).status).toBe(400);
    expect((await ask('/api/tests/0123456789abcdef')).status).toBe(404);
  });

  it('the metric catalogue is read and replaced whole, or refused whole', async () => {
    const put = (body: unknown): Promise<Response> =>
      ask('/api/metrics/catalogue', { method: 'PUT', body: JSON.stringify(body) });
    const rules = [{ metric: '*_score', better: 'higher' }];
    expect((await put({ rules })).status).toBe(200);
    for (const wrong of [{ rules: [{ metric: 'x' }] }, { rules: [...rules, ...rules] }, [], { rules, more: 1 }])
      expect((await put(wrong)).status).toBe(422);
    expect(await (await ask('/api/metrics/catalogue')).json()).toEqual({ rules });
    expect(await json<object[]>('metrics')).toEqual(rules);
  });
});
