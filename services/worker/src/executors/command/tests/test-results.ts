import {
  isBad,
  MAX_TEST_CASES,
  MAX_TEST_CASES_BYTES,
  type TestCase,
  type TestResults,
} from '@benchwire/shared/contracts/test-results.ts';

const ORDER = { error: 0, failed: 0, skipped: 1, passed: 2 } as const;

/** The cases of all reports as an outcome has them: those that failed first, as many as fit. Pure. */
export function testResultsOf(cases: readonly TestCase[], reports: readonly string[]): TestResults {
  const count = (state: TestCase['state']): number => cases.filter((each) => each.state === state).length;
  const told = cases.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  const kept = fitting(cases);
  return {
    ...{ total: cases.length, passed: count('passed'), failed: count('failed'), errors: count('error') },
    skipped: count('skipped'),
    seconds: told.length === 0 ? null : Math.round(told.reduce((sum, each) => sum + each, 0) * 1e6) / 1e6,
    reports: [...reports],
    cases: kept,
    ...(kept.length < cases.length ? { cases_left_out: cases.length - kept.length } : {}),
  };
}

/** As many cases as an outcome holds; without their messages where these alone would fill it. */
export function fitting(cases: readonly TestCase[], max_bytes = MAX_TEST_CASES_BYTES): TestCase[] {
  const kept: TestCase[] = [];
  let left = max_bytes;
  for (const each of cases.toSorted((a, b) => ORDER[a.state] - ORDER[b.state])) {
    if (kept.length >= MAX_TEST_CASES) break;
    const { message, ...bare } = each;
    // Long messages leave room for the names of the others.
    const whole =
      left > max_bytes / 2 || !isBad(each.state)
        ? each
        : { ...bare, ...(message === undefined ? {} : { message: message.slice(0, 120) }) };
    const size = Buffer.byteLength(JSON.stringify(whole)) + 1;
    if (size > left) continue;
    kept.push(whole);
    left -= size;
  }
  return kept;
}
