import { directionOf } from '../contracts/direction.ts';
import type { Gate } from '../contracts/gate.ts';
import type { ResultRow } from '../contracts/rows.ts';
import { type MetricVerdict, type RunVerdict, VERDICTS } from '../contracts/verdict.ts';
import { countsIn, directionIn, outcomeOf } from './gate.ts';
import type { SeriesHistory, VerdictSettings } from './history.ts';
import { judgeSeries } from './judge-series.ts';
import { summaryOf } from './summary.ts';

export interface RunQuestion {
  run_id: string;
  /** What the run measured. */
  results: readonly ResultRow[];
  /** By series. */
  histories: ReadonlyMap<string, SeriesHistory>;
  gate: Gate;
  is_final: boolean;
  /** Series that were not loaded. */
  left_out: number;
  base_run_id?: string | undefined;
}

const RANK = { fail: 0, warn: 1, pass: 2, report: 3 } as const;

/** The verdict of a run: each of its series, and what the gate makes of them. Pure. */
export function judgeRun(question: RunQuestion, settingsOf: (result: ResultRow) => VerdictSettings): RunVerdict {
  const { run_id, results, histories, gate, is_final, left_out, base_run_id } = question;
  const batch = ({ task_id, batch_size }: ResultRow): string => `${task_id} ${batch_size}`;
  const withLatency = new Set(results.filter(({ metric }) => metric === 'latency_ms').map(batch));
  const first = new Map<string, ResultRow>();
  for (const result of results) if (!first.has(result.series_id)) first.set(result.series_id, result);
  const metrics = [...first.values()].flatMap((result): MetricVerdict[] => {
    const { series_id, metric, unit, source } = result;
    const known = directionOf({ metric, unit, better: result.better === '' ? null : result.better });
    const direction = directionIn(gate, known);
    const history = histories.get(series_id) ?? { points: [], findings: [], accepted: [] };
    const head = { run_id, source };
    const asked = { ...history, head, base_run_id, direction, unit, matters_percent: gate.min_change_percent };
    const said = judgeSeries(asked, settingsOf(result));
    if (said === undefined) return [];
    const has_latency = withLatency.has(batch(result));
    const counts = countsIn(gate, { metric, batch_size: result.batch_size, direction: known, has_latency });
    const { is_main: _, ...verdict } = said;
    const { task_id, benchmark, model, pool, batch_size } = result;
    const about = { series_id, task_id, benchmark, model, pool, batch_size, metric, unit, direction };
    return [{ ...about, ...verdict, gate: outcomeOf(gate, counts, said) }];
  });
  const ordered = metrics.toSorted((a, b) => RANK[a.gate] - RANK[b.gate]);
  const counting = ordered.filter((each) => each.gate !== 'report');
  const counts = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, counting.filter((each) => each.verdict === verdict).length]),
  ) as RunVerdict['counts'];
  const outcome = counting.some((each) => each.gate === 'fail')
    ? 'fail'
    : counting.some((each) => each.gate === 'warn')
      ? 'warn'
      : 'pass';
  return { run_id, is_final, outcome, counts, summary: summaryOf(counting), metrics: ordered, left_out };
}
