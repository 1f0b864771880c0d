import type { TestCaseRow, TestCountsRow } from '@benchwire/shared/contracts/rows.ts';
import { isBad, sumOfTests } from '@benchwire/shared/contracts/test-results.ts';
import { testCaseInWords } from '@benchwire/shared/format/test-case-name.ts';
import { count, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine, wrap } from '../terminal/text-width.ts';

const SHOWN = 20;
const MESSAGE_LINES = 4;

const whereTheyAre = (left_out: number): string =>
  left_out > 0
    ? `bw show --json has those that are kept, and ${formatNumber(left_out)} ${left_out === 1 ? 'is' : 'are'} in the program's report only`
    : 'bw show --json has them all';

/** How the test cases of a run ended, and which failed, with the beginning of why. */
export function testLines(
  rows: readonly TestCaseRow[],
  counts: readonly TestCountsRow[],
  style: Style,
  width: number | undefined,
): string[] {
  if (counts.length === 0) return [];
  const bad = rows.filter(({ state }) => isBad(state));
  const all = sumOfTests(counts);
  const parts = [
    [all.passed, 'passed'],
    [all.bad, 'failed'],
    [all.skipped, 'skipped'],
  ] as const;
  const words = parts.filter(([n]) => n > 0).map(([n, what]) => `${formatNumber(n)} ${what}`);
  const lines = [`${style.bold('tests')}  ${words.join(', ')}`];
  for (const row of bad.slice(0, SHOWN)) {
    lines.push(
      `  ${style.red('✗')} ${style.bold(oneLine(testCaseInWords(row)))}  ${style.dim(`${row.task_id}, ${row.case_id}`)}`,
    );
    const message = row.message.split('\n').filter((line) => line.trim() !== '');
    const shown = message
      .slice(0, MESSAGE_LINES)
      .flatMap((line) => wrap(oneLine(line), Math.max(40, (width ?? 120) - 6)));
    lines.push(...shown.slice(0, MESSAGE_LINES).map((line) => `      ${line}`));
  }
  const more = all.bad - Math.min(SHOWN, bad.length);
  if (more > 0)
    lines.push(style.dim(`  and ${count(more, 'more failed test')}: ${whereTheyAre(all.bad - bad.length)}`));
  return lines;
}
