import type { ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import { shorten } from '@benchwire/shared/format/shorten.ts';
import { SegmentedControl } from '@mantine/core';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { Panel } from '../../parts/panel.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { type Heat, heatOf, heatOption } from './heat-option.ts';

const DEFAULTS = { heat: '' };

const MAX_LABEL = 32;

/** The page names the sides in full elsewhere. */
const shortLabel = (label: string): string => shorten(label, MAX_LABEL);

/** Models against hardware: each side's values, or how much a side changed. */
export function HeatMap({ comparison, rows }: { comparison: Comparison; rows: readonly ComparedRow[] }): ReactNode {
  const [{ heat }, change] = useUrlState(DEFAULTS);
  const { sides } = comparison;
  const choices = [
    ...sides.slice(1).map(({ label }, at) => ({ value: `c${at + 1}`, label: `change of ${shortLabel(label)}` })),
    ...sides.map(({ label }, at) => ({ value: `v${at}`, label: shortLabel(label) })),
  ];
  const shown = choices.find(({ value }) => value === heat)?.value ?? choices[0]?.value ?? 'v0';
  const of: Heat = heatOf(comparison, rows, Number(shown.slice(1)), shown.startsWith('c') ? 'change' : 'value');
  const key = JSON.stringify(of);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same numbers make the same picture
  const option = useCallback((colours: ChartColours) => heatOption(of, colours), [key]);
  const metric = rows[0]?.metric ?? '';
  if (of.cells.length === 0) return null;
  return (
    <Panel
      title="Model by hardware"
      aside={
        <SegmentedControl
          className="bw-scrolling"
          size="xs"
          aria-label="Heat map value"
          data={choices}
          value={shown}
          onChange={(next) => change({ heat: next })}
        />
      }
    >
      <Chart
        option={option}
        height={Math.max(150, 70 + 28 * of.models.length)}
        exported={`${metric} by model and hardware`}
        description={`${metric} of ${of.models.length} models on ${of.pools.length} kinds of hardware`}
      />
    </Panel>
  );
}
