import type { ReactNode } from 'react';
import { formatNumber } from '../format/numbers.ts';

const [WIDTH, HEIGHT, EDGE] = [120, 30, 3];

export interface SparklineProps {
  /** The oldest first. */
  values: readonly number[];
  /** Drawn as a dashed line. */
  baseline?: number | undefined;
  tone?: string | undefined;
}

/** The newest values of a series as a small picture, the last one marked. */
export function Sparkline({ values, baseline, tone }: SparklineProps): ReactNode {
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined) return null;
  const all = baseline === undefined ? values : [...values, baseline];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const x = (at: number): number =>
    values.length === 1 ? WIDTH - EDGE : EDGE + (at * (WIDTH - 2 * EDGE)) / (values.length - 1);
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : HEIGHT - EDGE - ((value - low) * (HEIGHT - 2 * EDGE)) / (high - low);
  const words = `${values.length} values, the first ${formatNumber(first)}, the last ${formatNumber(last)}`;
  return (
    <svg className="bw-spark" data-tone={tone} width={WIDTH} height={HEIGHT} role="img" aria-label={words}>
      <title>{words}</title>
      {baseline !== undefined && (
        <line x1={EDGE} x2={WIDTH - EDGE} y1={y(baseline)} y2={y(baseline)} strokeDasharray="3 3" />
      )}
      <polyline points={values.map((value, at) => `${x(at)},${y(value)}`).join(' ')} fill="none" />
      <circle cx={x(values.length - 1)} cy={y(last)} r={2.6} />
    </svg>
  );
}
