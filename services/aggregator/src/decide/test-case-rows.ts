import { plausibleTime } from '@benchwire/shared/contracts/clock.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import { testCaseId } from '@benchwire/shared/contracts/test-case-id.ts';
import type { TestCaseRow } from '../tables/test-cases.ts';
import { firstWins, storedAtMs } from './versions.ts';

/** A row for each test case that an outcome reports. @param order - the outcome's place in its stream */
export function testCaseRows(outcome: Outcome, order: number): TestCaseRow[] {
  const { benchmark, results } = outcome;
  const about = {
    ...{ is_final: outcomeIsFinal(outcome), benchmark, variant: outcome.variant },
    ...{ pool: outcome.pool ?? '', worker_id: outcome.worker_id ?? '' },
    ...{ commit: outcome.source?.commit ?? '', branch: outcome.source?.branch ?? '' },
  };
  return (results.tests?.cases ?? []).map((each) => ({
    ...blank(outcome, testCaseId(benchmark, each), order),
    ...about,
    class: each.class,
    name: each.name,
    file: each.file,
    state: each.state,
    seconds: each.seconds,
    message: each.message ?? '',
  }));
}

/** Takes back a case of an outcome that was not the first of its attempt. */
export function caseRetraction(
  attempt: Pick<Outcome, 'run_id' | 'task_id' | 'attempt' | 'finished_at'>,
  case_id: string,
  order: number,
): TestCaseRow {
  return { ...blank(attempt, case_id, order), is_final: false, is_deleted: 1 };
}

/** A row of nothing but its key. */
function blank(
  { run_id, task_id, attempt, finished_at }: Pick<Outcome, 'run_id' | 'task_id' | 'attempt' | 'finished_at'>,
  case_id: string,
  order: number,
): Omit<TestCaseRow, 'is_final'> {
  return {
    ...{ case_id, run_id, task_id, attempt, finished_at: plausibleTime(finished_at, storedAtMs(order)) },
    ...{ benchmark: '', class: '', name: '', file: '', state: '', seconds: null, message: '' },
    ...{ pool: '', worker_id: '', variant: '', commit: '', branch: '' },
    ...{ version: firstWins(order), is_deleted: 0 },
  };
}
