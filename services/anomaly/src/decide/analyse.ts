import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import type { Side } from '@benchwire/shared/verdict/excursions.ts';
import { type Measured, newestLevel, withMeasured } from '@benchwire/shared/verdict/known-level.ts';
import { minimumDetectableChange, repetitionsFor } from '@benchwire/shared/verdict/sensitivity.ts';
import { review, stretchesOf } from '../detect/review.ts';
import { seasonalityOf } from '../detect/seasonality.ts';
import { forecast, trendOf } from '../detect/trend.ts';
import type { DetectorOptions } from './detector.ts';
import { type Judged, thresholdFactor } from './feedback.ts';

/** Shares of change-free series of 400 points with a confirmed finding: the goal that `npm run bench -- false-alarms` checks. */
const FALSE_ALARM_RATE = 0.01;
/** What people usually want to see. */
const TARGET_PERCENT = 5;
const RUNS = [1, 3, 10] as const;
const FORECAST_STEPS = 10;
/** Points of a level before its noise is known well enough to say what could be seen. */
const MIN_POINTS = 5;

export interface AnalysisContext {
  single: DetectorOptions;
  levels: DetectorSettings;
  judged: Judged;
  /** Which way is worse; 0 where nobody knows. */
  worse?: Side;
  /** First points of levels that confirmed findings told: re-runs know of a change long before the points alone do. */
  confirmed: ReadonlyArray<{ run_id: string; task_id: string }>;
}

interface Point extends Measured {
  run_id: string;
  task_id: string;
  measured_at: string;
}

/** A boundary of the segmentation this near to a confirmed change is that change. */
const SAME_CHANGE = 3;

/**
 * What is known of a series. Pure.
 * @param points - oldest first
 */
export function analyse(series_id: string, points: readonly Point[], context: AnalysisContext): SeriesAnalysis {
  const newest = points.slice(-context.levels.window);
  const values = Float64Array.from(newest, ({ value }) => value);
  const factor = thresholdFactor(context.judged);
  const seen = review(values, context.levels);
  const { autocorrelation, scale: noise } = seen.levels;
  const stretches = stretchesOf(values, withConfirmed(seen.levels.boundaries, newest, context.confirmed));
  const last = stretches.at(-1);
  const reasons: Record<string, string> = {};
  const isKnown = last !== undefined && last.n >= MIN_POINTS;
  if (!isKnown) reasons.level = `the newest level has ${last?.n ?? 0} points, ${MIN_POINTS} are needed`;
  const level = isKnown ? last : undefined;
  const trend = level === undefined ? undefined : trendOf(values.subarray(level.from));
  if (trend === undefined) reasons.trend = 'a trend needs ten points of the newest level';
  const residuals = stretches.flatMap(({ from, to, median }) =>
    Array.from(values.subarray(from, to), (value) => value - median),
  );
  const seasonality = seasonalityOf(Float64Array.from(residuals));
  if (seasonality === undefined)
    reasons.seasonality = 'no period repeats more than chance, or there are fewer than 48 points';
  const around =
    level === undefined
      ? undefined
      : withMeasured(
          newestLevel(Array.from(values), level.from, [], autocorrelation, {
            ...context.single,
            series_scale: noise,
            least_noise_share: context.levels.least_noise_share,
          }),
          newest.slice(-context.single.window).filter((_, at, all) => at >= all.length - level.n),
        );
  const percentOf = (effect: number): number | null =>
    around === undefined || around.median === 0 ? null : (effect / Math.abs(around.median)) * 100;
  const limits = { threshold: context.single.threshold * factor, levels: levelsWith(context.levels, factor) };
  const target = around === undefined ? 0 : (Math.abs(around.median) * TARGET_PERCENT) / 100;
  const total = context.judged.acknowledged + context.judged.dismissed;
  if (total === 0) reasons.precision = 'no finding of this metric on this pool was acknowledged or dismissed';
  return {
    series_id,
    points: newest.length,
    level: around?.median ?? null,
    scale: around?.scale ?? null,
    autocorrelation: newest.length < 3 ? null : autocorrelation,
    segments: stretches
      .map((each) => ({ ...each, from_at: newest[each.from]?.measured_at ?? '' }))
      .filter(({ n }) => n > 0),
    modes: modesOf(seen.changes, stretches),
    minimum_detectable_effect: RUNS.map((runs) => ({
      runs,
      percent: around === undefined ? null : percentOf(minimumDetectableChange(around, runs, limits, context.worse)),
    })),
    false_alarm_rate: FALSE_ALARM_RATE,
    recommended_repetitions:
      around === undefined
        ? null
        : { target_percent: TARGET_PERCENT, runs: repetitionsFor(target, around, limits, context.worse) },
    trend:
      trend === undefined
        ? null
        : {
            slope_per_point: trend.slope,
            slope: { low: trend.low, high: trend.high },
            percent_per_100_points: percentOf(trend.slope * 100),
            is_significant: trend.low * trend.high > 0,
          },
    seasonality: seasonality === undefined ? null : { ...seasonality, unit: 'points' },
    forecast: level === undefined ? [] : forecast(level, trend, FORECAST_STEPS),
    precision:
      total === 0
        ? null
        : { ...context.judged, precision: context.judged.acknowledged / total, threshold_factor: factor },
    reasons,
  };
}

function withConfirmed(
  boundaries: ReadonlyArray<{ index: number }>,
  points: readonly Point[],
  confirmed: AnalysisContext['confirmed'],
): Array<{ index: number }> {
  const told = confirmed
    .map(({ run_id, task_id }) => points.findIndex((point) => point.run_id === run_id && point.task_id === task_id))
    .filter((index) => index > 0 && !boundaries.some((each) => Math.abs(each.index - index) <= SAME_CHANGE));
  const all = [...boundaries.map(({ index }) => index), ...new Set(told)];
  return all.sort((a, b) => a - b).map((index) => ({ index }));
}

/** The limits of levels as the detector has them where people's feedback counts. */
function levelsWith(levels: DetectorSettings, factor: number): DetectorSettings {
  return { ...levels, least_tail_z: levels.least_tail_z * factor };
}

/** The levels that it jumps between, with the share of the points at each. */
function modesOf(
  changes: ReturnType<typeof review>['changes'],
  stretches: ReadonlyArray<{ median: number; n: number; scale: number }>,
): Array<{ level: number; share: number }> {
  if (!changes.some(({ verdict }) => verdict === 'mode')) return [];
  const total = stretches.reduce((sum, { n }) => sum + n, 0);
  const modes: Array<{ level: number; n: number; scale: number }> = [];
  for (const { median, n, scale } of stretches) {
    const near = modes.find((mode) => Math.abs(mode.level - median) <= 2 * Math.max(mode.scale, scale));
    if (near === undefined) modes.push({ level: median, n, scale });
    else near.n += n;
  }
  return modes.map(({ level, n }) => ({ level, share: n / total })).sort((a, b) => b.share - a.share);
}
