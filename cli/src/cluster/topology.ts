import { count, formatNumber } from '../terminal/numbers.ts';
import type { Cluster } from './read-cluster.ts';

/** A sheet of characters to draw on; later strokes go over earlier ones. */
class Sheet {
  readonly #rows: string[][] = [];

  put(x: number, y: number, text: string): void {
    for (let row = this.#rows.length; row <= y; row++) this.#rows.push([]);
    const row = this.#rows[y] as string[];
    for (let column = row.length; column < x; column++) row.push(' ');
    for (const [index, character] of [...text].entries()) row[x + index] = character;
  }

  lines(): string[] {
    return this.#rows.map((row) => row.join('').trimEnd());
  }
}

/**
 * Who talks to whom: services with how many of each answer, streams with how many messages they hold and how far
 * their readers are behind.
 */
export function topology(cluster: Cluster): string[] {
  const service = (name: string): string =>
    `${name} ×${cluster.services.filter((each) => each.service === name).length}`;
  const stream = (name: string): string => streamLabel(cluster, name);
  const pools = cluster.scheduler?.pools ?? [];
  const emitted = pools.reduce((sum, pool) => sum + pool.emitted, 0);
  const queues = cluster.scheduler === null ? 'queues' : `${count(pools.length, 'queue')}, ${count(emitted, 'job')}`;

  const sheet = new Sheet();
  const middle: number[] = [];
  let x = 2;
  for (const label of ['bw', service('ingest'), stream('RUNS'), service('scheduler'), queues, service('worker')]) {
    if (x > 2) {
      sheet.put(x, 0, ' ──▶ ');
      x += 5;
    }
    sheet.put(x, 0, label);
    middle.push(x + (label.length >> 1));
    x += label.length;
  }
  const scheduler = middle[3] ?? 0;
  const worker = middle[5] ?? 0;

  // Outcomes go back from the workers: to the scheduler, and down to those who keep and judge them.
  sheet.put(scheduler, 1, '▲');
  sheet.put(worker, 1, '│');
  sheet.put(scheduler, 2, `└${'─'.repeat(worker - scheduler - 1)}┤`);
  const outcomes = stream('OUTCOMES');
  const outcomesAt = scheduler + 3;
  sheet.put(outcomesAt, 2, ` ${outcomes} ◀`);
  const down = outcomesAt + (outcomes.length >> 1);
  sheet.put(down, 3, '│');
  sheet.put(worker, 3, '│');
  const metrics = `${stream('METRICS')} ◀`;
  const metricsAt = Math.max(worker - metrics.length - 2, down + 3);
  const anomaly = service('anomaly');
  const anomalyAt = 8;
  sheet.put(anomalyAt, 4, `${anomaly} ◀`);
  sheet.put(anomalyAt + anomaly.length + 2, 4, '─'.repeat(down - anomalyAt - anomaly.length - 2));
  sheet.put(down, 4, '┤');
  sheet.put(metricsAt, 4, metrics);
  const corner = Math.max(worker, metricsAt + metrics.length + 1);
  sheet.put(metricsAt + metrics.length, 4, '─'.repeat(corner - metricsAt - metrics.length));
  sheet.put(corner, 4, '┘');
  const aggregator = service('aggregator');
  const aggregatorAt = down - 4;
  const end = aggregatorAt + aggregator.length;
  const metricsDown = Math.max(metricsAt + 4, end + 3);
  const judged = anomalyAt + (anomaly.length >> 1);
  sheet.put(judged, 5, '│');
  sheet.put(down, 5, '▼');
  sheet.put(metricsDown, 5, '│');
  const findings = `└─▶ ${stream('FINDINGS')} ─`;
  sheet.put(judged, 6, `${findings}${'─'.repeat(Math.max(0, aggregatorAt - judged - findings.length - 2))}▶ `);
  sheet.put(aggregatorAt, 6, aggregator);
  sheet.put(end + 1, 6, `◀${'─'.repeat(Math.max(0, metricsDown - end - 2))}┘`);
  sheet.put(down, 7, '│');
  sheet.put(down, 8, '└─▶ ClickHouse');
  sheet.put(2, 8, `all ──▶ ${stream('EVENTS')} ─`);
  const events = 2 + `all ──▶ ${stream('EVENTS')} ─`.length;
  sheet.put(events, 8, '─'.repeat(Math.max(0, aggregatorAt + 1 - events)));
  sheet.put(aggregatorAt + 1, 8, '┘');
  sheet.put(aggregatorAt + 1, 7, '▲');
  return sheet.lines();
}

/** `OUTCOMES 1,204`, or `OUTCOMES 1,204 (12 behind)` while a reader has not got them all. */
function streamLabel(cluster: Cluster, name: string): string {
  const state = cluster.streams.find((each) => each.stream === name);
  if (state === undefined) return name;
  const behind = Math.max(0, ...state.consumers.map((consumer) => consumer.pending));
  return `${name} ${short(state.messages)}${behind === 0 ? '' : ` (${short(behind)} behind)`}`;
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `1,204`, `12.3M`: a picture has no room for more. */
function short(n: number): string {
  return n < 100_000 ? formatNumber(n) : compact.format(n);
}
