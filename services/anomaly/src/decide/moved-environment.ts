import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import type { SeriesPoint } from '@benchwire/shared/contracts/series.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { review, stretchesOf } from '../detect/review.ts';
import { findingOfChange } from './describe-finding.ts';
import type { EnvironmentChange } from './environments.ts';
import type { Series } from './series.ts';

/** Points of the new series that can still tell whether its level is another one. */
const MIN_POINTS = 3;
export const MAX_POINTS = 20;
/** Points of the series before that it is held against. */
const POINTS_BEFORE = 60;

/**
 * Whether the level moved with the environment: the newest points of the series before and those of the new one, looked
 * at as one series with the change where they meet.
 */
export function movedWithEnvironment(
  before: Series,
  after: Series,
  point: SeriesPoint,
  change: EnvironmentChange,
  settings: DetectorSettings,
  now: Date,
): Finding | undefined {
  if (after.values.length < MIN_POINTS || after.values.length > MAX_POINTS) return undefined;
  const earlier = before.values.slice(-POINTS_BEFORE);
  const values = Float64Array.from([...earlier, ...after.values]);
  const seen = review(values, settings);
  const moved = seen.changes.find(({ index, verdict }) => verdict !== 'mode' && Math.abs(index - earlier.length) <= 1);
  const last = before.refs.at(-1);
  const first = after.refs[0];
  if (moved === undefined || last === undefined || first === undefined) return undefined;
  const segments = stretchesOf(values, seen.levels.boundaries).map((each) => ({ ...each, from_run_id: null }));
  const what = change.changes.map((each) => each.what).join(', ');
  return findingOfChange(
    {
      ...{
        series_id: after.series_id,
        key: point.key,
        unit: point.unit,
        better: point.better,
        before: earlier,
        state: 'suspected',
      },
      last_good: { ref: last, value: earlier.at(-1) as number },
      first_bad: { ref: first, value: after.values[0] as number },
      reason: `the level moved with the environment (${what})`,
      evidence: {
        ...{ points: values.length, segments, tests: moved.tests, modes: [], effect_size: moved.effect_size },
        ...{ environment: change.changes, contributions: [] },
      },
    },
    moved,
    now,
  );
}
