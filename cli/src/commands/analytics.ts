import { type AnalyticsQuestion, analyticsOf } from '@benchwire/shared/client/analytics.ts';
import type { Analytics, AnalyticsGroup, AnalyticsRow } from '@benchwire/shared/contracts/analytics.ts';
import { PERIOD_HELP } from '@benchwire/shared/contracts/period.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { renderAnalytics } from '@benchwire/shared/report/render-analytics.ts';
import { defineCommand } from '../arguments/command.ts';
import { sinceTime } from '../arguments/since.ts';
import { withStack } from '../connection/connect.ts';
import { hardwareNamesOf } from '../connection/hardware-names.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { formatChange, formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { writeReport } from './report.ts';

const SHOWN = 20;

export const analytics = defineCommand({
  name: 'analytics',
  summary: 'what changed in a period against a baseline, over any metrics and hardware',
  positionals: [],
  options: {
    metric: { kind: 'list', value: 'METRIC', help: 'only this metric; may be given again, as the next two' },
    model: { kind: 'list', value: 'MODEL', help: 'only this model' },
    hardware: { kind: 'list', value: 'POOL', help: 'only this pool, or a class such as cuda' },
    branch: { kind: 'text', value: 'BRANCH', help: 'only results of this branch' },
    since: { kind: 'text', value: 'TIME', help: 'the period is from here until now: a date, or how long ago (30d)' },
    period: { kind: 'text', value: 'PERIOD', help: 'the period, instead of --since (default: 30d)' },
    baseline: { kind: 'text', value: 'PERIOD', help: 'what it is compared with (default: as long before the period)' },
    'normalise-to': { kind: 'text', value: 'POOL', help: 'also over the values of this pool' },
    format: {
      kind: 'choice',
      choices: ['table', 'html', 'pdf'],
      help: 'html and pdf write a file that needs nothing else',
    },
    output: {
      kind: 'text',
      value: 'FILE',
      help: 'with --format html or pdf: where to (benchwire-analytics.html), - for stdout',
    },
  },
  details: `
PERIOD is ${PERIOD_HELP}.
A number of days as the baseline ends where the period begins.

  bw analytics --since 7d --metric latency_ms
  bw analytics --baseline version:1.4 --hardware cuda --format html`,
  async run(context, { since, period, output, format, ...asked }) {
    if (since !== undefined && period !== undefined) throw new UsageError('give --since or --period, not both.');
    if (output !== undefined && format !== 'html' && format !== 'pdf')
      throw new UsageError('--output needs --format html or pdf.');
    const now_ms = context.now();
    const question: AnalyticsQuestion = {
      ...{ metric: asked.metric, model: asked.model, hardware: asked.hardware, branch: asked.branch },
      ...{ baseline: asked.baseline, normalise_to: asked['normalise-to'] },
      period: since === undefined ? period : `${sinceTime(since, now_ms)}..${new Date(now_ms).toISOString()}`,
    };
    const { found, poolName } = await withStack(context, async (client) => ({
      found: await analyticsOf(client, question, now_ms),
      poolName: (await hardwareNamesOf(client)).pool,
    }));
    if (format === 'html' || format === 'pdf')
      return await writeReport(
        context,
        renderAnalytics(found, poolName, new Date(now_ms)),
        output ?? `benchwire-analytics.${format}`,
        format,
      );
    if (context.json) context.out.line(JSON.stringify(found));
    else print(context, found, poolName);
    return EXIT.ok;
  },
});

