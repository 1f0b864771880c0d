import { describe, expect, it } from 'vitest';
import type { GateRule, WrittenGate } from '../contracts/gate.ts';
import type { ResultRow } from '../contracts/rows.ts';
import type { MetricVerdict, RunVerdict } from '../contracts/verdict.ts';
import { DEFAULT_SETTINGS } from '../detect/settings.ts';
import type { HistoryPoint } from './history.ts';
import { judgeRun } from './judge-run.ts';
import { DEFAULT_MAIN_BRANCHES } from './lines.ts';

const RUN = '019ab000-0000-7000-8000-0000000000ff';
const settings = {
  main_branches: DEFAULT_MAIN_BRANCHES,
  single: { threshold: 5, window: 50, min_runs: 5 },
  levels: DEFAULT_SETTINGS,
};
const source = { pull_request: 1, commit: 'head', base: 'main' };

type Metric = Pick<ResultRow, 'metric'> & Partial<ResultRow> & { factor: number; noise?: number };

function judged(metrics: readonly Metric[], request: WrittenGate = {}, rules: GateRule[] = []): RunVerdict {
  const results = metrics.map(
    ({ factor, noise: _, ...row }, at): ResultRow => ({
      ...{ series_id: `s${at}`, run_id: RUN, task_id: 't', attempt: 1, measured_at: '2026-01-01T10:00:00.000Z' },
      ...{ benchmark: 'b', model: 'm', executor: 'onnx', precision: 'fp32', batch_size: 1, scenario: '', variant: '' },
      ...{
        pool: 'cpu-1',
        fingerprint: 'f',
        worker_id: 'w',
        unit: 'ms',
        value: 100 * factor,
        ci_low: null,
        ci_high: null,
      },
      ...{ samples: 10, steady: true, is_simulated: false, better: '', printed_value: null, printed_unit: '' },
      ...{ note_codes: [], notes: [], commit: 'head', branch: '', source, series_kind: 'result' },
      ...row,
    }),
  );
  const histories = new Map(
    results.map((result, at): [string, { points: HistoryPoint[]; findings: []; accepted: [] }] => {
      const { noise = 0.01 } = metrics[at] as Metric;
      const base = Array.from({ length: 20 }, (_, i) => 100 * (1 + noise * Math.sin(i * 2)));
      const points = [...base, result.value].map((value, i) => ({
        ...{ value, ci_low: null, ci_high: null, steady: null, task_id: 't', measured_at: '2026-01-01T10:00:00.000Z' },
        run_id: i === 20 ? RUN : `main-${i}`,
        source: i === 20 ? source : { branch: 'main', commit: `c${i}` },
      }));
      const deciding = result.note_codes.length > 0 ? points.slice(0, 20) : points;
      return [result.series_id, { points: deciding, findings: [], accepted: [] }];
    }),
  );
  return judgeRun(
    { run_id: RUN, results, histories, gates: { request, rules }, is_final: true, left_out: 0 },
    () => settings,
  );
}

const gates = (said: RunVerdict): Array<[string, MetricVerdict['verdict'], MetricVerdict['gate']]> =>
  said.metrics.map(({ metric, verdict, gate }) => [metric, verdict, gate]);

