import type {
  DistributionRow,
  FedInputsRow,
  FindingRow,
  ResultRow,
  RunRow,
  TaskRow,
  TestCaseRow,
  TestCountsRow,
} from '../contracts/rows.ts';
import { sumOfTests } from '../contracts/test-results.ts';

/** All that a report of one run tells. */
export interface RunReport {
  run: RunRow;
  tasks: readonly TaskRow[];
  results: readonly ResultRow[];
  /** Of raw samples. */
  distributions: readonly DistributionRow[];
  findings: readonly FindingRow[];
  /** What models were fed with. */
  fed_inputs: readonly FedInputsRow[];
  /** Of all test cases, by task. */
  test_counts: readonly TestCountsRow[];
  /** Those that did not pass first, in each task. */
  test_cases: readonly TestCaseRow[];
  /** As it was written; null with the reason where it was not kept. */
  request: { text: string | null; reason: string };
  made_at: string;
  /** Of Benchwire. */
  version: string;
  /** What there is beyond what is told: kinds with how many are told. */
  cut: ReadonlyArray<{ what: string; told: number }>;
}

/** Metrics of a model at a batch size, which stand in one line. */
const BATCH_METRICS = ['latency_ms', 'latency_p90_ms', 'latency_p99_ms', 'throughput_items_per_second', 'memory_mb'];

export interface ResultLine {
  task_id: string;
  first: ResultRow;
  metrics: ReadonlyMap<string, ResultRow>;
  distribution: DistributionRow | undefined;
}

/** One line for each task, batch size and pool; what belongs to no batch size stays by itself. */
export function linesOf({ results, distributions }: RunReport): { lines: ResultLine[]; others: ResultRow[] } {
  const [in_lines, others] = [new Map<string, ResultRow[]>(), [] as ResultRow[]];
  for (const row of results) {
    if (row.batch_size === null || !BATCH_METRICS.includes(row.metric)) others.push(row);
    else {
      const key = JSON.stringify([row.task_id, row.batch_size, row.pool]);
      in_lines.set(key, [...(in_lines.get(key) ?? []), row]);
    }
  }
  const lines = [...in_lines.values()].flatMap((rows): ResultLine[] => {
    const [first] = rows;
    if (first === undefined) return [];
    const { task_id, batch_size } = first;
    const distribution = distributions.find(
      (each) => each.task_id === task_id && each.batch_size === batch_size && each.metric === 'latency_ms',
    );
    return [{ task_id, first, metrics: new Map(rows.map((row) => [row.metric, row])), distribution }];
  });
  return { lines, others };
}

/** What became of the run, in sentences. */
export function sentencesOf({ run, tasks, results, findings, test_counts }: RunReport): string[] {
  const { total, completed, failed, timed_out, cancelled, lost } = run;
  const ended = [
    [failed, 'failed'],
    [timed_out, 'ran out of time'],
    [cancelled, 'were cancelled'],
    [lost, 'were lost'],
  ] as const;
  const bad = ended.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const models = new Set(results.map(({ model, benchmark }) => model || benchmark));
  const pools = new Set(results.map(({ pool }) => pool));
  const open = findings.filter(({ state }) => state !== 'dismissed' && state !== 'went_away');
  const unsteady = new Set(
    results.filter(({ steady }) => steady === false).map(({ task_id, batch_size }) => `${task_id} ${batch_size}`),
  );
  return [
    run.finished_at === null
      ? `The run has not finished: ${completed} of ${total} tasks completed so far.`
      : `${completed} of ${total} tasks completed${bad.length > 0 ? `; ${bad.join(', ')}` : ''}.`,
    ...(results.length === 0
      ? [tasks.length === 0 ? 'Nothing is known of its tasks.' : 'Nothing was measured.']
      : [`${models.size} ${models.size === 1 ? 'model was' : 'models were'} measured on ${[...pools].join(', ')}.`]),
    ...(test_counts.length === 0 ? [] : [`${testCasesInWords(test_counts)}.`]),
    open.length === 0
      ? 'No change was found against earlier runs.'
      : `${open.length} ${open.length === 1 ? 'change was' : 'changes were'} found against earlier runs: see below.`,
    ...(unsteady.size === 0
      ? []
      : [
          `${unsteady.size} ${unsteady.size === 1 ? 'measurement was' : 'measurements were'} not steady: the value was still moving or jumping while it was measured.`,
        ]),
    ...(results.some(({ is_simulated }) => is_simulated)
      ? ['Some of these numbers are simulated, as their executor says.']
      : []),
  ];
}

/** `118 of 120 test cases passed, 2 failed`. */
function testCasesInWords(counts: readonly TestCountsRow[]): string {
  const { total, passed, bad, skipped } = sumOfTests(counts);
  const rest = [
    [bad, 'failed'],
    [skipped, 'skipped'],
  ] as const;
  const parts = rest.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
  return `${passed} of ${total} test cases passed${parts.join('')}`;
}
