import type { FaultTolerance } from '../contracts/fault-tolerance.ts';
import { formatDuration } from '../format/duration.ts';
import { STRATEGY_WORDS } from '../format/strategy-words.ts';
import packageJson from '../package.json' with { type: 'json' };
import { overTime } from './charts.ts';
import { document, table, time } from './document.ts';
import { type Html, html } from './html.ts';

/** Failures and what was done about them, as one HTML document that needs nothing else. */
export function renderFaultTolerance(report: FaultTolerance, made_at: Date): string {
  const { since, until, quarantines, circuits, truncated } = report;
  const { version } = packageJson;
  return document(
    'Fault tolerance',
    version,
    html`<p class="dim">From ${time(since)} to ${time(until)}. Cancelled attempts are in none of the numbers.</p>
<ul>${sentencesOf(report).map((sentence) => html`<li>${sentence}</li>`)}</ul>
${report.failures.length > 0 && html`${overTimeSection(report)}${poolSection(report)}`}
${strategySection(report)}
${quarantines.length > 0 && quarantineSection(quarantines)}
${circuits.length > 0 && circuitSection(circuits)}
<footer>Made ${time(made_at.toISOString())} by Benchwire ${version}.${truncated.map((name) => ` The list of ${name} is cut: it was too long for one report.`)}</footer>`,
  );
}

const share = (part: number, of: number): string => (of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`);
const count = (value: number): string => value.toLocaleString('en');
const words = (name: string): string => name.replaceAll('_', ' ');

function sentencesOf({ attempts, failed_attempts, failed_tasks, recovered_tasks, ...lists }: FaultTolerance): string[] {
  if (attempts === 0) return ['No attempt ended in this time.'];
  const now = lists.quarantines.filter(({ ended_at }) => ended_at === null).length;
  const open = lists.circuits.filter(({ closed_at }) => closed_at === null).length;
  return [
    `${count(failed_attempts)} of ${count(attempts)} attempts failed (${share(failed_attempts, attempts)}).`,
    ...(failed_tasks === 0
      ? []
      : [
          `${count(recovered_tasks)} of ${count(failed_tasks)} tasks with a failed attempt completed all the same (${share(recovered_tasks, failed_tasks)}).`,
        ]),
    `Quarantines of workers: ${count(lists.quarantines.length)}, of which ${count(now)} last until now.`,
    `Circuit breakers that opened: ${count(lists.circuits.length)}, of which ${count(open)} are open now.`,
  ];
}

/** One chart for each class, all with the same axis. */
function overTimeSection({ since, until, bucket_seconds, failures }: FaultTolerance): Html {
  const bucketOf = (at: string): number => Math.floor(Date.parse(at) / 1000 / bucket_seconds);
  const first = bucketOf(since);
  const buckets = Math.max(1, bucketOf(until) - first + 1);
  const classes = [...Map.groupBy(failures, ({ error_class }) => error_class)].map(([error_class, cells]) => {
    const counts = Array.from({ length: buckets }, () => 0);
    for (const { at, attempts } of cells) {
      const place = bucketOf(at) - first;
      counts[place] = (counts[place] ?? 0) + attempts;
    }
    return { error_class, counts, total: cells.reduce((sum, { attempts }) => sum + attempts, 0) };
  });
  const highest = Math.max(...classes.flatMap(({ counts }) => counts));
  const day = (iso: string): string => (bucket_seconds < 86_400 ? time(iso).slice(0, 16) : iso.slice(0, 10));
  const axis = { from: day(since), to: day(until), highest };
  return html`<h2>Failed attempts over time, by class</h2>
<div class="charts">${classes
    .sort((a, b) => b.total - a.total)
    .map(({ error_class, counts }) => overTime(words(error_class), counts, axis))}</div>
<p class="dim">One bar is ${formatDuration(bucket_seconds)}. All charts have the same axis.</p>`;
}

function poolSection({ pools, failures }: FaultTolerance): Html {
  const classes = [...new Set(failures.map(({ error_class }) => error_class))].sort();
  const cells = new Map<string, number>();
  for (const { pool, error_class, attempts } of failures) {
    const key = JSON.stringify([pool, error_class]);
    cells.set(key, (cells.get(key) ?? 0) + attempts);
  }
  return html`<h2>Failed attempts by pool and class</h2>
${table(
  [['Pool'], ['Attempts', 'n'], ['Failed', 'n'], ['Share', 'n'], ...classes.map((name) => [words(name), 'n'] as const)],
  pools
    .filter(({ failed }) => failed > 0)
    .map(({ pool, attempts, failed }) => [
      pool || 'no pool',
      count(attempts),
      count(failed),
      share(failed, attempts),
      ...classes.map((name) => count(cells.get(JSON.stringify([pool, name])) ?? 0)),
    ]),
)}`;
}

function strategySection({ strategies }: FaultTolerance): Html {
  return html`<h2>Recovery strategies</h2>
${
  strategies.length === 0
    ? html`<p>No failure was followed by a retry, a quarantine or a circuit breaker.</p>`
    : table(
        [
          ['Strategy'],
          ['After'],
          ['Times', 'n'],
          ['Succeeded', 'n'],
          ['Share', 'n'],
          ['Pending', 'n'],
          ['Median time', 'n'],
        ],
        strategies.map(({ strategy, error_class, times, decided, succeeded, median_seconds }) => [
          STRATEGY_WORDS[strategy],
          words(error_class) || '–',
          count(times),
          count(succeeded),
          share(succeeded, decided),
          count(times - decided),
          formatDuration(median_seconds) || '–',
        ]),
      )
}
<p class="dim">A strategy succeeded where the next attempt completed: the retry itself, the trial of a circuit breaker, the first attempt of a worker after its quarantine. The median time is of those that succeeded: from the failure to the end of the retry, or how long it was held back.</p>`;
}

function quarantineSection(periods: FaultTolerance['quarantines']): Html {
  return html`<h2>Quarantines</h2>
${table(
  [['Worker'], ['By'], ['From'], ['Until'], ['Ended by'], ['Failed checks', 'n'], ['Next attempt'], ['Reason']],
  periods.map(({ worker_id, by, started_at, ended_at, ended_by, checks_failed, next_status, reason }) => [
    worker_id,
    by,
    started_at === null ? 'before this time' : time(started_at),
    ended_at === null ? html`<b class="bad">still there</b>` : time(ended_at),
    ended_by === null ? '–' : words(ended_by),
    count(checks_failed),
    next_status === null ? '–' : words(next_status),
    html`<div class="wrap">${reason}</div>`,
  ]),
)}`;
}

function circuitSection(periods: FaultTolerance['circuits']): Html {
  return html`<h2>Circuit breakers</h2>
${table(
  [['Held back'], ['Hardware'], ['Class'], ['Opened'], ['Closed'], ['Failed trials', 'n'], ['Reason']],
  periods.map(({ subject, hardware, error_class, opened_at, closed_at, trials_failed, reason }) => [
    html`<div class="wrap">${subject}</div>`,
    hardware,
    words(error_class),
    opened_at === null ? 'before this time' : time(opened_at),
    closed_at === null ? html`<b class="bad">still open</b>` : time(closed_at),
    count(trials_failed),
    html`<div class="wrap">${reason}</div>`,
  ]),
)}`;
}
