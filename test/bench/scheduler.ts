import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BUILT_IN } from '@benchwire/scheduler/src/placement/strategies/built-in.ts';
import { FastestCompletion } from '@benchwire/scheduler/src/placement/strategies/fastest-completion.ts';
import { lowerBoundMs } from '../simulator/lower-bound.ts';
import { readScenario } from '../simulator/scenario.ts';
import { simulate } from '../simulator/simulation.ts';
import { SortedList } from './plain-scheduler.ts';
import { type BenchResult, caseOf, median, round, say } from './report.ts';
import { drive, loadedState } from './scheduler-load.ts';

const SMALL = { workers: 1000, tasks: 100_000 };
const LARGE = { workers: 20_000, tasks: 1_000_000 };
const DECISIONS = 50_000;
/** The plain list would need minutes for as many. */
const PLAIN_DECISIONS = 3000;

/**
 * How many decisions the scheduler's core makes a second: a task chosen for a pool with all bookkeeping, and its outcome
 * folded back. Each round begins with a fresh state, all tasks waiting. The baseline is what one writes first: one list,
 * sorted by priority and age, from which a free slot takes the first task that fits. Beside it the memory of a waiting
 * task, and how long the scenario `heterogeneous` takes under each strategy, against a bound that no schedule can beat.
 */
export async function scheduler(rounds: number): Promise<BenchResult> {
  const makespans = makespansOf('heterogeneous');
  const small: number[] = [];
  const large: number[] = [];
  const plain: number[] = [];
  const bytes_per_waiting_task = bytesPerTask();
  drive(...fresh(SMALL), DECISIONS);
  for (let n = 0; n < Math.max(3, rounds); n++) {
    small.push(perSecond(drive(...fresh(SMALL), DECISIONS)));
    const loaded = fresh(LARGE);
    large.push(perSecond(drive(...loaded, DECISIONS)));
    plain.push(perSecond(new SortedList(loaded[0], loaded[1]).drive(PLAIN_DECISIONS)));
    say(`round ${n + 1}: ${round(small.at(-1) ?? 0)} small, ${round(large.at(-1) ?? 0)} large decisions/s`);
  }
  return caseOf('scheduler', 'decisions/s', large, plain, {
    larger: LARGE,
    smaller: { ...SMALL, decisions_per_second: round(median(small)), rounds: small.map(round) },
    smaller_to_larger: round(median(small) / median(large)),
    bytes_per_waiting_task,
    heterogeneous: makespans,
  });
}

function fresh({
  workers,
  tasks,
}: {
  workers: number;
  tasks: number;
}): Parameters<typeof drive> extends [...infer A, number] ? A : never {
  const { state, fleet } = loadedState(workers, tasks);
  return [state, fleet, new FastestCompletion()];
}

function perSecond({ decisions, seconds }: { decisions: number; seconds: number }): number {
  return decisions / seconds;
}

/** What the process' heap grows by, fleet included, over the tasks. */
function bytesPerTask(): number {
  const before = heapBytes();
  const loaded = fresh(LARGE);
  const bytes = heapBytes() - before;
  if (loaded[0].ready.size !== LARGE.tasks) throw new Error('not every task waits');
  return Math.round(bytes / LARGE.tasks);
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

/** Seconds until the last task is done, with what is known of run times (warm) and without (cold). */
function makespansOf(name: string): Record<string, unknown> {
  const scenario = readScenario(name);
  const bound_ms = lowerBoundMs(scenario);
  const seconds = (strategy: string, warm: boolean): number => {
    const create = BUILT_IN[strategy];
    if (create === undefined) throw new Error(`no strategy is called ${strategy}`);
    return simulate(scenario, { strategy: create({}), warm }).makespan_ms / 1000;
  };
  const warm = Object.fromEntries(Object.keys(BUILT_IN).map((strategy) => [strategy, round(seconds(strategy, true))]));
  const cold = Object.fromEntries(Object.keys(BUILT_IN).map((strategy) => [strategy, round(seconds(strategy, false))]));
  const ours = warm.fastest_completion ?? Number.NaN;
  return {
    lower_bound_seconds: round(bound_ms / 1000),
    warm_seconds: warm,
    cold_seconds: cold,
    to_lower_bound: round((ours * 1000) / bound_ms),
    fifo_to_ours: round((warm.fifo ?? Number.NaN) / ours),
    to_lower_bound_cold: round(((cold.fastest_completion ?? Number.NaN) * 1000) / bound_ms),
    fifo_to_ours_cold: round((cold.fifo ?? Number.NaN) / (cold.fastest_completion ?? Number.NaN)),
  };
}
