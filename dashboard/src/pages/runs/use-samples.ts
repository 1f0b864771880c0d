import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from '../../api/client.ts';
import { useTopic } from '../../api/live-provider.tsx';
import { SampleStore } from './sample-store.ts';

/** The picture is drawn again at most so often. */
const REDRAW_MS = 400;

export interface Samples {
  store: SampleStore;
  /** Differs when the store's content has changed. */
  version: number;
  /** Why the stored ones are missing. */
  error: Error | null;
  is_loading: boolean;
}

/**
 * A run's samples: what is stored, then each batch as it comes. What is stored is asked for twice: at first, and when
 * the run is over, since what was measured between the first answer and the first message may be missing.
 */
export function useSamples({ run_id, finished_at }: RunRow): Samples {
  const [store] = useState(() => new SampleStore());
  const [version, setVersion] = useState(0);
  const is_over = finished_at !== null;
  const asked = call('GET /api/runs/:run_id/metrics', { params: { run_id }, query: { max_points: 2000 } });
  const stored = useQuery({
    queryKey: ['samples', run_id, is_over],
    queryFn: ({ signal }) => api.send(asked, { signal }),
    meta: { asked },
    staleTime: Number.POSITIVE_INFINITY,
  });

  useEffect(() => {
    if (stored.data !== undefined) store.fill(stored.data.series);
    setVersion(store.version);
  }, [stored.data, store]);
  useTopic(is_over ? null : `metrics:${run_id}`, ({ kind, data }) => {
    if (kind !== 'metrics') return;
    for (const column of data.columns) store.add({ task_id: data.task_id, ...column, unit: column.unit ?? '' });
  });
  useEffect(() => {
    if (is_over) return;
    const timer = setInterval(() => setVersion(store.version), REDRAW_MS);
    return () => clearInterval(timer);
  }, [store, is_over]);

  return { store, version, error: stored.error, is_loading: stored.isPending };
}
