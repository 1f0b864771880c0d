import type { FedInputsRow, ResultRow, TaskRow, TestCaseRow, TestCountsRow } from '../contracts/rows.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { RunReport } from '../report/run-report.ts';
import type { Client } from './client.ts';

/** A document with more of each reads no better, and says so. */
const MAX_TASKS = 5000;
const MAX_RESULTS = 10_000;
const MAX_DISTRIBUTIONS = 1000;
const MAX_FINDINGS = 500;
const MAX_FED_INPUTS = 1000;
const MAX_TEST_CASES = 5000;

/** Gathers what a report of a run tells; undefined for a run that is not known. */
export async function runReport(client: Client, run_id: string, now: Date): Promise<RunReport | undefined> {
  const [run] = (await client.query('run', { run_id })).rows;
  if (run === undefined) return undefined;
  const [tasks, results, distributions, findings, fed_inputs, test_cases, test_counts, request] = await Promise.all([
    firstOf<TaskRow>(client.rows('tasks', { run_id, limit: 2000 }), MAX_TASKS),
    firstOf<ResultRow>(client.rows('results', { run_id, limit: 2000 }), MAX_RESULTS),
    client.query('distributions', { run_id, metric: 'latency_ms', limit: MAX_DISTRIBUTIONS }),
    client.query('findings', { run_id, limit: MAX_FINDINGS }),
    firstOf<FedInputsRow>(client.rows('fed_inputs', { run_id }), MAX_FED_INPUTS),
    firstOf<TestCaseRow>(client.rows('run_tests', { run_id, limit: 5000 }), MAX_TEST_CASES),
    firstOf<TestCountsRow>(client.rows('test_counts', { run_id }), MAX_TASKS),
    client.query('request', { run_id }),
  ]);
  const cut = [
    { what: 'tasks', told: tasks.rows.length, truncated: tasks.more },
    { what: 'results', told: results.rows.length, truncated: results.more },
    { what: 'distributions', told: distributions.rows.length, truncated: distributions.truncated },
    { what: 'lines of fed inputs', told: fed_inputs.rows.length, truncated: fed_inputs.more },
    { what: 'test cases', told: test_cases.rows.length, truncated: test_cases.more },
    { what: 'findings', told: findings.rows.length, truncated: findings.truncated },
  ];
  const [kept] = request.rows;
  return {
    run,
    tasks: tasks.rows,
    results: results.rows,
    distributions: distributions.rows,
    findings: findings.rows,
    fed_inputs: fed_inputs.rows,
    test_cases: test_cases.rows,
    test_counts: test_counts.rows,
    request:
      kept === undefined || kept.request === ''
        ? { text: null, reason: kept?.reason ?? 'none is stored' }
        : { text: JSON.stringify(JSON.parse(kept.request), null, 2), reason: '' },
    made_at: now.toISOString(),
    version: packageJson.version,
    cut: cut.filter(({ truncated }) => truncated).map(({ what, told }) => ({ what, told })),
  };
}

async function firstOf<T>(rows: AsyncIterable<T>, most: number): Promise<{ rows: T[]; more: boolean }> {
  const taken: T[] = [];
  for await (const row of rows) {
    if (taken.length >= most) return { rows: taken, more: true };
    taken.push(row);
  }
  return { rows: taken, more: false };
}
