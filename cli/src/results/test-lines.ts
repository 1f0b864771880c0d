import type { TestCaseRow } from '@benchwire/shared/contracts/rows.ts';
import { isBad, testCaseInWords } from '@benchwire/shared/contracts/test-results.ts';
import { count, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine, wrap } from '../terminal/text-width.ts';

const SHOWN = 20;
const MESSAGE_LINES = 4;

/** How the test cases of a run ended, and which failed, with the beginning of why. */
export function testLines(rows: readonly TestCaseRow[], style: Style, width: number | undefined): string[] {
  if (rows.length === 0) return [];
  const bad = rows.filter(({ state }) => isBad(state));
  const skipped = rows.filter(({ state }) => state === 'skipped').length;
  const parts = [
    [rows.length - bad.length - skipped, 'passed'],
    [bad.length, 'failed'],
    [skipped, 'skipped'],
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
  if (bad.length > SHOWN)
    lines.push(style.dim(`  and ${count(bad.length - SHOWN, 'more failed test')}: bw show --json has them all`));
  return lines;
}
