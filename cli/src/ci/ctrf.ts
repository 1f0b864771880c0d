import { wordsOf } from '@benchwire/shared/verdict/summary.ts';
import { nameOf } from '../results/verdict-lines.ts';
import { formatChange } from '../terminal/numbers.ts';
import { type CiReport, countedMetrics } from './ci-report.ts';

type Status = 'passed' | 'failed' | 'skipped';

interface CtrfTest {
  name: string;
  status: Status;
  /** The format demands one. A comparison takes no time of its own, so it is 0. */
  duration: 0;
  suite: string[];
  message?: string;
}

/**
 * The Common Test Report Format (ctrf.io): each metric that counts is a test, as in the JUnit file, and each task that did not complete. What
 * cannot be decided is skipped.
 */
export function reportCtrf(report: CiReport): string {
  const { build, failures, started_at, finished_at } = report;
  const tests: CtrfTest[] = [
    ...failures.map(({ task_id, status, message }): CtrfTest => {
      return { name: task_id, status: 'failed', duration: 0, suite: ['tasks'], message: `${status}: ${message}` };
    }),
    ...countedMetrics(report).map((metric): CtrfTest => {
      const status = metric.gate === 'fail' ? 'failed' : metric.verdict === 'cannot_tell' ? 'skipped' : 'passed';
      const message = `${wordsOf(metric)} ${formatChange(metric.change_percent)}: ${metric.reason}`;
      return { name: nameOf(metric), status, duration: 0, suite: [metric.benchmark], message };
    }),
  ];
  const of = (status: Status): number => tests.filter((test) => test.status === status).length;
  const summary = {
    ...{
      tests: tests.length,
      passed: of('passed'),
      failed: of('failed'),
      skipped: of('skipped'),
      pending: 0,
      other: 0,
    },
    ...{ start: Date.parse(started_at), stop: Date.parse(finished_at) },
  };
  const environment = {
    ...(build.commit === undefined ? {} : { commit: build.commit }),
    ...(build.branch === undefined ? {} : { branchName: build.branch }),
    ...(build.repository === undefined ? {} : { repositoryName: build.repository }),
    ...(build.run_url === undefined ? {} : { buildUrl: build.run_url }),
  };
  const results = { tool: { name: 'benchwire' }, summary, tests, environment };
  return JSON.stringify({ reportFormat: 'CTRF', specVersion: '0.0.0', results }, null, 1);
}
