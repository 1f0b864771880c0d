import type { MetricVerdict, RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { summaryOf } from '@benchwire/shared/verdict/summary.ts';
import type { CiReport } from '../src/ci/ci-report.ts';

const RUN_ID = '01938a5e-7c3f-7000-8000-000000000001';
const BASE = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';

/** A metric as the anomaly service judges it, measured in pairs. */
export function metricOf(verdict: MetricVerdict['verdict'], more: Partial<MetricVerdict> = {}): MetricVerdict {
  const change = { slower: 7.4, changed: 7.4, faster: -6.1 }[verdict as string] ?? 0.2;
  return {
    ...{
      series_id: '0123456789abcdef',
      task_id: 'decode',
      benchmark: 'decoder',
      model: '',
      pool: 'cpu-1',
      batch_size: 1,
    },
    ...{ metric: 'latency_ms', unit: 'ms', direction: 'lower_is_better', verdict, value: 10.74, repetitions: 6 },
    ...{ run_ids: [RUN_ID], change_percent: change, change_low_percent: change - 1, change_high_percent: change + 1 },
    baseline: {
      ...{ line: 'measured in this run', level: 10, points: 6, from_commit: BASE, to_commit: BASE },
      ...{ from_at: null, to_at: null, noise_percent: 1.4, pairs: { count: 6, repeated: 0, devices: ['cpu-0'] } },
    },
    ...{ minimum_detectable_percent: 2.3, more_repetitions: verdict === 'cannot_tell' ? 8 : null },
    ...{
      known_regression: null,
      accepted: null,
      gate: verdict === 'slower' ? 'fail' : 'pass',
      reason: 'measured in this run',
    },
    ...more,
  } as MetricVerdict;
}

export function verdictWith(metrics: MetricVerdict[], more: Partial<RunVerdict> = {}): RunVerdict {
  const counting = metrics.filter(({ gate }) => gate !== 'report');
  const has = (gate: MetricVerdict['gate']): boolean => counting.some((metric) => metric.gate === gate);
  const outcome: RunVerdict['outcome'] = has('fail') ? 'fail' : has('warn') ? 'warn' : 'pass';
  const counts = { slower: 0, faster: 0, changed: 0, no_change: 0, cannot_tell: 0, new: 0 };
  for (const { verdict } of counting) counts[verdict]++;
  const about = { run_id: RUN_ID, is_final: true, outcome, counts, summary: summaryOf(counting) };
  return { ...about, metrics, left_out: 0, not_decided: [], warnings: [], gates: [], ...more };
}

/** A report of a run with these metrics, on pull request 12 of acme/models. */
export function reportWith(metrics: MetricVerdict[], more: Partial<CiReport> = {}): CiReport {
  return {
    ...{ schema: 'benchwire-ci-report/1', name: 'benchwire: decoder', run_id: RUN_ID },
    build: {
      ...{ provider: 'github', repository: 'acme/models', pull_request: 12, branch: 'faster' },
      ...{
        commit: '9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b',
        head_commit: '3f1c0b5b7c6f0d9b8a7e6d5c4b3a291807f6e5d4',
      },
      run_url: 'https://github.com/acme/models/actions/runs/6123456789',
    },
    url: `https://bench.example.com/runs/${RUN_ID}`,
    ...{ started_at: '2026-11-30T10:00:00.000Z', finished_at: '2026-11-30T10:05:00.000Z' },
    ...{ tasks: { total: 1, completed: 1 }, failures: [], verdict: verdictWith(metrics), no_verdict: '', notes: [] },
    ...more,
  };
}
