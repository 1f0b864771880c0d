import { natsVariables, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

const number = z.coerce.number();

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
    /** How long a question for settled findings may wait until everything before it is judged. */
    ANOMALY_SETTLE_SECONDS: number.pipe(z.number().min(0.1).max(60)).prefault(30),
  })
  .refine((config) => config.ANOMALY_WINDOW >= config.ANOMALY_MIN_RUNS, {
    path: ['ANOMALY_WINDOW'],
    message: 'must be at least ANOMALY_MIN_RUNS',
  });
