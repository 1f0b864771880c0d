import { keyValues, list, natsVariables, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { DEFAULT_MAIN_BRANCHES } from '@benchwire/shared/verdict/lines.ts';
import { z } from 'zod';

const number = z.coerce.number();

/** Percentages by metric. */
const percentages = keyValues.transform((pairs, context): ReadonlyMap<string, number> => {
  const wrong = Object.entries(pairs).find(([, percent]) => percent.trim() === '' || !(Number(percent) >= 0));
  if (wrong !== undefined) {
    const message = `must be metrics with percentages, such as latency_ms=2,memory_mb=5, not ${wrong.join('=')}`;
    context.addIssue({ code: 'custom', message });
  }
  return new Map(Object.entries(pairs).map(([metric, percent]) => [metric.trim(), Number(percent)]));
});

export const anomalyConfig = z
  .object({
    ...natsVariables,
    ...serviceVariables,
    /** How many times its usual noise a value must lie off the median of the runs before it. */
    ANOMALY_THRESHOLD: number.pipe(z.number().min(3).max(100)).prefault(5),
    /** Runs that a series needs before anything is said of the next one. */
    ANOMALY_MIN_RUNS: number.pipe(z.int().min(5).max(100)).prefault(5),
    /** Runs of a series that a new one is held against, at most. */
    ANOMALY_WINDOW: number.pipe(z.int().min(5).max(500)).prefault(50),
    /** Points of a series that are looked at as a whole, at most. */
    ANOMALY_HISTORY: number.pipe(z.int().min(100).max(1000)).prefault(1000),
    /** Smallest change that is a finding, in percent of the level, for metrics by name: `latency_ms=2,memory_mb=5`. None without. */
    ANOMALY_LEAST_CHANGE: percentages.prefault(''),
    /** Re-runs that settle one suspicion, at most; 0 asks for none. */
    ANOMALY_CONFIRM_RUNS: number.pipe(z.int().min(0).max(10)).prefault(3),
    /** Re-runs that may be asked for in an hour, by each slot. */
    ANOMALY_CONFIRM_PER_HOUR: number.pipe(z.int().min(0).max(10_000)).prefault(60),
    /** Kinds of suspicions that ask for re-runs, separated by commas. */
    ANOMALY_CONFIRM_KINDS: list
      .pipe(z.array(z.enum(['regression', 'improvement', 'change'])))
      .prefault('regression,change'),
    /**
     * Branches whose points make levels, separated by commas, with `*` for any part: `main,release/*`. The first is the trunk, and
     * so is everything without a branch.
     */
    ANOMALY_MAIN_BRANCHES: list
      .pipe(z.array(z.string().min(1).max(256)).min(1).max(100))
      .prefault(DEFAULT_MAIN_BRANCHES.join(',')),
    /** Into how many slots the series are split; replicas share them. The same for all replicas. */
    ANOMALY_SHARDS: number.pipe(z.int().min(1).max(64)).prefault(1),
    /** How long a question for settled findings may wait until everything before it is judged. */
    ANOMALY_SETTLE_SECONDS: number.pipe(z.number().min(0.1).max(60)).prefault(30),
  })
  .refine((config) => config.ANOMALY_WINDOW >= config.ANOMALY_MIN_RUNS, {
    path: ['ANOMALY_WINDOW'],
    message: 'must be at least ANOMALY_MIN_RUNS',
  });
