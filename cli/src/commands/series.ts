import { ask } from '@benchwire/shared/client/ask.ts';
import { ANALYSE_SUBJECT, analyseReply, type SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { ResultRow, SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { SERIES_KINDS } from '@benchwire/shared/contracts/series-kinds.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { titleOfNote } from '@benchwire/shared/format/note-titles.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import { hardwareNamesOf } from '../connection/hardware-names.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError } from '../errors.ts';
import { analysisLines } from '../results/analysis-lines.ts';
import { sparkline } from '../terminal/bar.ts';
import { decimalsFor, formatAgo, formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

export const series = defineCommand({
  name: 'series',
  summary: 'histories of measured values; with a series id, its points',
  positionals: ['[SEARCH|SERIES]'],
  options: {
    kind: { kind: 'choice', choices: SERIES_KINDS, help: 'only results, or only what was measured beside them' },
    limit: { kind: 'count', value: 'N', help: 'how many series (100) or points (100)' },
  },
  details: `
SEARCH is looked for in benchmark, model and metric. A series id (20 hex digits, as \`bw series\` lists them) shows the
points of that series, oldest first.`,
  async run(context, { kind, limit = 100 }, [text = '']) {
    await withStack(context, async (client) => {
      if (/^[0-9a-f]{20}$/.test(text)) {
        const { rows } = await client.query('points', { series_id: text, limit });
        if (rows.length === 0) throw new NotFoundError(`there is no series ${text}: \`bw series\` lists them.`);
        const reply = await ask(client.nats, ANALYSE_SUBJECT, { series_id: text }, analyseReply, {
          service: 'anomaly service',
          reads_only: true,
        });
        showPoints(context, rows, reply.ok ? reply.analysis : undefined);
        return;
      }
      const of_kind = kind === undefined ? {} : { series_kind: kind };
      const { rows } = await client.query('series', { search: text, ...of_kind, limit });
      const names = await hardwareNamesOf(client);
      showSeries(context, context.json ? rows : rows.map((row) => ({ ...row, pool: names.pool(row.pool) })), text);
    });
    return EXIT.ok;
  },
});

function showSeries({ out, err, style, json, now }: CliContext, rows: readonly SeriesRow[], search: string): void {
  if (json) {
    out.line(JSON.stringify(rows));
    return;
  }
  if (rows.length === 0) {
    err.line(search === '' ? 'no results yet.' : `no series has "${oneLine(search)}" in its name.`);
    return;
  }
  const columns: ReadonlyArray<Column<SeriesRow>> = [
    { title: 'series', cell: (row) => row.series_id },
    { title: 'benchmark', cell: (row) => row.benchmark, shrink_to: 12, expendable: 2 },
    { title: 'model', cell: (row) => modelName(row.model), shrink_to: 12 },
    { title: 'metric', cell: (row) => row.metric, shrink_to: 16 },
    { title: 'kind', cell: (row) => row.series_kind, expendable: 3, paint: (t, _, s) => s.dim(t) },
    { title: 'batch', cell: (row) => (row.batch_size === null ? '' : String(row.batch_size)), align: 'right' },
    { title: 'precision', cell: (row) => row.precision, expendable: 5 },
    { title: 'scenario', cell: (row) => (row.scenario === 'single_stream' ? '' : row.scenario), expendable: 6 },
    // Two series that differ in nothing else differ in the rest of the task's config: threads, shapes, arguments.
    { title: 'variant', cell: (row) => row.variant, expendable: 7 },
    { title: 'last', cell: (row) => formatNumber(row.last_value), align: 'right', paint: (t, _, s) => s.bold(t) },
    { title: 'unit', cell: (row) => row.unit, expendable: 3 },
    { title: 'points', cell: (row) => formatNumber(row.points), align: 'right' },
    { title: 'note', cell: (row) => (row.is_simulated ? 'simulated' : ''), paint: (t, _, s) => s.yellow(t) },
    { title: 'pool', cell: (row) => row.pool, expendable: 4 },
    { title: 'measured', cell: (row) => formatAgo(Date.parse(row.last_at), now()), align: 'right', expendable: 1 },
  ];
  out.lines(renderTable(rows, columns, { style, width: out.columns }));
}

function showPoints(
  { out, style, json }: CliContext,
  rows: readonly ResultRow[],
  analysis: SeriesAnalysis | undefined,
): void {
  if (json) {
    out.line(JSON.stringify(rows));
    return;
  }
  // The series is of one fingerprint; the pool changes when its workers offer other labels or programs.
  const newest = rows.at(-1);
  if (newest === undefined) return;
  const what = [
    newest.benchmark,
    newest.model,
    newest.metric,
    newest.batch_size === null ? '' : `batch ${newest.batch_size}`,
    newest.pool,
  ];
  out.line(
    `${style.bold(
      what
        .filter((part) => part !== '')
        .map(oneLine)
        .join(' · '),
    )}  ${newest.unit}`,
  );
  out.line(style.cyan(sparkline(rows.slice(-60).map((row) => row.value))));
  if (analysis !== undefined) out.lines(analysisLines(analysis, newest.unit));
  const decimals = Math.max(...rows.map((row) => decimalsFor(row.value)).filter((d) => d <= 6), 0);
  const columns: ReadonlyArray<Column<ResultRow>> = [
    { title: 'measured', cell: (row) => row.measured_at.slice(0, 19).replace('T', ' ') },
    { title: 'value', cell: (row) => formatNumber(row.value, decimals), align: 'right', paint: (t, _, s) => s.bold(t) },
    {
      title: '95 % CI',
      cell: ({ ci_low, ci_high }) =>
        ci_low === null || ci_high === null
          ? ''
          : `${formatNumber(ci_low, decimals)} – ${formatNumber(ci_high, decimals)}`,
      align: 'right',
      expendable: 2,
    },
    { title: 'samples', cell: (row) => formatNumber(row.samples), align: 'right', expendable: 3 },
    { title: 'steady', cell: (row) => (row.steady === null ? '' : row.steady ? 'yes' : 'no') },
    {
      title: 'note',
      cell: (row) => [...new Set(row.note_codes.filter((code) => code !== 'not_steady').map(titleOfNote))].join(', '),
      paint: (t, _, s) => s.yellow(t),
    },
    {
      title: 'printed',
      cell: (row) => (row.printed_value === null ? '' : `${formatNumber(row.printed_value)} ${row.printed_unit}`),
      align: 'right',
      expendable: 4,
    },
    { title: 'commit', cell: (row) => row.commit.slice(0, 10) },
    { title: 'branch', cell: (row) => row.branch, expendable: 1, shrink_to: 10 },
    { title: 'run', cell: (row) => shortRunId(row.run_id) },
  ];
  out.lines(renderTable(rows, columns, { style, width: out.columns }));
}
