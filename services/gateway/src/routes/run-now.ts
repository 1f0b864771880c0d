import { type RunRow, runRow } from '@benchwire/shared/contracts/rows.ts';
import { RUN_STATUSES, runStatus } from '@benchwire/shared/contracts/run-status.ts';
import { z } from 'zod';

/** A run as HTTP shows it. */
export const runNow = runRow.extend({
  /** Whether it goes on, or how it ended. */
  status: z.enum(RUN_STATUSES),
});

export function withStatus(run: RunRow): z.infer<typeof runNow> {
  return { ...run, status: runStatus(run) };
}
