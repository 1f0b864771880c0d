import { Group, SegmentedControl } from '@mantine/core';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { type Distribution, distributionOption, FORMS, formFor } from './distribution-option.ts';

const DEFAULTS = { samples: '' };

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
  const [{ samples }, change] = useUrlState(DEFAULTS);
  const form = oneOf(FORMS, samples) ?? formFor(distributions.length);
  const key = JSON.stringify(
    distributions.map(({ label, n, min, bars_to, task_id }) => [label, n, min, bars_to, task_id]),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same numbers make the same picture
  const option = useCallback(
    (colours: ChartColours) => distributionOption(distributions, unit, colours, form),
    [key, unit, form],
  );
  return (
    <>
      <Group justify="flex-end" mb={4}>
        <SegmentedControl
          size="xs"
          aria-label="Form"
          data={[...FORMS]}
          value={form}
          onChange={(next) => change({ samples: next })}
        />
      </Group>
      <Chart
        option={option}
        height={300}
        exported={`Distribution of ${metric}`}
        description={`Raw samples of ${metric}: ${distributions.map(({ label, n }) => `${n} of ${label}`).join(', ')}`}
      />
    </>
  );
}
