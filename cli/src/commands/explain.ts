import { ClientError } from '@benchwire/shared/client/errors.ts';
import { type Finding, type FindingEvidence, finding } from '@benchwire/shared/contracts/finding.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findFinding } from '../connection/find-finding.ts';
import { shortRunId } from '../connection/find-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../errors.ts';
import { paintKind } from '../results/findings-table.ts';
import { formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

export const explain = defineCommand({
  name: 'explain',
  summary: 'why there is a finding: the numbers, the levels, the tests, the re-runs and who decided what',
  positionals: ['FINDING'],
  options: {},
  details: 'FINDING is an id as `bw findings` lists them, which may be cut short, or `last`.',
  async run(context, _, [text = '']) {
    const record = await withStack(context, async (client) => {
      const { finding_id } = await findFinding(client, text);
      const { rows } = await client.query('finding', { finding_id });
      const [row] = rows;
      if (row === undefined) {
        throw new ClientError(
          'REFUSED',
          `finding ${finding_id} is from before 0.3, which kept no record of the reasons`,
        );
      }
      return finding.parse(JSON.parse(row.record));
    });
    if (context.json) context.out.line(JSON.stringify(record));
    else context.out.lines(explanation(context, record));
    return EXIT.ok;
  },
});

function explanation({ style, out }: CliContext, record: Finding): string[] {
  const table = <R>(rows: readonly R[], columns: ReadonlyArray<Column<R>>): string[] =>
    renderTable(rows, columns, { style, width: out.columns });
  const { evidence, confirmations, culprit } = record;
  const head = `${paintKind(record.kind, record.kind, style)}, ${paintState(record.state, style)}`;
  const lines = [head, ...wrap(oneLine(record.message), out.columns), '', ...facts(record)];
  if (culprit !== null) {
    const to = sourceWords(culprit.first_bad.source);
    lines.push(`  between    ${sourceWords(culprit.last_good.source)} (good) and ${to} (bad)`);
  }
  if (evidence !== null && evidence.environment.length > 0) {
    lines.push(
      ...evidence.environment.map(
        ({ what, from, to }) => `  changed    ${oneLine(what)}: ${oneLine(from)} -> ${oneLine(to)}`,
      ),
    );
  }
  if (evidence !== null && evidence.segments.length > 0) {
    lines.push('', style.bold('levels'), ...table(evidence.segments, SEGMENTS));
  }
  if (evidence !== null && evidence.tests.length > 0) {
    lines.push('', style.bold('tests'), ...table(evidence.tests, TESTS));
  }
  if (evidence !== null && evidence.contributions.length > 0) {
    lines.push('', style.bold('what is off'), ...table(evidence.contributions, CONTRIBUTIONS));
  }
  if (confirmations.length > 0) lines.push('', style.bold('re-runs'), ...table(confirmations, CONFIRMATIONS));
  if (record.history.length > 0) lines.push('', style.bold('states'), ...table(record.history, HISTORY));
  return lines;
}

function facts(record: Finding): string[] {
  const rows: Array<[string, string | null]> = [
    ['finding', record.finding_id],
    ['series', record.series_id],
    ['incident', record.incident_id],
    ['pool', record.pool],
    ['run', `${record.run_id}, task ${record.task_id}`],
    ['measured', record.measured_at],
    ...record.links.map((link): [string, string] => ['link', link]),
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(10)} ${oneLine(value)}`]));
}

function sourceWords(source: Finding['source']): string {
  const name = source?.commit?.slice(0, 12) ?? source?.version;
  return name === undefined ? 'a run without a source' : oneLine(name);
}

function paintState(state: string, style: Style): string {
  const words = state.replace('_', ' ');
  if (state === 'confirmed') return style.bold(words);
  if (state === 'dismissed' || state === 'went_away') return style.dim(words);
  return words;
}

/** At word boundaries, for a sentence. */
function wrap(text: string, width = 100): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const SEGMENTS: ReadonlyArray<Column<FindingEvidence['segments'][number]>> = [
  { title: 'points', cell: ({ from, to }) => `${from + 1} – ${to}` },
  { title: 'median', cell: ({ median }) => formatNumber(median), align: 'right', paint: (t, _, s) => s.bold(t) },
  { title: 'noise', cell: ({ scale }) => formatNumber(scale), align: 'right' },
  { title: 'from run', cell: ({ from_run_id }) => (from_run_id === null ? '' : shortRunId(from_run_id)) },
];

const TESTS: ReadonlyArray<Column<FindingEvidence['tests'][number]>> = [
  { title: 'test', cell: ({ name }) => name.replaceAll('_', ' ') },
  { title: 'value', cell: ({ value }) => formatNumber(value, 2), align: 'right' },
  { title: 'limit', cell: ({ limit }) => formatNumber(limit, 2), align: 'right' },
  {
    title: 'met',
    cell: ({ passed, limit }) => (limit === null ? '' : passed ? 'yes' : 'no'),
    paint: (text, row, s) => (row.passed ? s.green(text) : s.yellow(text)),
  },
  { title: 'what it asks', cell: ({ meaning }) => oneLine(meaning), shrink_to: 40 },
];

const CONTRIBUTIONS: ReadonlyArray<Column<FindingEvidence['contributions'][number]>> = [
  { title: 'metric', cell: ({ name }) => name },
  { title: 'value', cell: ({ value }) => formatNumber(value), align: 'right' },
  { title: 'z', cell: ({ z_score }) => formatNumber(z_score, 1), align: 'right' },
];

const CONFIRMATIONS: ReadonlyArray<Column<Finding['confirmations'][number]>> = [
  { title: 'asked', cell: ({ asked_at }) => asked_at.slice(0, 19).replace('T', ' ') },
  { title: 'on', cell: ({ worker_id, on }) => (worker_id === null ? '' : `${worker_id} (${on.replace('_', ' ')})`) },
  { title: 'value', cell: ({ value }) => formatNumber(value), align: 'right', paint: (t, _, s) => s.bold(t) },
  {
    title: 'says',
    cell: ({ agrees, note }) =>
      agrees === null ? (note === '' ? 'still to come' : oneLine(note)) : agrees ? 'the new level' : 'the level before',
  },
  { title: 'run', cell: ({ run_id }) => (run_id === null ? '' : shortRunId(run_id)) },
];

const HISTORY: ReadonlyArray<Column<Finding['history'][number]>> = [
  { title: 'when', cell: ({ at }) => at.slice(0, 19).replace('T', ' ') },
  { title: 'state', cell: ({ state }) => state.replace('_', ' '), paint: (text, _, s) => s.bold(text) },
  { title: 'by', cell: ({ by }) => oneLine(by) },
  { title: 'why', cell: ({ reason }) => oneLine(reason), shrink_to: 30 },
];
