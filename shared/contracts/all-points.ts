import type { Outcome, OutcomeResults } from './outcome.ts';
import { keyOf, pointsOf, type SeriesPoint, seriesId } from './series.ts';
import type { SeriesKey } from './series-key.ts';

/** Phases outside of the measured window that have a history, as they stand in `results.timings` with `_ms` behind. */
const PHASES = ['import', 'load', 'session', 'export', 'quantize', 'compile', 'first_run', 'warmup'] as const;
const PHASE = new RegExp(`^(?:batch_(\\d+)_)?(${PHASES.join('|')})_ms$`);

/**
 * All points of a completed outcome: its results (`pointsOf`), and what was measured beside them: the times of its phases, the memory
 * of a GPU, power and energy. An attempt that neither measured anything nor has a phase has none.
 */
export function allPointsOf(outcome: Outcome): SeriesPoint[] {
  const results = pointsOf(outcome);
  const base = keyOf(outcome);
  if (base === undefined || (results.length === 0 && !hasPhases(outcome.results.timings))) return results;
  const beside = [...phasesOf(outcome), ...hardwareOf(outcome)];
  return [
    ...results,
    ...beside.map(({ unit, value, ...about }): SeriesPoint => {
      const key = { ...base, ...about };
      const measured = { unit, value, ci_low: null, ci_high: null, samples: 1, steady: null };
      return { series_id: seriesId(key), key, ...measured, better: 'lower', printed: null, notes: [], pairs: null };
    }),
  ];
}

/** Whether an attempt has a phase with a history. Cheap, since most attempts of a busy stack have none. */
export function hasPhases(timings: OutcomeResults['timings']): boolean {
  if (timings === undefined) return false;
  for (const name in timings) if (timings[name] !== null && PHASE.test(name)) return true;
  return false;
}

type Beside = Pick<SeriesKey, 'metric' | 'batch_size' | 'series_kind' | 'workload'> & { unit: string; value: number };

function phasesOf(outcome: Outcome): Beside[] {
  return Object.entries(outcome.results.timings ?? {}).flatMap(([name, value]): Beside[] => {
    const [, batch, phase] = PHASE.exec(name) ?? [];
    if (phase === undefined || value === null) return [];
    const about = { metric: `${phase}_ms`, batch_size: batch === undefined ? null : Number(batch) };
    const point = { ...about, series_kind: 'phase', unit: 'ms', value } as const;
    return phase === 'warmup' ? ofWorkload(outcome, point) : [point];
  });
}

function hardwareOf(outcome: Outcome): Beside[] {
  const { hardware_metrics, execution_time_seconds } = outcome;
  if (hardware_metrics === null) return [];
  const { gpu_utilization_percent, memory_usage_mb, power_consumption_watts: watts } = hardware_metrics;
  const beside: Beside[] = [];
  const about = { batch_size: null };
  // A processor's memory is that of the whole machine: it says nothing about what was measured.
  if (gpu_utilization_percent !== null && memory_usage_mb !== null)
    beside.push({ ...about, metric: 'memory_usage_mb', series_kind: 'memory', unit: 'MB', value: memory_usage_mb });
  if (watts === null) return beside;
  beside.push({ ...about, metric: 'power_consumption_watts', series_kind: 'energy', unit: 'W', value: watts });
  if (execution_time_seconds === null) return beside;
  const joules = watts * execution_time_seconds;
  const energy = { ...about, metric: 'energy_joules', series_kind: 'energy', unit: 'J', value: joules } as const;
  return [...beside, ...ofWorkload(outcome, energy)];
}

/** What grows with the work has a series for each amount of it, and none where the attempt did only part of it, or a base's as well. */
function ofWorkload({ workload, results }: Outcome, point: Beside): Beside[] {
  return workload === undefined || results.pairs !== undefined ? [] : [{ ...point, workload }];
}
