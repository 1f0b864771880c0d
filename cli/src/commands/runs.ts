import { ARCHIVED_CHOICES } from '@benchwire/shared/contracts/archived-choice.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { RUN_STATUSES, runStatus, runStatusWords, statusesFoundBy } from '@benchwire/shared/contracts/run-status.ts';
import { verdictOutcome } from '@benchwire/shared/contracts/verdict.ts';
import { defineCommand } from '../arguments/command.ts';
import { sinceTime } from '../arguments/since.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';
import { paintState } from '../progress/task-words.ts';
import { stackedBar } from '../terminal/bar.ts';
import { formatAgo, formatDuration, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';

const OUTCOME_PAINT = {
  pass: (style: Style) => style.green,
  warn: (style: Style) => style.yellow,
  fail: (style: Style) => style.red,
};

export const runs = defineCommand({
  name: 'runs',
  summary: 'list runs, the newest first',
  positionals: [],
  options: {
    state: { kind: 'choice', choices: RUN_STATUSES, help: 'only runs in this state; failed: with any failed task' },
    commit: { kind: 'text', value: 'SHA', help: 'only runs of this commit, or of those that begin so' },
    branch: { kind: 'text', value: 'NAME', help: 'only runs of this branch' },
    since: {
      kind: 'text',
      value: 'TIME',
      help: 'only runs since a date (2026-11-01), or for how long (90min, 12h, 7d)',
    },
    search: { kind: 'text', value: 'TEXT', help: 'only runs with this in their name or id' },
    status: { kind: 'choice', choices: RUN_STATUSES, help: 'the same as --state' },
    verdict: { kind: 'choice', choices: verdictOutcome.options, help: 'only runs with this verdict' },
    archived: { kind: 'choice', choices: ARCHIVED_CHOICES, help: 'what to do with archived runs (hide)' },
    limit: { kind: 'count', value: 'N', help: 'how many (20)' },
  },
  details: `
The server filters, so a filter finds runs of any age. \`failed\` finds every run with a failed task, also those that are
\`partly_failed\`; \`running\` also those that are being cancelled.

  bw runs --branch main --state failed --since 7d
  bw runs --commit 4f2a91c`,
  async run(context, { limit = 20, state, status = state, commit, branch, search, since, verdict, archived }) {
    const now_ms = context.now();
    const filters = {
      ...{ commit, branch, search, archived },
      since: since === undefined ? undefined : sinceTime(since, now_ms),
      statuses: status === undefined ? undefined : statusesFoundBy(status),
      verdicts: verdict === undefined ? undefined : [verdict],
    };
    const { rows } = await withStack(context, (client) => client.query('runs', { ...filters, limit }));
    const isFiltered = Object.values(filters).some((value) => value !== undefined);
    if (context.json) context.out.line(JSON.stringify(rows.map((row) => ({ ...row, status: runStatus(row) }))));
    else if (rows.length === 0 && isFiltered) context.err.line('no runs match: `bw runs` lists all of them.');
    else if (rows.length === 0) context.err.line('no runs yet: start one with `bw run FILE`.');
    else context.out.lines(runsTable(rows, context.style, context.out.columns, now_ms));
    return EXIT.ok;
  },
});

/** Runs with how far each is. */
export function runsTable(rows: readonly RunRow[], style: Style, width: number | undefined, now_ms: number): string[] {
  const columns: ReadonlyArray<Column<RunRow>> = [
    { title: 'run', cell: (row) => shortRunId(row.run_id), paint: (text, _, s) => s.bold(text) },
    { title: 'name', cell: (row) => row.name, shrink_to: 12 },
    {
      title: 'state',
      stays: true,
      cell: (row) => runStatusWords(runStatus(row)),
      paint: (text, row, s) => paintState(text, runStatus(row), s),
    },
    {
      title: 'verdict',
      cell: ({ verdict }) => verdict?.outcome ?? '',
      paint: (text, { verdict }, s) => (verdict === null ? text : OUTCOME_PAINT[verdict.outcome](s)(text)),
      expendable: 5,
    },
    { title: 'tasks', cell: (row) => formatNumber(row.total), align: 'right' },
    { title: '', cell: () => ' '.repeat(10), paint: (_, row, s) => runBar(row, 10, s), expendable: 4 },
    { title: 'done', cell: (row) => formatNumber(row.completed), align: 'right' },
    {
      title: 'failed',
      cell: (row) => formatNumber(badOf(row) || null),
      align: 'right',
      paint: (text, _, s) => s.red(text),
    },
    { title: 'cancelled', cell: (row) => formatNumber(row.cancelled || null), align: 'right', expendable: 2 },
    { title: 'running', cell: (row) => formatNumber(row.running || null), align: 'right', expendable: 1 },
    { title: 'took', cell: (row) => took(row, now_ms), align: 'right', expendable: 3 },
    { title: 'commit', cell: (row) => (row.source?.commit ?? '').slice(0, 10), expendable: 5 },
    { title: 'branch', cell: (row) => row.source?.branch ?? '', expendable: 6, shrink_to: 8 },
    { title: 'accepted', cell: (row) => formatAgo(Date.parse(row.accepted_at), now_ms), align: 'right' },
  ];
  return renderTable(rows, columns, { style, width });
}

function badOf(row: RunRow): number {
  return row.failed + row.timed_out + row.lost;
}

export function runBar(row: RunRow, width: number, style: Style): string {
  const share = (n: number): number => (row.total === 0 ? 0 : n / row.total);
  const parts = [
    { share: share(row.completed), paint: style.green },
    { share: share(badOf(row)), paint: style.red },
    { share: share(row.cancelled), paint: style.yellow },
  ];
  return stackedBar(parts, width, style);
}

export function took(row: RunRow, now_ms: number): string {
  const end = row.finished_at === null ? now_ms : Date.parse(row.finished_at);
  return formatDuration((end - Date.parse(row.accepted_at)) / 1000);
}
