import { percent } from '../compare/words.ts';
import type { Digest, DigestEntry, DigestGroup } from '../contracts/digest.ts';
import { commitsOf } from '../format/commits.ts';
import { modelName } from '../format/model-name.ts';
import { fourDigits } from '../format/number.ts';
import { visibleText } from '../format/visible-text.ts';
import packageJson from '../package.json' with { type: 'json' };
import { document, table, time } from './document.ts';
import { html } from './html.ts';

const { version } = packageJson;
const TITLE = 'What got slower';
const NOTHING = 'No regression was found in this time.';

type NameOf = (pool: string) => string;
type Head = ReadonlyArray<readonly [title: string, numeric?: 'n']>;

/** One table of the digest, for whatever shows it. */
interface Section {
  title: string;
  head: Head;
  rows: string[][];
}

function sectionsOf(found: Digest, poolName: NameOf): Section[] {
  const of_changes = (title: string, entries: readonly DigestEntry[]): Section => ({
    title,
    ...changes(entries, poolName),
  });
  return [
    of_changes('Regressions', found.opened),
    groups('By model', found.by_model, modelName),
    groups('By hardware', found.by_hardware, poolName),
    of_changes('Settled in this time', found.closed),
    of_changes('Improvements', found.improvements),
  ].filter(({ rows }) => rows.length > 0);
}

/** In plain sentences what the digest comes to. */
function digestSentences({ opened, closed, improvements, truncated, ...counts }: Digest): string[] {
  const still = opened.filter(({ closed_at }) => closed_at === null).length;
  return [
    opened.length === 0
      ? NOTHING
      : `${opened.length} regression${opened.length === 1 ? '' : 's'} found, ${still} still open; ${closed.length} settled.`,
    `${improvements.length} improvement${improvements.length === 1 ? '' : 's'} found.`,
    `${counts.open_regressions} regression${counts.open_regressions === 1 ? ' is' : 's are'} open in all.`,
    `${counts.finished_runs} run${counts.finished_runs === 1 ? '' : 's'} finished, ${counts.failed_runs} with failed tasks.`,
    ...(truncated ? ['The lists are cut: they have the greatest changes.'] : []),
  ];
}

/** The digest as one HTML document that needs nothing else. */
export function digestAsHtml(found: Digest, poolName: NameOf): string {
  return document(
    TITLE,
    version,
    html`<p class="dim">${time(found.since)} to ${time(found.until)}</p>
<ul>${digestSentences(found).map((sentence) => html`<li>${sentence}</li>`)}</ul>
${sectionsOf(found, poolName).map(
  ({ title, head, rows }) => html`<h2>${title}</h2>
${table(
  head,
  rows.map((row) => row.map((cell) => html`<div class="wrap">${cell}</div>`)),
)}`,
)}
<footer>Made by Benchwire ${version}. A change compares the runs since it was found with those before.</footer>`,
  );
}

/** The digest as Markdown, for a message or an issue. */
export function digestAsMarkdown(found: Digest, poolName: NameOf): string {
  const cell = (text: string): string => visibleText(text).replaceAll(/[\\`*_{}[\]<>|#!~]/g, (sign) => `\\${sign}`);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const section = ({ title, head, rows }: Section): string[] => [
    ...['', `## ${title}`, '', line(head.map(([name]) => name))],
    line(head.map(([, numeric]) => (numeric === 'n' ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(cell))),
  ];
  return [
    ...[`# ${TITLE}`, '', `${time(found.since)} to ${time(found.until)}`, ''],
    ...digestSentences(found).map((sentence) => `- ${sentence}`),
    ...sectionsOf(found, poolName).flatMap(section),
    '',
  ].join('\n');
}

const change = (value: number | null): string => (value === null ? '–' : percent(value));

function changes(entries: readonly DigestEntry[], poolName: NameOf): Pick<Section, 'head' | 'rows'> {
  return {
    head: [
      ['Change', 'n'],
      ['95 % CI', 'n'],
      ['Metric'],
      ['What'],
      ['Hardware'],
      ['Before', 'n'],
      ['State'],
      ['Commit'],
      ['Author'],
      ['Found'],
    ],
    rows: entries.map((entry) => [
      ...[change(entry.change_percent), intervalOf(entry), entry.metric, whatOf(entry), poolName(entry.pool)],
      ...[`${fourDigits(entry.baseline_median)} ${entry.unit}`.trim(), stateOf(entry), commitsOf(entry)],
      ...[entry.source?.author ?? '–', time(entry.detected_at)],
    ]),
  };
}

function groups(title: string, of: readonly DigestGroup[], nameOf: NameOf): Section {
  return {
    title,
    head: [['Name'], ['Found', 'n'], ['Still open', 'n'], ['Settled', 'n'], ['Greatest change', 'n']],
    rows: of.map(({ name, opened, still_open, closed, worst_percent }) => [
      ...[nameOf(name), String(opened), String(still_open), String(closed), change(worst_percent)],
    ]),
  };
}

const whatOf = ({ model, benchmark, batch_size, precision }: DigestEntry): string =>
  [modelName(model) || benchmark, batch_size === null ? '' : `batch ${batch_size}`, precision]
    .filter(Boolean)
    .join(', ');

const intervalOf = ({ change_low_percent: low, change_high_percent: high }: DigestEntry): string =>
  low === null || high === null ? '–' : `${percent(low)} to ${percent(high)}`;

const stateOf = ({ state, state_reason }: DigestEntry): string =>
  state === 'dismissed' && state_reason !== '' ? `dismissed: ${state_reason}` : state.replace('_', ' ');
