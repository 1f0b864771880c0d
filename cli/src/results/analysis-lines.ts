import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import { count, formatChange, formatNumber } from '../terminal/numbers.ts';

/** What is known of a series, in a few lines. */
export function analysisLines(analysis: SeriesAnalysis, unit: string): string[] {
  const { level, scale, segments, modes, trend, seasonality, recommended_repetitions } = analysis;
  const lines: string[] = [];
  if (level === null || scale === null) lines.push(`level      ${analysis.reasons.level ?? 'not known yet'}`);
  else {
    const noise = level === 0 ? '' : ` (${formatNumber((scale / Math.abs(level)) * 100, 2)} %)`;
    const since = segments.at(-1);
    lines.push(
      `level      ${formatNumber(level)} ${unit}, noise ${formatNumber(scale)}${noise}${since === undefined ? '' : `, for ${count(since.n, 'point')}`}`,
    );
  }
  if (segments.length > 1)
    lines.push(
      `changes    ${segments
        .map(({ median }) => formatNumber(median))
        .slice(-6)
        .join(' → ')}`,
    );
  if (modes.length > 1) {
    const each = modes.map((mode) => `${formatNumber(mode.level)} (${formatNumber(mode.share * 100, 0)} %)`);
    lines.push(`switches between ${each.join(' and ')}`);
  }
  const seen = analysis.minimum_detectable_effect.flatMap(({ runs, percent }) =>
    percent === null ? [] : [`${formatNumber(percent, 1)} % with ${count(runs, 'more run')}`],
  );
  if (seen.length > 0) lines.push(`would see  ${seen.join(', ')}`);
  if (recommended_repetitions !== null) {
    const { target_percent, runs } = recommended_repetitions;
    lines.push(
      `to see ${target_percent} %  ${runs === null ? 'more than 100 runs' : count(runs, 'run')} at the new level`,
    );
  }
  if (trend?.is_significant === true)
    lines.push(`trend      ${formatChange(trend.percent_per_100_points)} in 100 points`);
  if (seasonality !== null) lines.push(`repeats    every ${formatNumber(seasonality.period)} ${seasonality.unit}`);
  return lines;
}
