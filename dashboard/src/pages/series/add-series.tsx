import { call } from '@benchwire/shared/client/http-client.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { Button, MultiSelect } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useGet } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import type { HistoryView } from './history-controls.tsx';
import { MAX_OVERLAYS, overlaysOnAxis } from './overlay.ts';
import type { ChosenSeries } from './use-overlays.ts';

interface AddSeriesProps {
  row: SeriesRow;
  chosen: readonly string[];
  names: ReadonlyMap<string, string>;
  onChange: (ids: string[]) => void;
}

/** Chooses the series that are drawn over the one of the page: without a search those of its metric. */
export function AddSeries({ row, chosen, names, onChange }: AddSeriesProps): ReactNode {
  const [search, setSearch] = useState('');
  const { pool } = useHardwareNames();
  const found = useGet(call('GET /api/series', { query: { search: search.trim() || row.metric, limit: 50 } }));
  const choices = (found.data?.items ?? []).filter(({ series_id }) => series_id !== row.series_id);
  const known = new Map([...names, ...choices.map((each) => [each.series_id, seriesName(each, pool)] as const)]);
  // Several may be called alike: they differ in benchmark, executor or settings.
  const counts = Map.groupBy(known.values(), (name) => name);
  const labelOf = (id: string): string => {
    const name = known.get(id) ?? id;
    return (counts.get(name)?.length ?? 0) > 1 ? `${name} (${id.slice(0, 6)})` : name;
  };
  return (
    <MultiSelect
      size="xs"
      aria-label="Add series"
      placeholder={chosen.length === 0 ? 'add series: model, benchmark or metric' : 'add'}
      searchable
      searchValue={search}
      onSearchChange={setSearch}
      // The server has searched.
      filter={({ options }) => options}
      maxValues={MAX_OVERLAYS}
      nothingFoundMessage={found.isPending ? 'searching' : 'no series matches'}
      data={[...new Set([...chosen, ...choices.map(({ series_id }) => series_id)])].map((value) => ({
        ...{ value, label: labelOf(value) },
      }))}
      value={[...chosen]}
      onChange={onChange}
      className="bw-add-series"
    />
  );
}

interface OverlayNotesProps {
  row: SeriesRow;
  chosen: ChosenSeries;
  values: string;
  change: (change: Partial<HistoryView>) => void;
}

/** What of the chosen series is not in the picture, and what to do about it. */
export function OverlayNotes({ row, chosen, values, change }: OverlayNotesProps): ReactNode {
  const { overlays, unknown } = chosen;
  const drawn = overlaysOnAxis(overlays, row.unit, values === 'first');
  const left_out = overlays.filter((overlay) => !drawn.includes(overlay));
  const empty = drawn.filter(({ points }) => points.length === 0);
  return (
    <>
      {left_out.length > 0 && (
        <p className="bw-note">
          {left_out.map(({ name, unit }) => `${name} is in ${unit || 'no unit'}`).join('; ')}: not drawn on an axis in{' '}
          {row.unit || 'no unit'}.{' '}
          <Button size="compact-xs" variant="default" onClick={() => change({ values: 'first' })}>
            Show all in % of the first
          </Button>
        </p>
      )}
      {empty.length > 0 && (
        <p className="bw-note">No points in this range: {empty.map(({ name }) => name).join('; ')}.</p>
      )}
      {unknown.length > 0 && <p className="bw-note">No series is called {unknown.join(', ')}.</p>}
    </>
  );
}
