import type { ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { Panel } from '../../parts/panel.tsx';
import { scalingLines, scalingOption } from './scaling-option.ts';

/** How the metric changes with the batch size; left out where there is one. */
export function Scaling({ comparison, rows }: { comparison: Comparison; rows: readonly ComparedRow[] }): ReactNode {
  const option = useCallback(
    (colours: ChartColours) => scalingOption(scalingLines(comparison, rows), rows[0]?.unit ?? '', colours),
    [comparison, rows],
  );
  const lines = scalingLines(comparison, rows);
  if (lines.length === 0) return null;
  const metric = rows[0]?.metric ?? '';
  return (
    <Panel title={`${metric} by batch size`}>
      <Chart
        option={option}
        height={300}
        exported={`${metric} by batch size`}
        description={`${metric} by batch size: ${lines.length} lines`}
      />
    </Panel>
  );
}
