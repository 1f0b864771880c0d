import type { CircuitPeriod, QuarantinePeriod, StrategyUse } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';

/** An event of a worker that concerns its quarantine. */
export interface QuarantineEvent {
  worker_id: string;
  at: string;
  /** `quarantined`, `check_failed`, `released`; `paused` for being in quarantine; `changed` for taking tasks again. */
  kind: string;
  message: string;
}

/** An event of a circuit breaker. */
export interface CircuitEvent {
  at: string;
  kind: 'circuit_opened' | 'circuit_half_open' | 'circuit_closed';
  message: string;
  subject: string;
  hardware: string;
  error_class: string;
}

/**
 * Quarantines, in the order in which they began. The scheduler writes that it began and ended one; one of a person is in
 * the events of the worker alone, which also repeats the scheduler's.
 * @param events - oldest first
 */
export function quarantinePeriods(events: readonly QuarantineEvent[]): QuarantinePeriod[] {
  const periods: QuarantinePeriod[] = [];
  const last = new Map<string, QuarantinePeriod>();
  const begin = ({ worker_id, message }: QuarantineEvent, started_at: string | null): QuarantinePeriod => {
    const by = 'user' as const;
    const open = { ended_at: null, ended_by: null, checks_failed: 0, next_status: null };
    const period: QuarantinePeriod = { worker_id, by, reason: message, started_at, ...open };
    periods.push(period);
    last.set(worker_id, period);
    return period;
  };
  for (const event of events) {
    const known = last.get(event.worker_id);
    const open = known?.ended_at === null ? known : undefined;
    switch (event.kind) {
      case 'quarantined': {
        const period = open ?? begin(event, event.at);
        period.by = 'scheduler';
        period.reason = event.message;
        break;
      }
      case 'paused':
        if (open === undefined) begin(event, event.at);
        break;
      case 'check_failed': {
        const period = open ?? begin(event, null);
        period.by = 'scheduler';
        period.checks_failed++;
        break;
      }
      case 'released': {
        // Its worker may have said first that it takes tasks again.
        const period = open ?? known ?? begin(event, null);
        period.by = 'scheduler';
        period.ended_at ??= event.at;
        period.ended_by = 'health_check';
        break;
      }
      case 'changed':
        if (open === undefined) break;
        open.ended_at = event.at;
        open.ended_by = 'user';
        break;
    }
  }
  return periods;
}

/**
 * Circuits, in the order in which they opened. One that opens again without having closed had a trial that failed.
 * @param events - oldest first
 */
export function circuitPeriods(events: readonly CircuitEvent[]): CircuitPeriod[] {
  const periods: CircuitPeriod[] = [];
  const open = new Map<string, CircuitPeriod>();
  for (const { at, kind, message, subject, hardware, error_class } of events) {
    const key = JSON.stringify([subject, hardware]);
    let period = open.get(key);
    if (period === undefined) {
      const opened_at = kind === 'circuit_opened' ? at : null;
      period = { subject, hardware, error_class, reason: message, opened_at, closed_at: null, trials_failed: 0 };
      periods.push(period);
      open.set(key, period);
    } else if (kind === 'circuit_opened') period.trials_failed++;
    if (kind === 'circuit_closed') {
      period.closed_at = at;
      open.delete(key);
    }
  }
  return periods;
}

const secondsBetween = (from: string | null, to: string | null): number[] =>
  from === null || to === null ? [] : [Math.max(0, Date.parse(to) - Date.parse(from)) / 1000];

const medianOf = (values: readonly number[]): number | null => (values.length === 0 ? null : median(values));

/** How often quarantines were used, and whether the worker's next attempt completed. */
export function useOfQuarantines(periods: readonly QuarantinePeriod[]): StrategyUse[] {
  if (periods.length === 0) return [];
  const good = periods.filter(({ next_status }) => next_status === 'completed');
  return [
    {
      ...{ strategy: 'quarantine', error_class: '', times: periods.length, succeeded: good.length },
      decided: periods.filter(({ next_status }) => next_status !== null).length,
      median_seconds: medianOf(good.flatMap(({ started_at, ended_at }) => secondsBetween(started_at, ended_at))),
    },
  ];
}

/** How often circuits were opened, and whether the trial afterwards completed, by class of the failure. */
export function useOfCircuits(periods: readonly CircuitPeriod[]): StrategyUse[] {
  return [...Map.groupBy(periods, ({ error_class }) => error_class)].map(([error_class, of_class]) => {
    const closed = of_class.filter(({ closed_at }) => closed_at !== null);
    const failed = of_class.reduce((sum, { trials_failed }) => sum + trials_failed, 0);
    return {
      ...{ strategy: 'circuit_breaker', error_class, times: of_class.length + failed },
      ...{ decided: failed + closed.length, succeeded: closed.length },
      median_seconds: medianOf(closed.flatMap(({ opened_at, closed_at }) => secondsBetween(opened_at, closed_at))),
    };
  });
}
