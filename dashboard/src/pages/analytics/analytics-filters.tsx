import { call } from '@benchwire/shared/client/http-client.ts';
import type { Api } from '@benchwire/shared/contracts/api/api.ts';
import type { QueryOf } from '@benchwire/shared/contracts/api/signature.ts';
import { MultiSelect, Select, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';

type Query = QueryOf<Api['GET /api/analytics']>;

const LISTS = ['metric', 'model', 'hardware'] as const;
const TEXTS = ['period', 'baseline', 'normalise_to', 'branch', 'benchmark', 'precision'] as const;

/** What the page's address asks for; what is not in it has the API's default. */
export function readAnalyticsQuery(parameters: URLSearchParams): Partial<Query> {
  return {
    ...Object.fromEntries(LISTS.flatMap((name) => (parameters.has(name) ? [[name, parameters.getAll(name)]] : []))),
    ...Object.fromEntries(TEXTS.flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)]] : []))),
  };
}

/** Periods, and what is looked at. All of it is in the page's address. */
export function AnalyticsFilters(): ReactNode {
  const [parameters, setParameters] = useSearchParams();
  const names = useHardwareNames();
  const { data: metrics } = useGet(call('GET /api/metrics'));
  const { data: models } = useGet(call('GET /api/benchmark/models'));
  const measured = (models?.items ?? []).filter(({ pools }) => pools.length > 0);
  const pools = [...new Set([...measured.flatMap((each) => each.pools), ...parameters.getAll('hardware')])]
    .map((value) => ({ value, label: names.pool(value) }))
    .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
  const set = (name: string, values: readonly string[]): void => {
    const after = new URLSearchParams(parameters);
    after.delete(name);
    for (const value of values) if (value !== '') after.append(name, value);
    setParameters(after, { replace: true });
  };
  const list = (
    name: (typeof LISTS)[number],
    label: string,
    data: Array<string | { value: string; label: string }>,
  ) => (
    <MultiSelect
      label={label}
      placeholder={parameters.has(name) ? '' : 'all'}
      data={data}
      value={parameters.getAll(name)}
      onChange={(values) => set(name, values)}
      searchable
      clearable
      limit={200}
      w={240}
    />
  );
  return (
    <search className="bw-filters bw-labelled">
      <PeriodInput
        label="Period"
        placeholder="30d"
        value={parameters.get('period') ?? ''}
        onChange={(value) => set('period', [value])}
      />
      <PeriodInput
        label="Baseline"
        placeholder="as long before it"
        value={parameters.get('baseline') ?? ''}
        onChange={(value) => set('baseline', [value])}
      />
      {list('metric', 'Metrics', [
        ...new Set([...(metrics?.items ?? []).map(({ metric }) => metric), ...parameters.getAll('metric')]),
      ])}
      {list('hardware', 'Hardware', pools)}
      {list('model', 'Models', [...new Set([...measured.map(({ model }) => model), ...parameters.getAll('model')])])}
      <Select
        label="Normalise to"
        placeholder="absolute values"
        data={pools}
        value={parameters.get('normalise_to')}
        onChange={(value) => set('normalise_to', [value ?? ''])}
        searchable
        clearable
        w={240}
      />
    </search>
  );
}

/** Written periods count when they are finished, not letter by letter. */
function PeriodInput(props: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  const [written, setWritten] = useState(props.value);
  const done = (): void => {
    if (written.trim() !== props.value) props.onChange(written.trim());
  };
  return (
    <TextInput
      label={props.label}
      placeholder={props.placeholder}
      title="30d, 2026-10-01, 2026-10-01..2026-10-31, commit:abc1234, version:1.4 or tag:release=1.4"
      value={written}
      onChange={(event) => setWritten(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === 'Enter' && done()}
      w={180}
    />
  );
}
