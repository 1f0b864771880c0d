import { percent } from '../compare/words.ts';
import type { Analytics, AnalyticsGroup, AnalyticsRow } from '../contracts/analytics.ts';
import type { ComparedDifference } from '../contracts/comparison.ts';
import { modelName } from '../format/model-name.ts';
import { fourDigits } from '../format/number.ts';
import packageJson from '../package.json' with { type: 'json' };
import { document, table, time } from './document.ts';
import { type Html, html } from './html.ts';

/** Rows of the table of single values. */
const MAX_ROWS = 2000;

/**
 * A period compared with its baseline, as one HTML document that needs nothing else.
 * @param poolName - what a pool is called
 */
export function renderAnalytics(found: Analytics, poolName: (pool: string) => string, made_at: Date): string {
  const { version } = packageJson;
  const [baseline, period] = found.sides;
  const compared = found.rows.filter(({ cells }) => cells.every((cell) => cell !== null));
  const alone = found.rows.filter(({ cells }) => cells.some((cell) => cell === null));
  const of = (which: AnalyticsGroup['of']): AnalyticsGroup[] => found.groups.filter((group) => group.of === which);
  const device = found.normalised_to === null ? undefined : poolName(found.normalised_to);
  return document(
    'Analytics',
    version,
    html`<p class="dim">${period?.label ?? ''} compared with ${baseline?.label ?? ''}${device !== undefined && html`, normalised to ${device}`}.</p>
<ul>${of('everything').map(({ sentence }) => html`<li>${sentence}</li>`)}</ul>
${found.notes.map((note) => html`<p class="dim">${note}</p>`)}
${groupSection('By hardware', of('hardware'), poolName, device)}
${groupSection('By model', of('model'), modelName, device)}
<h2>Values</h2>
${valueTable(compared.slice(0, MAX_ROWS), poolName)}
${compared.length > MAX_ROWS && html`<p class="dim">The first ${MAX_ROWS} of ${compared.length} values, the worst first.</p>`}
${alone.length > 0 && html`<h2>Measured on one side only</h2>${aloneTable(alone.slice(0, MAX_ROWS), poolName)}`}
${alone.length > MAX_ROWS && html`<p class="dim">The first ${MAX_ROWS} of ${alone.length}.</p>`}
<footer>Made ${time(made_at.toISOString())} by Benchwire ${version}. Means are geometric means of the ratios. A change is better or worse only where it is more than noise.</footer>`,
  );
}

const change = (value: number | null | undefined): string => (value == null ? '–' : percent(value));

function groupSection(
  title: string,
  groups: readonly AnalyticsGroup[],
  nameOf: (name: string) => string,
  device: string | undefined,
): Html {
  const over =
    device === undefined
      ? []
      : ([
          ['Baseline ÷ device', 'n'],
          ['Period ÷ device', 'n'],
        ] as const);
  return html`<h2>${title}</h2>
${table(
  [
    ...([
      ['Name'],
      ['Metric'],
      ['Mean change', 'n'],
      ['Values', 'n'],
      ['Worse', 'n'],
      ['Better', 'n'],
      ['Noise', 'n'],
    ] as const),
    ...([
      ['Unknown', 'n'],
      ['Only baseline', 'n'],
      ['Only period', 'n'],
    ] as const),
    ...over,
  ],
  groups.map((group) => [
    ...[html`<div class="wrap">${nameOf(group.name)}</div>`, group.metric, change(group.mean_change_percent)],
    ...[group.rows, group.worse, group.better, group.same, group.unknown, group.only_baseline, group.only_period].map(
      String,
    ),
    ...(group.relative === null ? [] : [relative(group.relative, 'baseline'), relative(group.relative, 'period')]),
  ]),
)}`;
}

function relative(of: NonNullable<AnalyticsGroup['relative']>, side: 'baseline' | 'period'): string {
  return of[side] === null ? '–' : `${fourDigits(of[side])} × (${of[`${side}_values`]})`;
}

const what = ({ benchmark, model, batch_size, precision }: AnalyticsRow): string =>
  [modelName(model) || benchmark, batch_size === null ? '' : `batch ${batch_size}`, precision]
    .filter(Boolean)
    .join(', ');

function valueTable(rows: readonly AnalyticsRow[], poolName: (pool: string) => string): Html {
  if (rows.length === 0) return html`<p>Nothing was measured on both sides.</p>`;
  return table(
    [
      ['What'],
      ['Hardware'],
      ['Metric'],
      ['Baseline', 'n'],
      ['Period', 'n'],
      ['Change', 'n'],
      ['95 % CI', 'n'],
      ['Verdict'],
    ],
    rows.map((row) => {
      const [before, after] = row.cells;
      const difference = row.differences[1] ?? null;
      return [
        ...[html`<div class="wrap">${what(row)}</div>`, poolName(row.pool), row.metric],
        ...[`${fourDigits(before?.value)} ${row.unit}`, `${fourDigits(after?.value)} ${row.unit}`],
        ...[change(difference?.change_percent), interval(difference), verdict(difference)],
      ];
    }),
  );
}

function aloneTable(rows: readonly AnalyticsRow[], poolName: (pool: string) => string): Html {
  return table(
    [['What'], ['Hardware'], ['Metric'], ['Measured in'], ['Value', 'n']],
    rows.map((row) => {
      const [before, after] = row.cells;
      const value = `${fourDigits((before ?? after)?.value)} ${row.unit}`;
      return [
        html`<div class="wrap">${what(row)}</div>`,
        poolName(row.pool),
        row.metric,
        before == null ? 'the period' : 'the baseline',
        value,
      ];
    }),
  );
}

function interval(difference: ComparedDifference | null): string {
  const { change_low_percent: low = null, change_high_percent: high = null } = difference ?? {};
  return low === null || high === null ? '–' : `${percent(low)} to ${percent(high)}`;
}

function verdict(difference: ComparedDifference | null): Html | string {
  if (difference === null) return '–';
  return difference.verdict === 'worse' ? html`<b class="bad">▼ worse</b>` : (VERDICT_WORDS[difference.verdict] ?? '–');
}

const VERDICT_WORDS: Record<ComparedDifference['verdict'], string> = {
  ...{ better: '▲ better', worse: '▼ worse', different: '◆ different', same: '≈ noise', unknown: '? unknown' },
};
