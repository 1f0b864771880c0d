import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { type Distribution, distributionOption } from './distribution-option.ts';

/** Distributions of raw samples over each other. */
export function Distributions({
  distributions,
  unit,
  metric,
}: {
  distributions: readonly Distribution[];
  unit: string;
  metric: string;
}): ReactNode {
  const key = JSON.stringify(
    distributions.map(({ label, n, min, bars_to, task_id }) => [label, n, min, bars_to, task_id]),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same numbers make the same picture
  const option = useCallback((colours: ChartColours) => distributionOption(distributions, unit, colours), [key, unit]);
  return (
    <Chart
      option={option}
      height={260}
      exported={`Distribution of ${metric}`}
      description={`Raw samples of ${metric}: ${distributions.map(({ label, n }) => `${n} of ${label}`).join(', ')}`}
    />
  );
}
