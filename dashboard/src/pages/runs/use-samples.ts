import type { MetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import type { RunRow } from '@benchwire/shared/contracts/query.ts';
import { useEffect, useState } from 'react';
import { useTopic } from '../../api/live-provider.tsx';
import type { MetricSeries } from '../../api/types.ts';
import { useGet } from '../../api/use-api.ts';
import { SampleStore } from './sample-store.ts';

/** The picture is drawn again at most so often. */
const REDRAW_MS = 400;

/** A run's samples: what is stored, then each batch as it comes. `error` is why the stored ones are missing. */
export function useSamples(run: RunRow): {
  store: SampleStore;
  version: number;
  error: Error | null;
  is_loading: boolean;
} {
  const [store] = useState(() => new SampleStore());
  const [version, setVersion] = useState(0);
  const stored = useGet<{ series: MetricSeries[] }>(`/api/runs/${run.run_id}/metrics`, { max_points: 2000 });

  useEffect(() => {
    for (const series of stored.data?.series ?? []) store.add(series);
    setVersion(store.version);
  }, [stored.data, store]);
  useTopic(run.finished_at === null ? `metrics:${run.run_id}` : null, ({ data }) => {
    const { task_id, columns } = data as MetricBatch;
    for (const column of columns) store.add({ task_id, ...column });
  });
  useEffect(() => {
    if (run.finished_at !== null) return;
    const timer = setInterval(() => setVersion(store.version), REDRAW_MS);
    return () => clearInterval(timer);
  }, [store, run.finished_at]);

  return { store, version, error: stored.error, is_loading: stored.isPending };
}
