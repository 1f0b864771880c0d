import { directionOf } from '../contracts/direction.ts';
import { matchesPattern } from '../contracts/name-pattern.ts';
import { decidesNothing } from '../contracts/provenance.ts';
import type { ResultRow } from '../contracts/rows.ts';
import {
  type AppliedGate,
  type MetricVerdict,
  type RunVerdict,
  type UndecidedValue,
  VERDICTS,
} from '../contracts/verdict.ts';
import { didYouMean } from '../runtime/near-names.ts';
import { appliedGate, type WrittenGates } from './applied-gate.ts';
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
  gates: WrittenGates;
  is_final: boolean;
  /** Series that were not loaded. */
  left_out: number;
  base_run_id?: string | undefined;
  /** Runs that measured again what this one could not tell. */
  repeated_by?: readonly string[];
}

const RANK = { fail: 0, warn: 1, pass: 2, report: 3 } as const;

/** The verdict of a run: each of its series, and what the gate makes of them. Pure. */
export function judgeRun(question: RunQuestion, settingsOf: (result: ResultRow) => VerdictSettings): RunVerdict {
  const { run_id, results, histories, gates: written, is_final, left_out, base_run_id } = question;
  const gates = new Map<string, AppliedGate>();
  for (const { benchmark } of results) if (!gates.has(benchmark)) gates.set(benchmark, appliedGate(written, benchmark));
  const batch = ({ task_id, batch_size }: ResultRow): string => `${task_id} ${batch_size}`;
  const withLatency = new Set(results.filter(({ metric }) => metric === 'latency_ms').map(batch));
  const direction = ({ metric, unit, better }: ResultRow): MetricVerdict['direction'] =>
    directionOf({ metric, unit, better: better === '' ? null : better });
  const counts = (result: ResultRow): boolean => {
    const { metric, batch_size, series_kind, benchmark } = result;
    const has_latency = withLatency.has(batch(result));
    const about = { metric, batch_size, series_kind, direction: direction(result), has_latency };
    return countsIn(gates.get(benchmark)?.gate as AppliedGate['gate'], about);
  };
  const first = new Map<string, ResultRow>();
  for (const result of results) if (!first.has(result.series_id)) first.set(result.series_id, result);
  const metrics = [...first.values()].flatMap((result): MetricVerdict[] => {
    const { series_id, metric, unit, source, benchmark } = result;
    const { gate } = gates.get(benchmark) as AppliedGate;
    const towards = directionIn(gate, direction(result));
    const history = histories.get(series_id) ?? { points: [], findings: [], accepted: [] };
    const head = { run_id, source, repeated_by: question.repeated_by ?? [] };
    const asked = { ...history, head, base_run_id, direction: towards, unit, matters_percent: gate.min_change_percent };
    const said = judgeSeries(asked, settingsOf(result));
    if (said === undefined) return [];
    const { is_main: _, ...verdict } = said;
    const { task_id, model, pool, batch_size } = result;
    const about = { series_id, task_id, benchmark, model, pool, batch_size, metric, unit, direction: towards };
    return [{ ...about, ...verdict, gate: outcomeOf(gate, counts(result), said) }];
  });
  const not_decided = undecided(results, counts);
  const ordered = metrics.toSorted((a, b) => RANK[a.gate] - RANK[b.gate]);
  const counting = ordered.filter((each) => each.gate !== 'report');
  const by_verdict = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, counting.filter((each) => each.verdict === verdict).length]),
  ) as RunVerdict['counts'];
  const warnings = is_final && left_out === 0 ? unmatchedPatterns(results, written, [...gates.values()]) : [];
  const is_doubtful = warnings.length > 0 || not_decided.some((each) => each.counts);
  const outcome = counting.some((each) => each.gate === 'fail')
    ? 'fail'
    : is_doubtful || counting.some((each) => each.gate === 'warn')
      ? 'warn'
      : 'pass';
  return {
    ...{ run_id, is_final, outcome, counts: by_verdict, summary: summaryOf(counting, not_decided), metrics: ordered },
    ...{ left_out, not_decided, warnings, gates: [...gates.values()] },
  };
}

function undecided(results: readonly ResultRow[], counts: (result: ResultRow) => boolean): UndecidedValue[] {
  return results.flatMap((result): UndecidedValue[] => {
    const at = result.note_codes.findIndex((code) => decidesNothing([{ code }]));
    if (at < 0) return [];
    const { series_id, task_id, benchmark, model, pool, batch_size, metric, unit, value } = result;
    const reason = result.notes[at] ?? 'it was not measured of what the source says';
    const about = { series_id, task_id, benchmark, model, pool, batch_size, metric, unit, value };
    return [{ ...about, counts: counts(result), reason }];
  });
}

/** Patterns of a gate that name no metric: what they were written for is not watched. */
function unmatchedPatterns(
  results: readonly ResultRow[],
  { request }: WrittenGates,
  gates: readonly AppliedGate[],
): string[] {
  const names = (of: readonly ResultRow[]): string[] => [...new Set(of.map(({ metric }) => metric))];
  const missing = (patterns: readonly string[], metrics: readonly string[], whose: string): string[] =>
    patterns
      .filter((pattern) => !metrics.some((metric) => matchesPattern(metric, pattern)))
      .map(
        (pattern) => `${whose} names metric "${pattern}", and the run measured none.${didYouMean(pattern, metrics)}`,
      );
  if (request.metrics !== undefined) return missing(request.metrics, names(results), 'the gate of the request');
  return gates.flatMap(({ benchmark, gate, server_rule }) => {
    const metrics = names(results.filter((result) => result.benchmark === benchmark));
    return missing(gate.metrics ?? [], metrics, `the server's gate for ${server_rule}`);
  });
}
