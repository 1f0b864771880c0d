import { MARKDOWN_TABLE, markdownCell, markdownRow } from '../results/verdict-formats.ts';
import { comparedMetrics, notDecidedWords } from '../results/verdict-lines.ts';
import { count } from '../terminal/numbers.ts';
import { type CiReport, judge, signOf } from './ci-report.ts';

const MAX_NOTES = 10;
const NOTE_CHARACTERS = 400;

/**
 * A report for people: what changed first, what did not change folded away. Whole rows are left out where it would be longer than
 * `limit_bytes`, and a link leads to all of them. Every text of the report is escaped.
 */
export function reportMarkdown(report: CiReport, limit_bytes: number): string {
  const judged = judge(report);
  const { verdict, url, build } = report;
  const metrics = verdict === null ? [] : comparedMetrics(verdict);
  const moved = metrics.filter((metric) => metric.verdict !== 'no_change').map(markdownRow);
  const unchanged = metrics.filter((metric) => metric.verdict === 'no_change').map(markdownRow);
  const all = url ?? build.run_url;
  const link = url === null ? [] : ['', `[Run ${report.run_id}](${url})`];
  const head = [`### ${signOf(judged)} ${markdownCell(report.name)}`, '', markdownCell(judged.title)];
  const text = (shown: number): string => {
    const rows = moved.slice(0, shown);
    const folded = unchanged.slice(0, Math.max(0, shown - moved.length));
    const left = moved.length + unchanged.length - rows.length - folded.length + (verdict?.left_out ?? 0);
    const more =
      left === 0 ? [] : ['', `${count(left, 'more row')}${all === undefined ? '' : `: [all of them](${all})`}`];
    return [...head, ...table(rows), ...foldedTable(folded), ...more, ...notesOf(report), ...link].join('\n');
  };
  return longest(text, moved.length + unchanged.length, limit_bytes);
}

/** The text with the most rows that fits. */
function longest(text: (shown: number) => string, rows: number, limit_bytes: number): string {
  const fits = (shown: number): boolean => Buffer.byteLength(text(shown)) <= limit_bytes;
  if (fits(rows)) return text(rows);
  let [least, most] = [0, rows];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return text(least);
}

const table = (rows: readonly string[]): string[] => (rows.length === 0 ? [] : ['', ...MARKDOWN_TABLE, ...rows]);

const foldedTable = (rows: readonly string[]): string[] =>
  rows.length === 0
    ? []
    : ['', `<details><summary>${rows.length} unchanged</summary>`, ...table(rows), '', '</details>'];

function notesOf({ verdict, failures, notes }: CiReport): string[] {
  const failed = failures.map(
    ({ task_id, status, message }) => `❌ ${task_id} ${status.replace('_', ' ')}: ${message}`,
  );
  const doubts = verdict === null ? [] : [...notDecidedWords(verdict), ...verdict.warnings].map((line) => `⚠️ ${line}`);
  const lines = [...failed, ...doubts, ...notes];
  if (lines.length === 0) return [];
  const shown = lines.slice(0, MAX_NOTES).map((line) => `- ${markdownCell(line.slice(0, NOTE_CHARACTERS))}`);
  return ['', ...shown, ...(lines.length > MAX_NOTES ? [`- and ${lines.length - MAX_NOTES} more`] : [])];
}
