import type { PairsOfPoint } from '../contracts/base.ts';
import type { FindingKind, FindingState } from '../contracts/finding.ts';
import type { Source } from '../contracts/request.ts';
import type { DetectorSettings } from '../detect/settings.ts';
import type { Measured } from './known-level.ts';
import type { MainBranches } from './lines.ts';

/** One point of a series, of whatever branch. */
export interface HistoryPoint extends Measured {
  run_id: string;
  task_id: string;
  measured_at: string;
  source: Source | null;
  /** Of a head and a base side that it is from. */
  pairs?: PairsOfPoint | null;
}

/** A finding, as far as it says where a level begins. */
export interface LineFinding {
  finding_id: string;
  kind: FindingKind;
  state: FindingState;
  /** Of the first point of the new level. */
  run_id: string;
  task_id: string;
}

/** Somebody accepted the level that a point is at. */
export interface Acceptance {
  /** When the point was measured, as the point has it. */
  about_at: string;
  by: string;
  reason: string;
}

/** What is known of a series when a run is judged. */
export interface SeriesHistory {
  /** Of all lines, in the order in which they came. */
  points: readonly HistoryPoint[];
  findings: readonly LineFinding[];
  accepted: readonly Acceptance[];
}

/** How verdicts are set up: the detector's own limits, and which branches have levels. */
export interface VerdictSettings {
  main_branches: MainBranches;
  /** Of one value, as the detector has it. */
  single: { threshold: number; window: number; min_runs: number };
  levels: DetectorSettings;
}
