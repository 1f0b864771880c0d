import type { Source } from '@benchwire/shared/contracts/request.ts';

/** Where a point comes from. All points of an outcome share one. */
export interface PointRef {
  attempt_id: string;
  run_id: string;
  task_id: string;
  attempt: number;
  measured_at: string;
  source: Source | null;
  worker_id: string | null;
  pool: string | null;
  /** It was measured to settle a suspicion: the attempt that was suspected. */
  confirms: string | null;
  /** What was measured, by its hash; null where that is not known (shared/contracts/provenance.ts). */
  measured_files: string | null;
}

/** Tag of a re-run that is to settle a suspicion; its value is the attempt that it measures again. */
export const CONFIRMS_TAG = 'benchwire.confirms';
