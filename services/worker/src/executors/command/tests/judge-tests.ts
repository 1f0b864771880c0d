import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { CommandConfig } from '@benchwire/shared/contracts/task.ts';
import type { TestResults } from '@benchwire/shared/contracts/test-results.ts';
import { type FindOptions, findReports } from './find-reports.ts';
import { readReports } from './read-reports.ts';
import { reportPathsOf } from './report-flags.ts';
import { testError } from './test-error.ts';
import { testResultsOf } from './test-results.ts';

export interface JudgeOptions extends Omit<FindOptions, 'written'> {
  config: Pick<CommandConfig, 'command' | 'junit'>;
  /** What the end of the program means for any program. */
  error: TaskError | null;
  exited: boolean;
  may_retry: boolean;
}

/** Reads what a program that ran tests reported of them, and says how it ended. */
export async function judgeTests({
  config,
  error,
  exited,
  may_retry,
  ...places
}: JudgeOptions): Promise<{ error: TaskError | null; tests: TestResults | undefined; notes: string[] }> {
  const junit = config.junit === undefined ? [] : [config.junit].flat();
  const found = await findReports({ ...places, written: junit.length > 0 ? junit : reportPathsOf(config.command) });
  const { cases, reports, problems } = await readReports(found.files);
  const tests = reports.length === 0 ? undefined : testResultsOf(cases, reports.slice(0, 1000));
  const judged = testError({ error, exited, tests, junit, problems: [...problems, ...found.notes], may_retry });
  const notes = [...found.notes, ...problems.map((problem) => `a report of tests was not read: ${problem}`)];
  if (tests?.total === 0) notes.push('the report has no test');
  if (tests?.cases_left_out !== undefined)
    notes.push(`${tests.cases_left_out} of ${tests.total} test cases are counted, but not kept one by one`);
  return { error: judged, tests, notes: notes.slice(0, 20) };
}
