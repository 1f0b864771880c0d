import type { TestCaseRow, TestRow } from '@benchwire/shared/contracts/rows.ts';
import { isBad } from '@benchwire/shared/contracts/test-results.ts';
import { testCaseInWords } from '@benchwire/shared/format/test-case-name.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError } from '../errors.ts';
import { formatAgo, formatDuration, formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

export const tests = defineCommand({
  name: 'tests',
  summary: 'test cases: which fail, and which are flaky; with a case id, its history',
  positionals: ['[SEARCH|CASE]'],
  options: {
    flaky: { kind: 'flag', help: 'only cases that both passed and failed on the same commit and settings' },
    failing: { kind: 'flag', help: 'only cases that failed the last time' },
    benchmark: { kind: 'text', value: 'NAME', help: 'only those of this benchmark (the name of the request)' },
    last: { kind: 'count', value: 'N', help: 'how many executions of each case are looked at (50)' },
    limit: { kind: 'count', value: 'N', help: 'how many cases, or executions of one case (100)' },
  },
  details: `
SEARCH is looked for in benchmark, class, file and name. A case id (16 hex digits, as \`bw tests\` lists them) shows how that
case ended, newest first.

A case is flaky if it both passed and failed with the same commit (without a commit: the same settings) on the same pool. Its
flakiness is the share of executions that disagree with the majority of their commit: 50 % is the toss of a coin.`,
  async run(context, { flaky, failing, benchmark, last = 50, limit = 100 }, [text = '']) {
    const only = [...(flaky ? (['flaky'] as const) : []), ...(failing ? (['failing'] as const) : [])];
    await withStack(context, async (client) => {
      if (/^[0-9a-f]{16}$/.test(text)) {
        const [{ rows: found }, { rows: history }] = await Promise.all([
          client.query('tests', { case_id: text, executions: last, limit: 1 }),
          client.query('test_history', { case_id: text, limit }),
        ]);
        const [test] = found;
        if (test === undefined) throw new NotFoundError(`there is no test case ${text}: \`bw tests\` lists them.`);
        showCase(context, test, history);
        return;
      }
      const asked = { search: text, only, executions: last, limit, ...(benchmark === undefined ? {} : { benchmark }) };
      showCases(
        context,
        (await client.query('tests', asked)).rows,
        text !== '' || only.length > 0 || benchmark !== undefined,
      );
    });
    return EXIT.ok;
  },
});

/** What is known of how far it can be relied on. */
function reliability({ executions, failures, flakiness, flaky_programs, programs }: TestRow): string {
  if (executions === 0) return 'never ran';
  const rate = `failed ${formatNumber(failures)} of ${formatNumber(executions)}`;
  if (flaky_programs === 0 || flakiness === null) return rate;
  const on = programs === 1 ? 'the same commit and settings' : `${flaky_programs} of ${programs} commits or settings`;
  return `${rate}, flaky on ${on} (${formatNumber(flakiness * 100)} %)`;
}

function showCases({ out, err, style, json, now }: CliContext, rows: readonly TestRow[], is_filtered: boolean): void {
  if (json) {
    out.line(JSON.stringify(rows));
    return;
  }
  if (rows.length === 0) {
    if (is_filtered) err.line('no test cases match: `bw tests` lists all of them.');
    else
      err.line(
        'no test cases: a task of type "test" whose program writes JUnit XML has them (docs/requests-reference.md).',
      );
    return;
  }
  const columns: ReadonlyArray<Column<TestRow>> = [
    { title: 'case', cell: (row) => row.case_id },
    { title: 'benchmark', cell: (row) => row.benchmark, shrink_to: 10, expendable: 2 },
    { title: 'test', cell: (row) => testCaseInWords(row), shrink_to: 24 },
    {
      title: 'last',
      cell: (row) => row.last_state,
      paint: (text, row, s) => (isBad(row.last_state) ? s.red(text) : text),
    },
    {
      title: 'reliability',
      cell: reliability,
      paint: (text, row, s) => (row.flaky_programs > 0 ? s.yellow(text) : text),
    },
    { title: 'took', cell: (row) => formatDuration(row.seconds), align: 'right', expendable: 3 },
    { title: 'ended', cell: (row) => formatAgo(Date.parse(row.last_at), now()), align: 'right', expendable: 1 },
  ];
  out.lines(renderTable(rows, columns, { style, width: out.columns }));
}

function showCase({ out, style, json }: CliContext, test: TestRow, history: readonly TestCaseRow[]): void {
  if (json) {
    out.line(JSON.stringify({ ...test, history }));
    return;
  }
  out.line(`${style.bold(oneLine(testCaseInWords(test)))}  ${oneLine(test.benchmark)}`);
  out.line(`  ${reliability(test)}`);
  const columns: ReadonlyArray<Column<TestCaseRow>> = [
    { title: 'ended', cell: (row) => row.finished_at.slice(0, 19).replace('T', ' ') },
    { title: 'state', cell: (row) => row.state, paint: (text, row, s) => (isBad(row.state) ? s.red(text) : text) },
    { title: 'took', cell: (row) => formatDuration(row.seconds), align: 'right' },
    { title: 'attempt', cell: (row) => (row.attempt > 1 ? String(row.attempt) : ''), align: 'right', expendable: 3 },
    { title: 'commit', cell: (row) => row.commit.slice(0, 10) },
    { title: 'pool', cell: (row) => row.pool, expendable: 2 },
    { title: 'run', cell: (row) => shortRunId(row.run_id) },
    { title: 'message', cell: (row) => row.message.split('\n')[0] ?? '', shrink_to: 16, expendable: 1 },
  ];
  out.lines(renderTable(history, columns, { style, width: out.columns }));
}
