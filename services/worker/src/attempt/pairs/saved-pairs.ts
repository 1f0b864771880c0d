import { createHash } from 'node:crypto';
import { SIDES } from '@benchwire/shared/contracts/base.ts';
import { environment } from '@benchwire/shared/contracts/hardware.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { outcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import type { JobTask } from '@benchwire/shared/contracts/task.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';
import type { Pair } from './merge-pairs.ts';

const side = z.object({ results: outcomeResults, environment });
const savedPairs = z.array(z.object({ first: z.enum(SIDES), head: side, base: side }));

/** What has to be the same for an attempt to go on after the pairs of another one. */
export function conditionsOf({ task, source }: Job, base: NonNullable<JobTask['base_side']>): string {
  const { pairs: _, ...side } = base;
  return createHash('sha256')
    .update(JSON.stringify(['pairs', task.config, source, side]))
    .digest('hex');
}

export function writePairs(pairs: readonly Pair[]): Uint8Array {
  return Buffer.from(JSON.stringify(pairs));
}

/** The whole pairs of an earlier attempt; none where they can't be read. */
export function readPairs(data: Uint8Array | undefined): Pair[] {
  if (data === undefined) return [];
  const parsed = parseJson(savedPairs, data);
  return parsed.ok ? parsed.value : [];
}
