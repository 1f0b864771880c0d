import type { MetricVerdict, RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { escapedMarkdown } from '@benchwire/shared/forges/markdown.ts';
import { wordsOf } from '@benchwire/shared/verdict/summary.ts';
import { formatChange, formatNumber } from '../terminal/numbers.ts';
import { comparedMetrics, intervalOf, nameOf, notDecidedWords } from './verdict-lines.ts';

export const VERDICT_FORMATS = ['markdown', 'junit'] as const;
export type VerdictFormat = (typeof VERDICT_FORMATS)[number];

/** A verdict as a file for other programs. */
export function formatVerdict(verdict: RunVerdict, format: VerdictFormat, url: string | undefined): string {
  return format === 'markdown' ? markdown(verdict, url) : junitFile({ run_id: verdict.run_id, verdict, failures: [] });
}

/** For a comment on a pull request. */
function markdown(verdict: RunVerdict, url: string | undefined): string {
  const sign = { fail: '❌', warn: '⚠️', pass: '✅' }[verdict.outcome];
  const rows = comparedMetrics(verdict).map(markdownRow);
  const table = rows.length === 0 ? [] : ['', ...MARKDOWN_TABLE, ...rows];
  const doubts = [...notDecidedWords(verdict), ...verdict.warnings];
  const notes = doubts.length === 0 ? [] : ['', ...doubts.map((line) => `- ⚠️ ${markdownCell(line)}`)];
  const more = verdict.left_out === 0 ? [] : ['', `${verdict.left_out} more metrics are not shown.`];
  const link = url === undefined ? [] : ['', `[Run ${verdict.run_id}](${url})`];
  return [`${sign} ${verdict.summary}`, ...table, ...notes, ...more, ...link].join('\n');
}

/** The head of a verdict's table in Markdown. */
export const MARKDOWN_TABLE = [
  '| verdict | change | 95 % interval | sees | metric | value | base | gate |',
  '|---|---:|---|---:|---|---:|---:|---|',
] as const;

export function markdownRow(metric: MetricVerdict): string {
  const { change_percent, minimum_detectable_percent: sees, value, baseline, unit, gate } = metric;
  const cells = [
    wordsOf(metric),
    formatChange(change_percent),
    intervalOf(metric),
    sees === null ? '' : `${formatNumber(sees, 1)} %`,
    nameOf(metric),
    `${formatNumber(value)} ${unit}`.trim(),
    baseline === null ? '' : `${formatNumber(baseline.level)} ${unit}`.trim(),
    gate,
  ];
  return `| ${cells.map(markdownCell).join(' | ')} |`;
}

/** Names come from requests: none of them ends a cell, starts markup, calls people or becomes a link. */
export const markdownCell = (text: string): string => escapedMarkdown(text).replaceAll('://', ':\u200b//');

/** What a JUnit file is made of: a verdict, and tasks that did not complete. */
export interface JunitContent {
  run_id: string;
  verdict: RunVerdict | null;
  failures: ReadonlyArray<{ task_id: string; status: string; message: string }>;
}

/**
 * Each metric that counts is a test case: it fails as the gate does, and is skipped where nothing can be told. So is each task that did not
 * complete.
 */
export function junitFile({ run_id, verdict, failures }: JunitContent): string {
  const counted = (verdict?.metrics ?? []).filter(({ gate }) => gate !== 'report');
  const failed = failures.length + counted.filter(({ gate }) => gate === 'fail').length;
  const undecided = (verdict?.not_decided ?? []).filter(({ counts }) => counts);
  const skipped = counted.filter(isSkipped).length + undecided.length;
  const cases = [
    ...failures.map(({ task_id, status, message }) =>
      testCase('tasks', task_id, `<failure message="${xml(status)}">${xml(message)}</failure>`),
    ),
    ...counted.map((metric) => testCase(metric.benchmark, nameOf(metric), outcomeOf(metric))),
    ...undecided.map(({ benchmark, reason, ...about }) =>
      testCase(benchmark, nameOf(about), `<skipped message="${xml(`not decided: ${reason}`)}"/>`),
    ),
  ];
  const warnings = verdict?.warnings ?? [];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="benchwire ${run_id}" tests="${cases.length}" failures="${failed}" skipped="${skipped}">`,
    ...cases,
    ...(warnings.length === 0 ? [] : [`  <system-err>${xml(warnings.join('\n'))}</system-err>`]),
    '</testsuite>',
  ].join('\n');
}

const testCase = (classname: string, name: string, content: string): string =>
  `  <testcase classname="${xml(classname)}" name="${xml(name)}">${content}</testcase>`;

function outcomeOf(metric: MetricVerdict): string {
  const reason = xml(metric.reason);
  if (metric.gate === 'fail')
    return `<failure message="${xml(`${wordsOf(metric)} ${formatChange(metric.change_percent)}`)}">${reason}</failure>`;
  return isSkipped(metric) ? `<skipped message="${reason}"/>` : `<system-out>${reason}</system-out>`;
}

const isSkipped = ({ gate, verdict }: MetricVerdict): boolean => gate !== 'fail' && verdict === 'cannot_tell';

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // XML 1.0 has no place for control characters.
  return text.replace(/[^\P{Cc}\t\n\r]/gu, '').replace(/[&<>"]/g, (sign) => entities[sign] ?? '');
}
