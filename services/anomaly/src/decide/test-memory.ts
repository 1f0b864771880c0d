import { testCaseId } from '@benchwire/shared/contracts/test-case-id.ts';
import type { TestCase, TestResults } from '@benchwire/shared/contracts/test-results.ts';
import { isBad } from '@benchwire/shared/contracts/test-results.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';

/** Test cases on pools that are remembered; the ones that ran longest ago go first. */
const MAX_CASES = 200_000;
/** Executions of a case that are remembered. */
export const REMEMBERED = 16;
/** A case that changed so often among them is flaky: another failure of it is no news. */
const FLAKY_CHANGES = 3;

interface Past {
  /** Bits, the newest last: whether it failed. */
  failed: number;
  count: number;
}

/** How each test case ended lately on each pool: to know which failures are news. */
export class TestMemory {
  readonly #cases = new Map<string, Past>();

  /** What an earlier process knew, the newest first. */
  remember(case_id: string, pool: string, failed: readonly boolean[]): void {
    const key = keyOf(case_id, pool);
    if (this.#cases.has(key)) return;
    for (const each of failed.slice(0, REMEMBERED).toReversed()) this.#add(key, each);
  }

  /**
   * Takes how the tests of a task ended in the end.
   * @returns cases that failed and passed the time before, without those that go to and fro
   */
  add(benchmark: string, pool: string, { cases }: Pick<TestResults, 'cases'>): TestCase[] {
    const news: TestCase[] = [];
    for (const each of cases) {
      if (each.state === 'skipped') continue;
      const key = keyOf(testCaseId(benchmark, each), pool);
      const past = this.#cases.get(key);
      const failed = isBad(each.state);
      if (failed && past !== undefined && (past.failed & 1) === 0 && changesIn(past) < FLAKY_CHANGES) news.push(each);
      this.#add(key, failed);
    }
    forgetOldest(this.#cases, MAX_CASES);
    return news;
  }

  #add(key: string, failed: boolean): void {
    const { failed: before = 0, count = 0 } = this.#cases.get(key) ?? {};
    this.#cases.delete(key);
    this.#cases.set(key, {
      failed: ((before << 1) | (failed ? 1 : 0)) & (2 ** REMEMBERED - 1),
      count: Math.min(REMEMBERED, count + 1),
    });
  }
}

function changesIn({ failed, count }: Past): number {
  let changes = 0;
  for (let at = 1; at < count; at++) if (((failed >> at) & 1) !== ((failed >> (at - 1)) & 1)) changes++;
  return changes;
}

function keyOf(case_id: string, pool: string): string {
  return `${case_id} ${pool}`;
}
