import { describe, expect, it } from 'vitest';
import { allPointsOf } from './all-points.ts';
import { type Outcome, outcomeWith } from './outcome.ts';
import { pointsOf } from './series.ts';

const at = '2026-11-30T08:00:00.000Z';
const latency = { value: 100, unit: 'ms', ci_low: null, ci_high: null, min: 100, max: 100, samples: 1 };
const hardware: NonNullable<Outcome['hardware_metrics']> = {
  ...{ cpu_utilization_percent: 50, gpu_utilization_percent: null, memory_usage_mb: 4000 },
  ...{ power_consumption_watts: null, temperature_celsius: 60 },
};

function outcome(changes: Partial<Outcome>): Outcome {
  return outcomeWith({
    ...{ run_id: 'r', task_id: 't', attempt: 1, max_attempts: 1, status: 'completed', error: null, benchmark: 'b' },
    ...{ executor: 'onnx', request_name: null, queued_at: at, finished_at: at, fingerprint: 'f', workload: 'w1' },
    execution_time_seconds: 20,
    ...changes,
  });
}

const named = (of: Outcome) =>
  allPointsOf(of).map(({ key: { metric, batch_size, series_kind = 'result' }, value, unit }) => [
    metric,
    batch_size,
    series_kind,
    value,
    unit,
  ]);

describe('allPointsOf', () => {
  it('has the phases, at the batch size that they are of, and leaves out what is no phase or was not measured', () => {
    const timings = { load_ms: 12, session_ms: 30, first_run_ms: 5, batch_8_first_run_ms: 9, batch_8_warmup_ms: 70 };
    const beside = { waited_for_device_seconds: 3, import_ms: null, my_ms: 4 };
    expect(named(outcome({ results: { timings: { ...timings, ...beside } } }))).toEqual([
      ['load_ms', null, 'phase', 12, 'ms'],
      ['session_ms', null, 'phase', 30, 'ms'],
      ['first_run_ms', null, 'phase', 5, 'ms'],
      ['first_run_ms', 8, 'phase', 9, 'ms'],
      ['warmup_ms', 8, 'phase', 70, 'ms'],
    ]);
  });

  it('has power and energy where they were measured, and memory of a GPU but not of the whole machine', () => {
    const results = { metrics: { latency_ms: latency } };
    expect(named(outcome({ results, hardware_metrics: hardware }))).toEqual([
      ['latency_ms', null, 'result', 100, 'ms'],
    ]);
    const gpu = { ...hardware, gpu_utilization_percent: 90, power_consumption_watts: 150 };
    expect(named(outcome({ results, hardware_metrics: gpu })).slice(1)).toEqual([
      ['memory_usage_mb', null, 'memory', 4000, 'MB'],
      ['power_consumption_watts', null, 'energy', 150, 'W'],
      ['energy_joules', null, 'energy', 3000, 'J'],
    ]);
  });

  it('has nothing of an attempt that measured nothing, whatever its hardware did', () => {
    const gpu = { ...hardware, gpu_utilization_percent: 90, power_consumption_watts: 150 };
    expect(named(outcome({ hardware_metrics: gpu }))).toEqual([]);
    expect(named(outcome({ results: { timings: { load_ms: 1 } }, status: 'failed' }))).toEqual([]);
  });

  it('is another series than a metric of that name that the program reports, and leaves those as they were', () => {
    const both = outcome({ results: { metrics: { load_ms: latency }, timings: { load_ms: 7 } } });
    const [own, phase] = allPointsOf(both);
    expect(own?.series_id).not.toBe(phase?.series_id);
    expect(pointsOf(both).map(({ series_id }) => series_id)).toEqual([own?.series_id]);
  });

  it('begins another series of what grows with the work where that changes, and has none for a part of it', () => {
    const timings = { load_ms: 1, warmup_ms: 5 };
    const ids = (workload: string) => allPointsOf(outcome({ results: { timings }, workload })).map((p) => p.series_id);
    const [[load, warmup], [sameLoad, otherWarmup]] = [ids('w1'), ids('w2')];
    expect(load).toBe(sameLoad);
    expect(warmup).not.toBe(otherWarmup);
    const { workload: _, ...part } = outcome({ results: { timings } });
    expect(named(part)).toEqual([['load_ms', null, 'phase', 1, 'ms']]);
  });
});
