import type { MetricVerdict, RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { wordsOf } from '@benchwire/shared/verdict/summary.ts';
import { formatChange, formatNumber } from '../terminal/numbers.ts';
import { comparedMetrics, intervalOf, nameOf, notDecidedWords } from './verdict-lines.ts';

export const VERDICT_FORMATS = ['markdown', 'junit'] as const;
export type VerdictFormat = (typeof VERDICT_FORMATS)[number];

/** A verdict as a file for other programs. */
export function formatVerdict(verdict: RunVerdict, format: VerdictFormat, url: string | undefined): string {
  return format === 'markdown' ? markdown(verdict, url) : junit(verdict);
}

/** For a comment on a pull request. */
function markdown(verdict: RunVerdict, url: string | undefined): string {
  const sign = { fail: '❌', warn: '⚠️', pass: '✅' }[verdict.outcome];
  const rows = comparedMetrics(verdict).map((metric) =>
    [
      wordsOf(metric),
      formatChange(metric.change_percent),
      intervalOf(metric),
      nameOf(metric),
      `${formatNumber(metric.value)} ${metric.unit}`.trim(),
      metric.baseline === null ? '' : `${formatNumber(metric.baseline.level)} ${metric.unit}`.trim(),
      metric.gate,
    ]
      .map(cell)
      .join(' | '),
  );
  const table =
    rows.length === 0
      ? []
      : [
          '',
          '| verdict | change | 95 % interval | metric | value | base | gate |',
          '|---|---:|---|---|---:|---:|---|',
          ...rows.map((row) => `| ${row} |`),
        ];
  const doubts = [...notDecidedWords(verdict), ...verdict.warnings];
  const notes = doubts.length === 0 ? [] : ['', ...doubts.map((line) => `- ⚠️ ${cell(line)}`)];
  const more = verdict.left_out === 0 ? [] : ['', `${verdict.left_out} more metrics are not shown.`];
  const link = url === undefined ? [] : ['', `[Run ${verdict.run_id}](${url})`];
  return [`${sign} ${verdict.summary}`, ...table, ...notes, ...more, ...link].join('\n');
}

/** Names come from requests: none of them ends a cell or starts markup. */
const cell = (text: string): string => text.replace(/[\\|`<>[\]*_]/g, '\\$&').replace(/\s+/g, ' ');

/** Each metric that counts is a test case: it fails as the gate does, and is skipped where nothing can be told. */
function junit(verdict: RunVerdict): string {
  const counted = verdict.metrics.filter(({ gate }) => gate !== 'report');
  const failed = counted.filter(({ gate }) => gate === 'fail').length;
  let skipped = counted.filter(isSkipped).length;
  const cases = counted.map((metric) => {
    const attributes = `classname="${xml(metric.benchmark)}" name="${xml(nameOf(metric))}"`;
    if (metric.gate === 'fail')
      return `  <testcase ${attributes}><failure message="${xml(`${wordsOf(metric)} ${formatChange(metric.change_percent)}`)}">${xml(metric.reason)}</failure></testcase>`;
    if (isSkipped(metric)) return `  <testcase ${attributes}><skipped message="${xml(metric.reason)}"/></testcase>`;
    return `  <testcase ${attributes}><system-out>${xml(metric.reason)}</system-out></testcase>`;
  });
  for (const { benchmark, counts, reason, ...about } of verdict.not_decided) {
    if (!counts) continue;
    const attributes = `classname="${xml(benchmark)}" name="${xml(nameOf(about))}"`;
    cases.push(`  <testcase ${attributes}><skipped message="${xml(`not decided: ${reason}`)}"/></testcase>`);
    skipped++;
  }
  const output =
    verdict.warnings.length === 0 ? [] : [`  <system-err>${xml(verdict.warnings.join('\n'))}</system-err>`];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="benchwire ${verdict.run_id}" tests="${cases.length}" failures="${failed}" skipped="${skipped}">`,
    ...cases,
    ...output,
    '</testsuite>',
  ].join('\n');
}

const isSkipped = ({ gate, verdict }: MetricVerdict): boolean => gate !== 'fail' && verdict === 'cannot_tell';

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // XML 1.0 has no place for control characters.
  return text.replace(/[^\P{Cc}\t\n\r]/gu, '').replace(/[&<>"]/g, (sign) => entities[sign] ?? '');
}
