import { call } from '@benchwire/shared/client/http-client.ts';
import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useGet } from '../../api/use-api.ts';

/** Chooses one of the metrics that were measured, of one model where it is named. */
export function MetricSelect({
  value,
  onChange,
  model = '',
}: {
  value: string;
  onChange: (metric: string) => void;
  model?: string;
}): ReactNode {
  const { data } = useGet(call('GET /api/metrics', { query: { model } }));
  const known = (data?.items ?? []).map(({ metric }) => metric);
  return (
    <Select
      aria-label="Metric"
      data={known.includes(value) || value === '' ? known : [value, ...known]}
      value={value || null}
      onChange={(next) => next !== null && onChange(next)}
      allowDeselect={false}
      searchable
      limit={200}
      w={270}
    />
  );
}
