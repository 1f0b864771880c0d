import type { FedInputsRow, FindingRow, ResultRow, TaskRow } from '../contracts/rows.ts';
import { runStatus, runStatusWords } from '../contracts/run-status.ts';
import { isBad, sumOfTests } from '../contracts/test-results.ts';
import { fedInputLines } from '../format/fed-inputs.ts';
import { type Footnote, footnoteLine, footnotesOf, notesOfRow } from '../format/footnotes.ts';
import { distinctModelNames } from '../format/model-name.ts';
import { fourDigits } from '../format/number.ts';
import { testCaseInWords } from '../format/test-case-name.ts';
import { convert } from '../metric/convert.ts';
import { histogram, scaling } from './charts.ts';
import { document, table, time } from './document.ts';
import { type Html, html } from './html.ts';
import { linesOf, type ResultLine, type RunReport, sentencesOf } from './run-report.ts';

/** A run as one HTML document that needs nothing else: no script, no file, no network. */
export function renderReport(report: RunReport): string {
  const { run, tasks, findings, request, cut } = report;
  const { lines, others } = linesOf(report);
  const failed = tasks.filter(({ error_class }) => error_class !== '');
  const noted = tasks.filter(({ note }) => note !== '');
  const title = run.name || `Run ${run.run_id.slice(0, 13)}`;
  return document(
    title,
    report.version,
    html`<p class="dim">Run ${run.run_id}, ${runStatusWords(runStatus(run))}. Accepted ${time(run.accepted_at)}${run.finished_at !== null && `, finished ${time(run.finished_at)}`}.${Object.entries(run.tags).map(([name, value]) => ` ${name}=${value}`)}</p>
<ul>${sentencesOf(report).map((sentence) => html`<li>${sentence}</li>`)}</ul>
${lines.length > 0 && resultSection(lines)}
${lines.length > 0 && scalingSection(lines)}
${others.length > 0 && otherSection(others)}
${report.test_counts.length > 0 && testSection(report)}
${report.fed_inputs.length > 0 && fedSection(report.fed_inputs)}
${findings.length > 0 && findingSection(findings)}
${failed.length > 0 && taskSection('Tasks that failed', failed, ({ error_class, error_code, error_message }) => html`<b>${error_class.replaceAll('_', ' ')}</b> ${error_code} ${error_message}`)}
${noted.length > 0 && taskSection('Notes', noted, ({ note }) => html`${note}`)}
${environmentSection(report.results)}
<h2>The request</h2>
${request.text === null ? html`<p>Not kept: ${request.reason}</p>` : html`<details><summary>As it was accepted</summary><pre>${request.text}</pre></details>`}
<footer>Made ${time(report.made_at)} by Benchwire ${report.version}.${cut.map(({ what, told }) => ` Only the first ${told.toLocaleString('en')} ${what} are told.`)}</footer>`,
  );
}

const interval = (row: ResultRow | undefined, unit = row?.unit ?? ''): string => {
  if (row === undefined || row.ci_low === null || row.ci_high === null) return '–';
  const [low, high] = [row.ci_low, row.ci_high].map((value) => convert(value, row.unit, unit) ?? value);
  return `${fourDigits(low)} to ${fourDigits(high)}`;
};

/** Codes that the tables tell by a column of their own. */
const IN_A_COLUMN = ['not_steady'];

function footnoteList(footnotes: readonly Footnote[]): Html | false {
  return (
    footnotes.length > 0 && html`<ul class="bad">${footnotes.map((each) => html`<li>${footnoteLine(each)}</li>`)}</ul>`
  );
}

/** What each line is called: its model, or else its task. */
function namesOf(lines: readonly ResultLine[]): (line: ResultLine) => string {
  const modelNameOf = distinctModelNames(lines.map(({ first }) => first.model));
  return ({ first }) => modelNameOf(first.model) || first.task_id;
}

function resultSection(lines: readonly ResultLine[]): Html {
  const nameOf = namesOf(lines);
  const notesOf = ({ metrics }: ResultLine) => [...metrics.values()].flatMap(notesOfRow);
  const { markOf, footnotes } = footnotesOf(
    lines.map((line) => ({
      label: `${nameOf(line)}, batch ${line.first.batch_size}`,
      notes: notesOf(line),
    })),
    IN_A_COLUMN,
  );
  const value = ({ metrics }: ResultLine, metric: string): string => fourDigits(metrics.get(metric)?.value);
  return html`<h2>Results</h2>
${table(
  [
    ...([
      ['Model'],
      ['Batch', 'n'],
      ['Precision'],
      ['Median ms', 'n'],
      ['95 % CI', 'n'],
      ['p90 ms', 'n'],
      ['p99 ms', 'n'],
    ] as const),
    ...([['items/s', 'n'], ['MB', 'n'], ['Samples', 'n'], ['Steady'], ['Pool'], ['Samples of the latency']] as const),
  ],
  lines.map((line) => {
    const { first, metrics, distribution } = line;
    return [
      html`${nameOf(line)}${first.is_simulated && html` <span class="bad">simulated</span>`}`,
      String(first.batch_size ?? '–'),
      first.precision,
      html`${value(line, 'latency_ms')}${markOf(notesOf(line))}`,
      interval(metrics.get('latency_ms')),
      value(line, 'latency_p90_ms'),
      value(line, 'latency_p99_ms'),
      value(line, 'throughput_items_per_second'),
      value(line, 'memory_mb'),
      first.samples.toLocaleString('en'),
      first.steady === null ? '–' : first.steady ? 'yes' : html`<b class="bad">no</b>`,
      first.pool,
      distribution === undefined ? '–' : histogram(distribution),
    ];
  }),
)}
${footnoteList(footnotes)}
<p class="dim">The interval is that of the median, from the samples of this one run. A percentile without a value had too few samples for it.</p>`;
}

