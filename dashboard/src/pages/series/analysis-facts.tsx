import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { ReactNode } from 'react';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { type Fact, Facts } from '../../parts/facts.tsx';

const percent = (value: number | null | undefined): string => (value == null ? '–' : `${formatNumber(value)} %`);

/** What the series is like: its level and noise, and how small a change of it would be seen. */
export function AnalysisFacts({ analysis, unit }: { analysis: SeriesAnalysis; unit: string }): ReactNode {
  const {
    level,
    scale,
    trend,
    seasonality,
    modes,
    recommended_repetitions: repetitions,
    precision,
    reasons,
  } = analysis;
  const seen = analysis.minimum_detectable_effect;
  const facts: Fact[] = [
    { name: 'Level', value: formatNumber(level), unit },
    {
      name: 'Noise',
      value: level === null || scale === null ? '–' : percent((100 * scale) / Math.abs(level)),
      unit: 'std. deviation',
    },
    ...seen.slice(0, 2).map(({ runs, percent: least }) => ({
      name: `Detectable after ${runs} ${runs === 1 ? 'run' : 'runs'}`,
      value: percent(least),
      unit: 'or more',
    })),
    ...(repetitions === null
      ? []
      : [
          {
            name: `Runs to detect ${repetitions.target_percent} %`,
            value: repetitions.runs ?? 'over 100',
          },
        ]),
    { name: 'False alarms', value: percent(100 * analysis.false_alarm_rate), unit: 'of series per 400 runs' },
    ...(trend === null || !trend.is_significant
      ? []
      : [{ name: 'Trend', value: formatPercentChange(trend.percent_per_100_points), unit: 'per 100 runs' }]),
    ...(seasonality === null
      ? []
      : [{ name: 'Period', value: formatNumber(seasonality.period), unit: seasonality.unit }]),
    ...(precision === null
      ? []
      : [
          {
            name: 'Precision of findings',
            value: percent(100 * precision.precision),
            unit: `of ${precision.acknowledged + precision.dismissed}`,
          },
        ]),
  ];
  return (
    <>
      <Facts facts={facts} />
      {modes.length > 0 && (
        <p className="bw-note">
          The series switches between {modes.length} levels:{' '}
          {modes
            .map(({ level: of, share }) => `${formatNumber(of)} ${unit} (${Math.round(100 * share)} % of the runs)`)
            .join(', ')}
          .
        </p>
      )}
      {Object.entries(reasons).map(([name, reason]) => (
        <p key={name} className="bw-note">
          No {name.replaceAll('_', ' ')}: {reason}
        </p>
      ))}
    </>
  );
}
