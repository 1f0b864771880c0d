import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { SegmentedControl, Select } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { Empty, Failure } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { SampleChart } from './sample-chart.tsx';
import { useSamples } from './use-samples.ts';

const DEFAULTS = { metric: '', of: '', scale: 'value' };

/** The samples of a run as they are measured. */
export function LiveMetrics({ run }: { run: RunRow }): ReactNode {
  const [{ metric, of, scale }, change] = useUrlState(DEFAULTS);
  const { store, version, error, is_loading } = useSamples(run);
  const metrics = store.metrics;
  const shown = metrics.includes(metric)
    ? metric
    : (metrics.find((name) => name.includes('latency')) ?? metrics[0] ?? '');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says when the store's content has changed
  const all = useMemo(() => store.of(shown), [store, shown, version]);
  const tasks = [...new Set(all.map(({ task_id }) => task_id))];
  const series = useMemo(() => all.filter(({ task_id }) => of === '' || task_id === of), [all, of]);

  if (metrics.length === 0) {
    if (error !== null) return <Failure error={error} />;
    if (is_loading) return null;
    return (
      <Empty title="No samples">
        {run.finished_at === null
          ? 'Samples appear here while a benchmark runs.'
          : 'This run streamed no samples, or they are past their retention time.'}
      </Empty>
    );
  }
  return (
    <>
      <div className="bw-filters">
        <Select label="Metric" data={metrics} value={shown} onChange={(next) => change({ metric: next ?? '' })} />
        <Select
          label="Task"
          placeholder="all tasks"
          data={tasks}
          value={of || null}
          onChange={(next) => change({ of: next ?? '' })}
          clearable
          searchable
        />
        <SegmentedControl
          data={[
            { value: 'value', label: 'Linear' },
            { value: 'log', label: 'Logarithmic' },
          ]}
          value={scale}
          onChange={(next) => change({ scale: next })}
          aria-label="Scale"
        />
      </div>
      <SampleChart series={series} metric={shown} scale={scale === 'log' ? 'log' : 'value'} />
    </>
  );
}
