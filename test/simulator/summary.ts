import { quantile } from '@benchwire/shared/stats/quantile.ts';
import type { Scenario } from './scenario.ts';
import type { Attempt, SimulationResult } from './simulation.ts';
import { EPOCH_MS, workersOf } from './world.ts';

interface Waits {
  priority: number;
  tasks: number;
  median_seconds: number;
  p95_seconds: number;
  longest_seconds: number;
}

/** What came out of one simulation. */
export interface Summary {
  strategy: string;
  /** Whether run times were known at the start. */
  warm: boolean;
  makespan_seconds: number;
  lower_bound_seconds: number;
  to_lower_bound: number;
  /** From ready to started, by priority. */
  waits: Waits[];
  /** Share of the fleet's slot time until the end in which something ran; lost workers count as if they were there. */
  utilization: number;
  /**
   * Jain's index of the tenants' slot time, each divided by its weight, while all of them had something waiting; 1 is
   * perfectly fair, 1/n is one tenant having all. Null with a single tenant.
   */
  fairness: number | null;
  retries: number;
  lost: number;
  stolen: number;
  ended: SimulationResult['ended'];
  /** Slot seconds by pool and kind of work, for the report. */
  by_pool: Record<string, Record<string, number>>;
  /** Share of slots in use over time, in equal parts of the makespan. */
  busy: number[];
}

const PARTS = 120;

export function summarize(scenario: Scenario, result: SimulationResult, bound_ms: number): Summary {
  const { attempts, makespan_ms } = result;
  const slots = workersOf(scenario).reduce((sum, { hardware }) => sum + hardware.slots, 0);
  const busy_ms = attempts.reduce((sum, { started_ms, ended_ms }) => sum + ended_ms - started_ms, 0);
  const count = (status: string): number => attempts.filter((attempt) => attempt.status === status).length;
  return {
    strategy: result.strategy,
    warm: result.warm,
    makespan_seconds: makespan_ms / 1000,
    lower_bound_seconds: bound_ms / 1000,
    to_lower_bound: makespan_ms / bound_ms,
    waits: waitsOf(attempts),
    utilization: busy_ms / (slots * makespan_ms),
    fairness: fairnessOf(scenario, attempts),
    retries: count('failed') + count('lost'),
    lost: count('lost'),
    stolen: result.stolen,
    ended: result.ended,
    by_pool: byPool(attempts),
    busy: busyOver(attempts, slots, makespan_ms),
  };
}

function waitsOf(attempts: readonly Attempt[]): Waits[] {
  const by_priority = Map.groupBy(attempts, ({ submission }) => submission.work.priority);
  return [...by_priority]
    .sort(([a], [b]) => b - a)
    .map(([priority, list]) => {
      const waits = Float64Array.from(list, ({ ready_ms, started_ms }) => (started_ms - ready_ms) / 1000).sort();
      return {
        priority,
        tasks: list.length,
        median_seconds: quantile(waits, 0.5),
        p95_seconds: quantile(waits, 0.95),
        longest_seconds: waits.at(-1) ?? 0,
      };
    });
}

/** Jain, Chiu and Hawe 1984. */
function fairnessOf(scenario: Scenario, attempts: readonly Attempt[]): number | null {
  const tenants = [...Map.groupBy(attempts, ({ submission }) => submission.work.tenant ?? '')];
  if (tenants.length < 2) return null;
  const from = Math.max(...tenants.map(([, list]) => Math.min(...list.map(({ ready_ms }) => ready_ms))));
  const until = Math.min(...tenants.map(([, list]) => Math.max(...list.map(({ started_ms }) => started_ms))));
  const shares = tenants.map(([tenant, list]) => {
    const weight = scenario.tenants[tenant]?.weight ?? 1;
    const used = list.reduce(
      (sum, { started_ms, ended_ms }) => sum + Math.max(0, Math.min(ended_ms, until) - Math.max(started_ms, from)),
      0,
    );
    return used / weight;
  });
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? null : (sum * sum) / (shares.length * squares);
}

function byPool(attempts: readonly Attempt[]): Record<string, Record<string, number>> {
  const used: Record<string, Record<string, number>> = {};
  for (const { worker, submission, started_ms, ended_ms } of attempts) {
    used[worker.pool] ??= {};
    const pool = used[worker.pool] ?? {};
    pool[submission.work.name] = (pool[submission.work.name] ?? 0) + (ended_ms - started_ms) / 1000;
  }
  return used;
}

function busyOver(attempts: readonly Attempt[], slots: number, makespan_ms: number): number[] {
  const part_ms = makespan_ms / PARTS;
  const busy = new Array<number>(PARTS).fill(0);
  for (const { started_ms, ended_ms } of attempts) {
    const from = started_ms - EPOCH_MS;
    const until = ended_ms - EPOCH_MS;
    for (let part = Math.floor(from / part_ms); part < PARTS && part * part_ms < until; part++) {
      const inside = Math.min(until, (part + 1) * part_ms) - Math.max(from, part * part_ms);
      busy[part] = (busy[part] ?? 0) + inside / part_ms / slots;
    }
  }
  return busy;
}

/** The summaries as lines of text. */
export function table(summaries: readonly Summary[]): string[] {
  const rows = [
    [
      'strategy',
      'run times',
      'makespan s',
      '× bound',
      'busy',
      'fairness',
      'retries',
      'stolen',
      'waits by priority: median / p95 / longest s',
    ],
    ...summaries.map((summary) => [
      summary.strategy,
      summary.warm ? 'known' : 'unknown',
      summary.makespan_seconds.toFixed(1),
      summary.to_lower_bound.toFixed(3),
      `${(summary.utilization * 100).toFixed(1)} %`,
      summary.fairness === null ? '' : summary.fairness.toFixed(3),
      String(summary.retries),
      String(summary.stolen),
      summary.waits.map(waitText).join('   '),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const [first] = summaries;
  const bound = first === undefined ? '' : `no schedule can take less than ${first.lower_bound_seconds.toFixed(1)} s`;
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
    bound,
  ];
}

function waitText({ priority, median_seconds, p95_seconds, longest_seconds }: Waits): string {
  const [a, b, c] = [median_seconds, p95_seconds, longest_seconds].map((value) => value.toFixed(1));
  return `${priority}: ${a} / ${b} / ${c}`;
}
