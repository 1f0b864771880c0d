import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, Group, Select, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { usePages } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { MetricSelect } from '../matrix/metric-select.tsx';
import { useSavedQueries } from '../reports/saved-queries.tsx';
import { isRule, needsOf, PANEL_KINDS, type PanelKind, type PlacedPanel } from './layout.ts';

const KINDS = Object.entries(PANEL_KINDS).map(([value, label]) => ({ value, label }));

/** Chooses another panel: its kind, and of what where it needs that. */
export function AddPanel({ onAdd, onDone }: { onAdd: (panel: PlacedPanel) => void; onDone: () => void }): ReactNode {
  const [kind, setKind] = useState<PanelKind>('series');
  const [of, setOf] = useState('');
  const [metric, setMetric] = useState('');
  const series = usePages(call('GET /api/series', { query: { limit: 1000 } }));
  const queries = useSavedQueries();
  const things =
    kind === 'series'
      ? (series.data ?? []).map((row) => ({ value: row.series_id, label: seriesName(row) }))
      : (queries.data?.items ?? []).map(({ name }) => name);
  const add = (): void => {
    if (isRule(kind)) onAdd({ kind, columns: 6, of: of.trim() || '*', metric });
    else onAdd({ kind, columns: 6, ...(needsOf(kind) ? { of } : {}) });
    setOf('');
  };
  return (
    <Group gap="xs" align="flex-end" className="bw-filters">
      <Select
        label="Add panel"
        data={KINDS}
        value={kind}
        onChange={(next) => {
          setKind((next ?? 'series') as PanelKind);
          setOf('');
        }}
        allowDeselect={false}
        w={260}
      />
      {needsOf(kind) && (
        <Select
          label="Of"
          placeholder={things.length === 0 ? 'none yet' : 'choose one'}
          data={things}
          value={of || null}
          onChange={(next) => setOf(next ?? '')}
          searchable
          limit={100}
          w={340}
        />
      )}
      {isRule(kind) && (
        <>
          <TextInput
            label="Benchmarks"
            placeholder="all: *"
            title="A name; * matches any text: nightly-*"
            value={of}
            onChange={(event) => setOf(event.currentTarget.value)}
            maxLength={256}
            w={200}
          />
          <MetricSelect value={metric} onChange={setMetric} />
        </>
      )}
      <Button
        variant="default"
        onClick={add}
        disabled={(needsOf(kind) && of === '') || (isRule(kind) && metric === '')}
      >
        Add
      </Button>
      <Button onClick={onDone}>Done</Button>
    </Group>
  );
}
