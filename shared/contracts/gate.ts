import { z } from 'zod';

const DEFAULT_REPEAT_RUNS = 10;
/** With the six at first, enough to exclude a change of 5 % in 99 of 100 pull requests at a noise of 5 % (docs/benchmarks.md, ci). */
const DEFAULT_REPEAT_PAIRS = 54;

/** What may be spent on measuring again what can't be told. */
export const repeatBudget = z.strictObject({
  /** Repetitions of each task: runs of it, and pairs where `pairs` does not say. */
  runs: z.int().min(1).max(100).default(DEFAULT_REPEAT_RUNS),
  /** Pairs of each task whose base is measured beside it: 54, or as many as `runs` where that is not its default. Since 0.8. */
  pairs: z.int().min(1).max(194).optional(),
  /** Time that all of it may take from the run's end on, or from a task's first pairs on. */
  seconds: z.number().positive().max(86_400).default(3600),
});
export type RepeatBudget = z.infer<typeof repeatBudget>;

/** Pairs that may be measured on top. A budget of runs that somebody wrote has always been one of pairs, too. */
export const pairBudget = ({ runs, pairs }: Pick<RepeatBudget, 'runs' | 'pairs'>): number =>
  pairs ?? (runs === DEFAULT_REPEAT_RUNS ? DEFAULT_REPEAT_PAIRS : runs);

/** What a request or the server says of a gate; what it leaves out, the next one says: request, server, `gate`. */
export const writtenGate = z.strictObject({
  /** Metrics that count, by name, with `*` for any part. Without: median latency or throughput, and others whose direction is known. */
  metrics: z.array(z.string().min(1).max(256)).min(1).max(100).optional(),
  /** Smaller changes don't matter; without: any that is clear does, and 5 % is what has to be excluded for `no_change`. */
  min_change_percent: z.number().positive().max(1000).optional(),
  /** What is worse, for metrics of which nobody knows it: a higher value, a lower one, or either. Without, they are reported only. */
  unknown_direction: z.enum(['higher_is_worse', 'lower_is_worse', 'either_is_worse']).optional(),
  on_slower: z.enum(['fail', 'warn']).optional(),
  /** `repeat`: measures what can't be told again, within `repeat_budget`; what can't be told then is a warning. */
  on_cannot_tell: z.enum(['pass', 'warn', 'fail', 'repeat']).optional(),
  /** Of `on_cannot_tell: repeat`. */
  repeat_budget: repeatBudget.optional(),
  /** On a main line whose level has been worse since an earlier commit. */
  on_known_regression: z.enum(['fail', 'warn', 'pass']).optional(),
});
export type WrittenGate = z.infer<typeof writtenGate>;

const { on_slower, on_cannot_tell, repeat_budget, on_known_regression } = writtenGate.shape;

/** What of a run's verdict (verdict.ts) makes it fail. Since 0.5. */
export const gate = writtenGate.extend({
  on_slower: on_slower.unwrap().default('fail'),
  on_cannot_tell: on_cannot_tell.unwrap().default('pass'),
  repeat_budget: repeat_budget.unwrap().prefault({}),
  on_known_regression: on_known_regression.unwrap().default('fail'),
});
export type Gate = z.infer<typeof gate>;

/** The gate's fields, in the order in which people read them. */
export const GATE_FIELDS = Object.keys(writtenGate.shape) as ReadonlyArray<keyof WrittenGate>;

/**
 * KV bucket with the gates of benchmarks: one key, all rules in their order. Every question for a verdict reads it, so a change counts for
 * every run, also for those that ended before. Since 0.5.
 */
export const GATES_BUCKET = 'gates';
export const GATES_KEY = 'rules';
export const MAX_GATE_RULES = 500;

/** A benchmark's name in any case, with `*` for any text: `encode`, `nightly-*`, `*`. */
export const benchmarkPattern = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => name.trim() === name, 'has spaces around it')
  .refine((name) => name.split('*').length <= 9, 'has more than eight *');

export const gateRule = z.strictObject({
  benchmark: benchmarkPattern,
  gate: writtenGate.refine(
    (written) => Object.keys(written).length > 0,
    'says nothing: name a field, such as on_slower',
  ),
});
export type GateRule = z.infer<typeof gateRule>;

export const gateRules = z
  .array(gateRule)
  .max(MAX_GATE_RULES)
  .refine(
    (rules) => new Set(rules.map(({ benchmark }) => benchmark.toLowerCase())).size === rules.length,
    'names a benchmark twice',
  );
