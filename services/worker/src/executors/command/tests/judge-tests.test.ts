import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { MAX_TEST_CASES_BYTES, testResults } from '@benchwire/shared/contracts/test-results.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JudgeOptions, judgeTests } from './judge-tests.ts';

let folder = '';
let home = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bw-judge-'));
  home = mkdtempSync(join(tmpdir(), 'bw-judge-home-'));
});
afterEach(() => {
  for (const each of [folder, home]) rmSync(each, { recursive: true, force: true });
});

const PASSED = '<testsuite name="s"><testcase name="a" time="0.5"/></testsuite>';
const FAILED = '<testsuite name="s"><testcase name="b"><failure message="no"/></testcase></testsuite>';
const EXIT_1 = taskError('crash', 'EXIT_CODE', 'pytest ended with code 1', true);
const KILLED = taskError('crash', 'KILLED_BY_SIGSEGV', 'pytest was ended by SIGSEGV', true);

const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const judge = (junit: string | string[] | undefined, options: Partial<JudgeOptions> = {}) =>
  judgeTests({
    config: { command: ['pytest'], ...(junit === undefined ? {} : { junit }) },
    ...{ error: null, exited: true, may_retry: false, working_directory: folder, home, hidden: [], since_ms: 0 },
    ...options,
  });

describe('how a test ends', () => {
  it.each<
    [
      what: string,
      junit: string | undefined,
      reports: string[],
      options: Partial<JudgeOptions>,
      code: string | null,
      retriable?: boolean,
    ]
  >([
    ['no report, code 0', undefined, [], {}, null],
    ['no report, code 1', undefined, [], { error: EXIT_1 }, 'TESTS_FAILED', false],
    ['no report, code 1, retries asked for', undefined, [], { error: EXIT_1, may_retry: true }, 'TESTS_FAILED', true],
    ['a report without failures', '*.xml', [PASSED], {}, null],
    ['a report with a failure though the code is 0', '*.xml', [PASSED, FAILED], {}, 'TESTS_FAILED', false],
    ['a report without failures and code 1', '*.xml', [PASSED], { error: EXIT_1 }, 'TESTS_FAILED', false],
    [
      '127 failed tests as the code',
      '*.xml',
      [FAILED],
      { error: taskError('bad_input', 'COMMAND_NOT_FOUND', 'x', false) },
      'TESTS_FAILED',
    ],
    [
      'a program that is not found',
      '*.xml',
      [],
      { error: taskError('bad_input', 'COMMAND_NOT_FOUND', 'x', false) },
      'COMMAND_NOT_FOUND',
    ],
    ['a crash', '*.xml', [], { error: KILLED, exited: false }, 'KILLED_BY_SIGSEGV', false],
    [
      'a crash with what failed by then',
      '*.xml',
      [FAILED],
      { error: KILLED, exited: false },
      'KILLED_BY_SIGSEGV',
      false,
    ],
    [
      'a stop',
      '*.xml',
      [FAILED],
      { error: taskError('cancelled', 'STOPPED', 'x', true), exited: false },
      'STOPPED',
      true,
    ],
    ['no report where one is named', 'out.xml', [], {}, 'REPORT_MISSING', false],
    ['no report where one is named, and code 1', 'out.xml', [], { error: EXIT_1 }, 'TESTS_FAILED', false],
    ['broken XML', '*.xml', [PASSED, '<testsuite>'], {}, 'REPORT_UNREADABLE', false],
    ['broken XML and a failed test', '*.xml', [FAILED, '<testsuite>'], {}, 'TESTS_FAILED', false],
    ['a report without any test', '*.xml', ['<testsuites/>'], {}, null],
  ])('%s', async (_what, junit, reports, options, code, retriable) => {
    for (const [at, text] of reports.entries()) write(`r${at}.xml`, text);
    const { error } = await judge(junit, options);
    expect(error?.code ?? null).toBe(code);
    if (retriable !== undefined) expect(error?.retriable).toBe(retriable);
  });

  it('names the tests that failed', async () => {
    write('r.xml', FAILED);
    const { error, tests } = await judge('r.xml', { error: EXIT_1 });
    expect(error).toMatchObject({ class: 'test_failed', message: '1 of 1 test failed: s › b' });
    expect(tests).toMatchObject({ total: 1, failed: 1, seconds: null, reports: ['r.xml'] });
  });
});

