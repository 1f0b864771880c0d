import type { TestRow } from '@benchwire/shared/contracts/rows.ts';
import { formatCount } from '../../format/numbers.ts';

/** `3 of 50`, or that it was never executed. */
export function failuresInWords({ executions, failures }: Pick<TestRow, 'executions' | 'failures'>): string {
  return executions === 0 ? 'never ran' : `${formatCount(failures)} of ${formatCount(executions)}`;
}

/** The share of executions that disagree with most others of their program; empty for a case that is not flaky. */
export function flakinessInWords({ flaky_programs, flakiness }: Pick<TestRow, 'flaky_programs' | 'flakiness'>): string {
  if (flaky_programs === 0 || flakiness === null) return '';
  return `${(flakiness * 100).toPrecision(2)} %`;
}