describe('a gate', () => {
  it('counts the median latency, and reports tails, memory, loading, and throughput, which says the same', () => {
    const said = judged([
      { metric: 'latency_ms', factor: 1 },
      { metric: 'latency_p90_ms', factor: 2 },
      { metric: 'memory_mb', unit: 'MB', factor: 2 },
      { metric: 'load_ms', batch_size: null, factor: 2 },
      { metric: 'throughput_items_per_second', unit: 'items/s', factor: 0.5 },
    ]);
    expect(said.outcome).toBe('pass');
    expect(gates(said).filter(([, , outcome]) => outcome !== 'report')).toEqual([['latency_ms', 'no_change', 'pass']]);
    expect(gates(said)).toContainEqual(['latency_p90_ms', 'slower', 'report']);
    expect(said.summary).toBe('1 of 1 metric unchanged');
  });

  it('counts throughput without a latency, and metrics of programs whose direction is known', () => {
    const throughput = judged([{ metric: 'throughput_items_per_second', unit: 'items/s', factor: 0.8 }]);
    expect(throughput).toMatchObject({ outcome: 'fail', counts: { slower: 1 } });
    expect(judged([{ metric: 'tokens_per_second', batch_size: null, unit: 'tokens/s', factor: 0.8 }]).outcome).toBe(
      'fail',
    );
    const unknown = { metric: 'answer', batch_size: null, unit: '', factor: 1.3 };
    expect(gates(judged([unknown]))).toEqual([['answer', 'changed', 'report']]);
    expect(judged([unknown], { unknown_direction: 'higher_is_worse' }).outcome).toBe('fail');
    expect(judged([unknown], { unknown_direction: 'lower_is_worse' }).metrics[0]?.verdict).toBe('faster');
    expect(judged([unknown], { unknown_direction: 'either_is_worse' }).outcome).toBe('fail');
  });

  it('can name the metrics that count, what matters, and warn', () => {
    const slower = [
      { metric: 'latency_ms', factor: 1.2 },
      { metric: 'latency_p90_ms', factor: 1.2 },
    ];
    expect(judged(slower, { metrics: ['latency_p*'] }).metrics.map(({ gate }) => gate)).toEqual(['fail', 'report']);
    expect(judged(slower, { on_slower: 'warn' }).outcome).toBe('warn');
    expect(judged(slower, { min_change_percent: 30 }).outcome).toBe('pass');
    expect(judged(slower, { metrics: ['nothing'] }).summary).toMatch(/^no metric counts/);
  });

  it('says how many more runs would tell, and can fail where nothing can be told', () => {
    const noisy = [
      { metric: 'latency_ms', factor: 1.04, noise: 0.02 },
      { metric: 'latency_ms', batch_size: 2, factor: 1 },
      { metric: 'latency_ms', batch_size: 4, factor: 1.3 },
    ];
    const said = judged(noisy);
    expect(said.summary).toMatch(/^1 of 3 metrics slower, 1 unchanged, 1 cannot tell: \d+ more runs? would$/);
    expect(judged(noisy.slice(0, 2))).toMatchObject({ outcome: 'pass' });
    expect(judged(noisy.slice(0, 2), { on_cannot_tell: 'fail' })).toMatchObject({ outcome: 'fail' });
  });

  it('of the server counts where the request leaves a field open, and the verdict says whose it is', () => {
    const slower = [{ metric: 'latency_ms', factor: 1.2, benchmark: 'nightly-a' }];
    const rules = [
      { benchmark: 'nightly-*', gate: { on_slower: 'warn', min_change_percent: 1 } as const },
      { benchmark: '*', gate: { min_change_percent: 50 } },
    ];
    expect(judged(slower, {}, rules)).toMatchObject({
      outcome: 'warn',
      gates: [{ benchmark: 'nightly-a', server_rule: 'nightly-*', of_server: ['min_change_percent', 'on_slower'] }],
    });
    expect(judged(slower, { on_slower: 'fail' }, rules)).toMatchObject({
      outcome: 'fail',
      gates: [{ of_request: ['on_slower'], of_server: ['min_change_percent'], gate: { min_change_percent: 1 } }],
    });
    expect(judged([{ metric: 'latency_ms', factor: 1.2 }], {}, rules).outcome).toBe('pass');
    expect(judged(slower, {}, [...rules, { benchmark: 'Nightly-A', gate: { min_change_percent: 2 } }])).toMatchObject({
      outcome: 'fail',
      gates: [{ server_rule: 'Nightly-A' }],
    });
  });

  it('does not pass in silence where a metric that it names was not measured', () => {
    const metrics = [{ metric: 'latency_ms', factor: 1 }];
    const misspelt = judged(metrics, { metrics: ['latency_sm', 'latency_*'] });
    expect([misspelt.outcome, misspelt.warnings]).toEqual([
      'warn',
      ['the gate of the request names metric "latency_sm", and the run measured none. Did you mean "latency_ms"?'],
    ]);
    const rules = [{ benchmark: 'b', gate: { metrics: ['tokens'] } }];
    expect(judged(metrics, {}, rules).warnings).toEqual([
      'the server\'s gate for b names metric "tokens", and the run measured none.',
    ]);
    expect(judged(metrics, { metrics: ['latency_ms'] }, rules)).toMatchObject({ outcome: 'pass', warnings: [] });
  });

  it('warns of values that are not of what the source says, and lists them', () => {
    const notes = ['the source says commit a, and commit b was checked out where the program ran'];
    const other = { note_codes: ['source_mismatch'], notes };
    const said = judged([
      { metric: 'latency_ms', factor: 1, ...other },
      { metric: 'latency_p90_ms', factor: 1, ...other },
      { metric: 'tokens_per_second', unit: 'tokens/s', factor: 1 },
    ]);
    expect([said.outcome, said.summary]).toEqual([
      'warn',
      '1 of 1 metric unchanged, 1 not decided: not what the source says',
    ]);
    expect(said.not_decided.map(({ metric, counts, reason }) => [metric, counts, reason])).toEqual([
      ['latency_ms', true, notes[0]],
      ['latency_p90_ms', false, notes[0]],
    ]);
  });
});
