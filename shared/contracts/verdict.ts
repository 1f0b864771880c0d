import { z } from 'zod';
import { DIRECTIONS } from './direction.ts';
import { gate } from './gate.ts';
import { runId, timestamp } from './ids.ts';
import { issue } from './request.ts';

/**
 * The state of a change compared with its base. `slower` and `faster` mean worse and better, whatever is measured; `changed`: it
 * moved, and nobody knows which way is better; `new`: its base has no points. All of this since 0.5.
 */
export const VERDICTS = ['slower', 'faster', 'changed', 'no_change', 'cannot_tell', 'new'] as const;
export const verdictKind = z.enum(VERDICTS);
export type VerdictKind = z.infer<typeof verdictKind>;

/** What a verdict means to the gate. `report`: it is shown and not counted. */
export const GATE_OUTCOMES = ['pass', 'warn', 'fail', 'report'] as const;
export const gateOutcome = z.enum(GATE_OUTCOMES);
export type GateOutcome = z.infer<typeof gateOutcome>;

/** What a change was compared with. */
export const verdictBaseline = z.object({
  /** The main line, or the run that was asked for. */
  line: z.string(),
  /** The level, in the series' unit. */
  level: z.number(),
  /** Points that make it. */
  points: z.int(),
  /** The commits of the first and the last of them, empty where they name none; and when these were measured. */
  from_commit: z.string(),
  to_commit: z.string(),
  from_at: timestamp.nullable(),
  to_at: timestamp.nullable(),
  /** One standard deviation from run to run, in percent of the level. */
  noise_percent: z.number().nullable(),
  /** Where the base was measured in the run itself: pairs of both sides, those of them on top, and the devices that measured them. */
  pairs: z.object({ count: z.int(), repeated: z.int(), devices: z.array(z.string()) }).optional(),
});

export const metricVerdict = z.object({
  series_id: z.string(),
  /** The first of the tasks that measured it in this run. */
  task_id: z.string(),
  benchmark: z.string(),
  model: z.string(),
  pool: z.string(),
  batch_size: z.int().nullable(),
  metric: z.string(),
  unit: z.string(),
  direction: z.enum(DIRECTIONS),
  verdict: verdictKind,
  /** Of all runs of the commit. */
  value: z.number(),
  /** Values that it is the middle of, and the runs that they are from. */
  repetitions: z.int(),
  run_ids: z.array(runId),
  change_percent: z.number().nullable(),
  /** 95 % interval. */
  change_low_percent: z.number().nullable(),
  change_high_percent: z.number().nullable(),
  baseline: verdictBaseline.nullable(),
  /** The smallest change that would be seen with a probability of 95 %. */
  minimum_detectable_percent: z.number().nullable(),
  /** For `cannot_tell`: how many more repetitions would do; null where no number up to 100 would. */
  more_repetitions: z.int().nullable(),
  /** The line has been worse since then, and nobody has accepted it. */
  known_regression: z
    .object({ finding_id: z.string().nullable(), since_run_id: runId, since_commit: z.string() })
    .nullable(),
  accepted: z.object({ by: z.string(), reason: z.string() }).nullable(),
  gate: gateOutcome,
  /** Why, in one sentence with the numbers. */
  reason: z.string(),
});
export type MetricVerdict = z.infer<typeof metricVerdict>;

/** A value of the run that decides nothing, because it was not measured of what the run's source says. */
export const undecidedValue = metricVerdict
  .pick({ series_id: true, task_id: true, benchmark: true, model: true, pool: true, batch_size: true, metric: true })
  .extend({
    unit: z.string(),
    value: z.number(),
    /** Whether it would count: then the gate warns. */
    counts: z.boolean(),
    /** What was measured, and what the source says. */
    reason: z.string(),
  });
export type UndecidedValue = z.infer<typeof undecidedValue>;

/** The gate that was applied to a benchmark, and where its fields are from: those that neither list names are defaults. */
export const appliedGate = z.object({
  benchmark: z.string(),
  gate,
  of_request: z.array(z.string()),
  of_server: z.array(z.string()),
  /** The name or pattern of the server's gate; null where it has none for this benchmark. */
  server_rule: z.string().nullable(),
});
export type AppliedGate = z.infer<typeof appliedGate>;

/** Of all that count: fail before warn before pass. */
export const verdictOutcome = z.enum(['pass', 'warn', 'fail']);
const counts = z.record(verdictKind, z.int());

/**
 * A verdict as lists have it. It is worked out again when a run of the commit, an acceptance, a finding or a gate changes it, and when
 * somebody asks for the whole verdict.
 */
export const storedVerdict = z.object({
  outcome: verdictOutcome,
  summary: z.string(),
  counts: z.partialRecord(verdictKind, z.int()),
  judged_at: timestamp,
});
export type StoredVerdict = z.infer<typeof storedVerdict>;

/** What `on_cannot_tell: repeat` has done: repetitions spent of those that may be, on runs or pairs on top. */
export const runRepeats = z.object({ spent: z.int(), budget: z.int(), is_running: z.boolean() });
export type RunRepeats = z.infer<typeof runRepeats>;

export const runVerdict = z.object({
  run_id: runId,
  /** Whether the run has ended: until then this is about what was measured so far. */
  is_final: z.boolean(),
  outcome: verdictOutcome,
  counts,
  /** In one line, for people. */
  summary: z.string(),
  /** Those that fail first. */
  metrics: z.array(metricVerdict),
  /** Metrics that did not fit into the answer. */
  left_out: z.int(),
  /** Values that were left out because they are not of what the source says. */
  not_decided: z.array(undecidedValue).default([]),
  /** What is wrong with the question, such as a gate's metric that nothing was measured of. Each makes the outcome at least `warn`. */
  warnings: z.array(z.string()).default([]),
  /** By benchmark. */
  gates: z.array(appliedGate).default([]),
  /** Where a gate says `on_cannot_tell: repeat`. While it is running the verdict is not final. */
  repeats: runRepeats.optional(),
});
export type RunVerdict = z.infer<typeof runVerdict>;

/** Request/reply, answered by the anomaly service. */
export const VERDICT_SUBJECT = 'bw.anomaly.verdict';
export const verdictRequest = z.strictObject({
  run_id: runId,
  /** Compare with this run and not with the history of the base. */
  base_run_id: runId.optional(),
});
export type VerdictRequest = z.infer<typeof verdictRequest>;

export const verdictReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), verdict: runVerdict }),
  z.object({ ok: z.literal(false), issues: z.array(issue).min(1) }),
]);
export type VerdictReply = z.infer<typeof verdictReply>;