function print({ out, err, style }: CliContext, found: Analytics, poolName: (pool: string) => string): void {
  const [baseline, period] = found.sides;
  out.line(`${period?.label} compared with ${baseline?.label}`);
  if (found.rows.length === 0) {
    err.lines(found.notes);
    return;
  }
  const options = { style, width: out.columns };
  const by_hardware = found.groups.filter(({ of }) => of === 'hardware');
  out.lines(['', ...renderTable(by_hardware, groupColumns(poolName), options)]);
  const beyond = found.rows.filter(
    ({ differences: [, one] }) => one != null && !['same', 'unknown'].includes(one.verdict),
  );
  if (beyond.length > 0) out.lines(['', ...renderTable(beyond.slice(0, SHOWN), rowColumns(poolName), options)]);
  if (beyond.length > SHOWN) out.line(style.dim(`${beyond.length - SHOWN} more: --json has all of them`));
  out.line('');
  for (const { sentence } of found.groups.filter(({ of }) => of === 'everything')) out.line(sentence);
  err.lines(found.notes.map(style.dim));
}

function groupColumns(poolName: (pool: string) => string): ReadonlyArray<Column<AnalyticsGroup>> {
  const number = (
    title: string,
    get: (group: AnalyticsGroup) => number,
    expendable: number,
  ): Column<AnalyticsGroup> => ({
    ...{ title, align: 'right', expendable, cell: (group) => String(get(group)) },
  });
  const over = (title: string, side: 'baseline' | 'period'): Column<AnalyticsGroup> => ({
    ...{ title, align: 'right', expendable: 7 },
    cell: ({ relative }) => (relative?.[side] == null ? '' : `${formatNumber(relative[side])}×`),
  });
  return [
    { title: 'hardware', cell: ({ name }) => poolName(name), shrink_to: 16 },
    { title: 'metric', cell: ({ metric }) => metric, shrink_to: 16 },
    { title: 'mean change', align: 'right', stays: true, cell: (group) => formatChange(group.mean_change_percent) },
    number('values', ({ rows }) => rows, 2),
    {
      ...number('worse', ({ worse }) => worse, 1),
      paint: (text, { worse }, style) => (worse > 0 ? style.red(text) : text),
    },
    number('better', ({ better }) => better, 1),
    number('noise', ({ same }) => same, 4),
    number('unknown', ({ unknown }) => unknown, 4),
    number('only baseline', ({ only_baseline }) => only_baseline, 5),
    number('only period', ({ only_period }) => only_period, 5),
    over('baseline ÷ device', 'baseline'),
    over('period ÷ device', 'period'),
  ];
}

function rowColumns(poolName: (pool: string) => string): ReadonlyArray<Column<AnalyticsRow>> {
  return [
    {
      ...{ title: 'verdict', cell: ({ differences }) => differences[1]?.verdict ?? '' },
      paint: (text, { differences }, style) =>
        differences[1]?.verdict === 'worse'
          ? style.red(text)
          : differences[1]?.verdict === 'better'
            ? style.green(text)
            : text,
    },
    {
      title: 'change',
      align: 'right',
      cell: ({ differences }) => formatChange(differences[1]?.change_percent ?? null),
    },
    {
      ...{ title: '95 % CI', align: 'right', expendable: 4 },
      cell: ({ differences: [, one] }) =>
        one?.change_low_percent == null
          ? ''
          : `${formatChange(one.change_low_percent)} to ${formatChange(one.change_high_percent)}`,
    },
    { title: 'metric', cell: ({ metric }) => metric, shrink_to: 16 },
    { title: 'of', cell: ({ model, benchmark }) => modelName(model) || benchmark, shrink_to: 14 },
    {
      title: 'batch',
      align: 'right',
      cell: ({ batch_size }) => (batch_size === null ? '' : String(batch_size)),
      expendable: 2,
    },
    { title: 'precision', cell: ({ precision }) => precision, expendable: 6 },
    { title: 'baseline', align: 'right', cell: ({ cells }) => formatNumber(cells[0]?.value), expendable: 3 },
    { title: 'period', align: 'right', cell: ({ cells }) => formatNumber(cells[1]?.value), expendable: 3 },
    { title: 'unit', cell: ({ unit }) => unit, expendable: 6 },
    { title: 'hardware', cell: ({ pool }) => poolName(pool), expendable: 5 },
  ];
}