describe('where reports are', () => {
  it('is a path, patterns, a folder, or the usual flag', async () => {
    write('one/TEST-a.xml', PASSED);
    write('two/deep/b [1].xml', FAILED);
    write('two/c.txt', 'no report');
    const count = async (junit: string | string[]): Promise<number> => (await judge(junit)).tests?.total ?? 0;
    expect(await count('one')).toBe(1);
    expect(await count('two/deep/b [1].xml')).toBe(1);
    expect(await count(['one/*.xml', '**/*.xml'])).toBe(2);
    expect(await count(join(folder, 'one/TEST-a.xml'))).toBe(1);
    const flag = { command: ['pytest', `--junitxml=${join(folder, 'one/TEST-a.xml')}`] };
    expect((await judge(undefined, { config: flag })).tests?.total).toBe(1);
    // Nobody said that there is one, so its absence is no failure.
    expect((await judge(undefined, { config: { command: ['pytest', '--junitxml=x.xml'] } })).error).toBeNull();
  });

  it('is nowhere outside, nothing old, no link to elsewhere, and nothing endless', async () => {
    const secret = join(home, '..', `bw-judge-secret-${process.pid}.xml`);
    writeFileSync(secret, FAILED);
    symlinkSync(secret, join(folder, 'link.xml'));
    write('old.xml', FAILED);
    utimesSync(join(folder, 'old.xml'), 1000, 1000);
    write('huge.xml', '');
    truncateSync(join(folder, 'huge.xml'), 65 * 1024 ** 2);
    mkdirSync(join(folder, 'hidden'));
    write('hidden/h.xml', FAILED);
    const since_ms = Date.now() - 60_000;
    try {
      for (const junit of [
        secret,
        'link.xml',
        'old.xml',
        'huge.xml',
        'hidden/h.xml',
        '/etc/passwd',
        '../*.xml',
        '/dev/zero',
      ]) {
        const judged = await judge(junit, { since_ms, hidden: [join(folder, 'hidden')] });
        expect([junit, judged.tests, judged.error?.code]).toEqual([
          junit,
          undefined,
          expect.stringMatching(/^REPORT_/),
        ]);
        expect(JSON.stringify(judged)).not.toContain('root:');
      }
    } finally {
      rmSync(secret);
    }
  });
});

describe('a large report', () => {
  it('of 100,000 cases is counted whole; those that failed are kept first, within the limit', async () => {
    const cases = Array.from({ length: 100_000 }, (_, n) =>
      n % 1000 === 7
        ? `<testcase classname="pkg.module_${n % 50}" name="test_${n}" time="0.01"><failure message="${'long '.repeat(400)}"/></testcase>`
        : `<testcase classname="pkg.module_${n % 50}" name="test_${n}" time="0.01"/>`,
    );
    write('big.xml', `<testsuites><testsuite name="x">${cases.join('\n')}</testsuite></testsuites>`);
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const { tests } = await judge('big.xml');
    clearInterval(timer);
    expect(tests).toMatchObject({ total: 100_000, failed: 100, passed: 99_900, seconds: 1000 });
    expect(tests?.cases.filter(({ state }) => state === 'failed')).toHaveLength(100);
    expect((tests?.cases.length ?? 0) + (tests?.cases_left_out ?? 0)).toBe(100_000);
    expect(JSON.stringify(tests?.cases).length).toBeLessThanOrEqual(MAX_TEST_CASES_BYTES + 2);
    testResults.parse(tests);
    // Reading it holds up nothing else.
    expect(turns).toBeGreaterThan(10);
  });

  it('that is made to break its reader breaks nothing else', async () => {
    write('a.xml', `${'<testsuite>'.repeat(200_000)}${'</testsuite>'.repeat(200_000)}`);
    write('b.xml', FAILED);
    const { error, notes } = await judge('a.xml');
    expect(error?.code).toBe('REPORT_UNREADABLE');
    expect(notes.join()).toContain('a.xml');
  });
});