/** More pictures than a reader looks at. */
const MAX_CHARTS = 24;

function scalingSection(lines: readonly ResultLine[]): Html | false {
  const nameOf = namesOf(lines);
  const groups = Map.groupBy(lines, (line) => [nameOf(line), line.first.precision, line.first.pool].join(', '));
  const charts = [...groups]
    .filter(([, of_group]) => new Set(of_group.map(({ first }) => first.batch_size)).size > 1)
    .slice(0, MAX_CHARTS)
    .map(([name, of_group]) => {
      const points = of_group.flatMap(({ first: { batch_size }, metrics }) => {
        const row = metrics.get('latency_ms');
        return row === undefined || batch_size === null
          ? []
          : [{ batch_size, value: row.value, low: row.ci_low, high: row.ci_high }];
      });
      return (
        points.length > 1 &&
        scaling(
          name,
          'ms',
          points.sort((a, b) => a.batch_size - b.batch_size),
        )
      );
    });
  return charts.length > 0 && html`<h2>Latency by batch size</h2><div class="charts">${charts}</div>`;
}

function otherSection(rows: readonly ResultRow[]): Html {
  const { markOf, footnotes } = footnotesOf(
    rows.map((row) => ({ label: `${row.task_id}, ${row.metric}`, notes: notesOfRow(row) })),
    IN_A_COLUMN,
  );
  return html`<h2>Other metrics</h2>
${table(
  [['Task'], ['Metric'], ['Value', 'n'], ['Unit'], ['95 % CI', 'n'], ['Samples', 'n'], ['Pool']],
  rows.map((row) => [
    row.task_id,
    row.batch_size === null ? row.metric : `${row.metric}, batch ${row.batch_size}`,
    html`${fourDigits(row.printed_value ?? row.value)}${markOf(notesOfRow(row))}`,
    row.printed_value === null ? row.unit : row.printed_unit,
    interval(row, row.printed_value === null ? row.unit : row.printed_unit),
    row.samples.toLocaleString('en'),
    row.pool,
  ]),
)}
${footnoteList(footnotes)}`;
}

const MAX_TESTS_THAT_FAILED = 500;

/** Cases that did not pass, one by one; the others by their number. */
function testSection({ test_cases, test_counts }: RunReport): Html {
  const bad = test_cases.filter(({ state }) => isBad(state)).slice(0, MAX_TESTS_THAT_FAILED);
  const more = sumOfTests(test_counts).bad - bad.length;
  const count = (n: number): string => n.toLocaleString('en');
  return html`<h2>Tests</h2>
${table(
  [['Task'], ['Passed', 'n'], ['Failed', 'n'], ['Skipped', 'n']],
  test_counts.map(({ task_id, passed, failed, errors, skipped }) => [
    task_id,
    ...[passed, failed + errors, skipped].map(count),
  ]),
)}
${
  bad.length > 0 &&
  table(
    [['Task'], ['Test'], ['State'], ['Seconds', 'n'], ['Why']],
    bad.map((row) => [
      row.task_id,
      html`<div class="wrap">${testCaseInWords(row)}</div>`,
      row.state,
      fourDigits(row.seconds ?? undefined),
      html`<div class="wrap">${row.message}</div>`,
    ]),
  )
}
${more > 0 && html`<p class="dim">and ${count(more)} more that did not pass</p>`}`;
}

/** Shapes and value rules of what was measured: two numbers compare only where these do. */
function fedSection(rows: readonly FedInputsRow[]): Html {
  return html`<h2>What the models were fed with</h2>
${table(
  [['Task'], ['Batch'], ['Input'], ['Type'], ['Shape'], ['Values']],
  fedInputLines(rows).map(({ tasks, batches, input, type, shape, values, guessed }) => [
    html`<div class="wrap">${tasks.join(', ')}</div>`,
    batches.join(', '),
    input,
    type,
    shape,
    html`<div class="wrap">${values}${guessed && html` <b class="bad">guessed</b>`}</div>`,
  ]),
)}`;
}

function findingSection(findings: readonly FindingRow[]): Html {
  return html`<h2>What changed against earlier runs</h2>
${table(
  [['Kind'], ['State'], ['Summary']],
  findings.map(({ kind, state, message }) => [kind, state.replace('_', ' '), html`<div class="wrap">${message}</div>`]),
)}`;
}

function taskSection(title: string, tasks: readonly TaskRow[], say: (task: TaskRow) => Html): Html {
  return html`<h2>${title}</h2>
${table(
  [['Task'], ['State'], ['Attempt', 'n'], ['Worker'], ['Why']],
  tasks.map((task) => [
    task.task_id,
    task.state.replace('_', ' '),
    String(task.attempt),
    task.worker_id || '–',
    html`<div class="wrap">${say(task)}</div>`,
  ]),
)}`;
}

/** Where it was measured, and of which version. */
function environmentSection(results: readonly ResultRow[]): Html | false {
  const places = Map.groupBy(results, ({ pool, worker_id, fingerprint, commit, branch }) =>
    JSON.stringify([pool, worker_id, fingerprint, commit, branch]),
  );
  return (
    places.size > 0 &&
    html`<h2>Where and what</h2>
${table(
  [['Pool'], ['Worker'], ['Fingerprint of the environment'], ['Commit'], ['Branch'], ['Values', 'n']],
  [...places.values()].map((rows) => {
    const [first] = rows;
    return [
      first?.pool ?? '',
      first?.worker_id ?? '',
      first?.fingerprint ?? '',
      first?.commit || '–',
      first?.branch || '–',
      rows.length.toLocaleString('en'),
    ];
  }),
)}`
  );
}
