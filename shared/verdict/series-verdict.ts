import type { MetricVerdict } from '../contracts/verdict.ts';
import type { Said } from './reason.ts';

/** What one series says about a run; the rest of `MetricVerdict` is what is measured, and the gate. */
export type SeriesVerdict = Omit<Said, 'unit'> &
  Pick<MetricVerdict, 'run_ids' | 'reason'> & {
    /** Whether the run is on a main line. */
    is_main: boolean;
  };
